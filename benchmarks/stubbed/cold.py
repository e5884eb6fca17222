"""Unknown documents, a process of its own: each is answered by the gateway's engine, and by graphql-core as it is.

Both run over the same graph, and over upstreams in memory that answer without waiting, so that they alone are measured.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import msgspec
from graphql import ExecutionResult, experimental_execute_incrementally, parse, validate
from pydantic import SecretStr

from benchmarks.stubbed.answers import body_of, teacher
from gateway.context import Context, Identity, Upstreams, make_upstreams
from gateway.documents import document
from gateway.execution import Engine
from gateway.schema import schema
from gateway.settings import GatewaySettings
from gateway.upstreams.answer import Answer, Landed
from gateway.upstreams.http1.request import Request
from gateway.upstreams.sending import Sending
from kit.call import begin_call, current_call

_VARIABLES = {"first": 20}
_UNTOLD = 20
"""Documents before the first that counts."""


@dataclass(frozen=True, slots=True)
class Times:
    """In ms, by document. `again`: the gateway's second answer to the same document."""

    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)


class InMemory:
    address = ("in memory", 0)

    def send(self, request: Request, landed: Landed) -> Sending:
        target = f"{request.path}{request.query}".encode()
        landed(Answer(200, "application/json", "", body_of(target, request.body or b"")))
        return self

    def cancel(self) -> None:
        """It is over already."""


@dataclass(frozen=True, slots=True)
class Cold:
    engine: Engine
    upstreams: Upstreams

    async def times(self, documents: int) -> Times:
        found = Times()
        for number in range(documents + _UNTOLD):
            query = document("dashboard").replace("query Dashboard", f"query Dashboard{number}")
            # Whoever comes second may find memory and caches warm.
            pair = [(self._ours, found.ours), (self._theirs, found.theirs)]
            for ask, times in pair if number % 2 else reversed(pair):
                times.append(await self._timed(ask, query))
            found.again.append(await self._timed(self._ours, query))
        return Times(found.ours[_UNTOLD:], found.theirs[_UNTOLD:], found.again[_UNTOLD:])

    async def _timed(self, ask: Callable[[str, Context], Awaitable[int]], query: str) -> float:
        current_call.set(begin_call(None, None, 10))
        begun = time.perf_counter()
        rows = await ask(query, self.upstreams.context(Identity(teacher(1), None, ("teacher",))))
        taken = time.perf_counter() - begun
        assert rows == _VARIABLES["first"]
        return 1000 * taken

    async def _ours(self, query: str, context: Context) -> int:
        asked: dict[str, Any] = {"variables": _VARIABLES, "operation_name": None, "queries_only": False}
        outcome = await self.engine.execute(self.engine.prepared(query), context, **asked)
        return _rows(outcome.data)

    async def _theirs(self, query: str, context: Context) -> int:
        parsed = parse(query)
        assert not validate(self.engine.schema, parsed)
        execute = experimental_execute_incrementally  # for a schema that has @defer there is no other
        answer = execute(self.engine.schema, parsed, context_value=context, variable_values=_VARIABLES)
        result = await answer if isawaitable(answer) else answer
        assert isinstance(result, ExecutionResult)
        return _rows(result.data)


def _rows(data: dict[str, Any] | None) -> int:
    return len(data["batches"]["nodes"]) if data and data["batches"] else 0


def make_cold() -> Cold:
    key = SecretStr("of-nobody-and-for-nothing-but-this-process")
    settings = GatewaySettings(environment="development", internal_api_key=key, jwt_secret=key)
    return Cold(Engine(schema, settings.document_limits), make_upstreams(settings, InMemory(), InMemory()))


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(asyncio.run(make_cold().times(int(sys.argv[1])))) + b"\n")
