"""The parts of an answer after the first, as a client sees them.

They are `pending`, `incremental` and `completed` as the draft of the specification has them, which clients ask for as
`incrementalSpec=v0.2`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from graphql.execution.types import CompletedResult, PendingResult, SubsequentIncrementalExecutionResult

from gateway.context import Context
from gateway.deferring import Rest
from gateway.http.errors import present, present_refusal
from kit.errors import ServiceError

Part = dict[str, Any]


class Later:
    """`extended` makes the last part's extensions. `turn` is held while parts are made, not until they are read."""

    def __init__(
        self,
        rest: Rest,
        context: Context,
        *,
        extended: Callable[[], Part],
        turn: AbstractAsyncContextManager[object],
    ) -> None:
        self._rest = rest
        self._context = context
        self._extended = extended
        self._turn = turn
        self._missing: dict[str, None] = {}
        self.announced = self._opened(rest.pending)
        """`pending` of the first part."""

    @property
    def missing(self) -> bool:
        """Whether a part was announced that has not been told."""
        return bool(self._missing)

    async def parts(self) -> AsyncGenerator[Part, None]:
        """Leaving the generator early ends what is under way. Raises UnavailableError when there is no turn."""
        made: asyncio.Queue[SubsequentIncrementalExecutionResult | None] = asyncio.Queue()
        making = asyncio.create_task(self._make(made))
        try:
            while result := await made.get():
                yield self._part(result)
            await making
        finally:
            making.cancel()
            await asyncio.gather(making, return_exceptions=True)

    async def _make(self, made: "asyncio.Queue[SubsequentIncrementalExecutionResult | None]") -> None:
        try:
            async with self._turn, aclosing(self._rest.results) as results:
                async for each in results:
                    made.put_nowait(each)
        finally:
            made.put_nowait(None)

    def given_up(self, error: ServiceError) -> Part:
        """In place of all that is missing."""
        errors = present_refusal(error)
        completed = [{"id": each, "errors": errors} for each in self._missing]
        self._missing.clear()
        return {"completed": completed, **self._extended(), "hasNext": False}

    def end(self) -> None:
        """Upstream calls that are still under way are cancelled."""
        self._context.session.cancel()

    def _part(self, result: SubsequentIncrementalExecutionResult) -> Part:
        part: Part = {}
        if result.pending:
            part["pending"] = self._opened(result.pending)
        if result.incremental:
            part["incremental"] = [_shown(each) for each in result.incremental]
        if result.completed:
            part["completed"] = self._closed(result.completed)
        return {**part, **({} if result.has_next else self._extended()), "hasNext": result.has_next}

    def _opened(self, pending: Sequence[PendingResult]) -> list[Any]:
        self._missing.update(dict.fromkeys(each.id for each in pending))
        return [each.formatted for each in pending]

    def _closed(self, completed: Sequence[CompletedResult]) -> list[Any]:
        for each in completed:
            self._missing.pop(each.id, None)
        return [_shown(each) for each in completed]


def _shown(result: Any) -> dict[str, Any]:
    told: dict[str, Any] = result.formatted
    return {**told, "errors": present(result.errors)} if result.errors else told
