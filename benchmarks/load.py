"""The load generator, a process of its own: a line of JSON in is a plan, a line out is what came of it.

A closed loop: each connection sends its next request when the answer to the one before is whole.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec
import uvloop

from benchmarks.connection import Answer, Connection

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 15
"""How long after the end of the plan the last answers may come."""
_LOOKED_INTO = 20
"""One answer in so many is looked into."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`requests` are whole HTTP requests, sent round and round; `row_mark` stands once in an answer for each row."""

    port: int
    requests: list[str]
    connections: int
    seconds: float
    row_mark: str
    rows: int


@dataclass(slots=True)
class Outcome:
    """`seconds` until the last answer; `latencies` in ms, of the good answers; `failures` counted by reason."""

    seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)

    def fail(self, reason: str) -> None:
        self.failures[reason] = self.failures.get(reason, 0) + 1


async def run(plan: Plan) -> Outcome:
    requests = itertools.cycle(request.encode("ascii") for request in plan.requests)
    outcome = Outcome()
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(plan.seconds + GRACE_SECONDS):
            await asyncio.gather(
                *(_ask_on(plan, requests, outcome, begun + plan.seconds) for _ in range(plan.connections))
            )
    except TimeoutError:
        outcome.fail(f"no answer {GRACE_SECONDS} s after the end")
    outcome.seconds = time.perf_counter() - begun
    return outcome


async def _ask_on(plan: Plan, requests: Iterator[bytes], outcome: Outcome, end: float) -> None:
    connection: Connection | None = None
    try:
        while time.perf_counter() < end:
            try:
                if connection is None or connection.closed:
                    connection = await Connection.open(LOOPBACK, plan.port)
                begun = time.perf_counter()
                answer = await connection.ask(next(requests))
                taken = time.perf_counter() - begun
            except OSError as error:
                outcome.fail(f"{type(error).__name__}: {error}")
                await asyncio.sleep(0.1)
            else:
                _count(plan, outcome, answer, taken)
    finally:
        if connection is not None:
            connection.close()


def _count(plan: Plan, outcome: Outcome, answer: Answer, taken: float) -> None:
    wrong = _wrong(plan, answer, look=len(outcome.latencies) % _LOOKED_INTO == 0)
    if wrong:
        outcome.fail(wrong)
    else:
        outcome.latencies.append(taken * 1000)


def _wrong(plan: Plan, answer: Answer, *, look: bool) -> str | None:
    if answer.status != 200:
        return f"status {answer.status}"
    if not look:
        return None
    try:
        told = msgspec.json.decode(answer.body, type=dict[str, msgspec.Raw])
    except msgspec.MsgspecError:
        return "an answer that is no JSON object"
    if "errors" in told:
        return f"errors: {bytes(told['errors'])[:200].decode(errors='replace')}"
    rows = answer.body.count(plan.row_mark.encode())
    return None if rows == plan.rows else f"{rows} rows instead of {plan.rows}"


def main() -> None:
    for line in sys.stdin.buffer:
        outcome = uvloop.run(run(msgspec.json.decode(line, type=Plan)))
        # Nobody may be there any more to read it.
        with suppress(BrokenPipeError):
            sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
