"""The load generator, a process of its own: a line of JSON in is a plan, a line out is what came of it.

A closed loop sends a connection's next request when the answer to the one before is whole. An open loop sends at fixed
times, whatever became of the requests before, and a late answer is late from the moment its request was due.
"""

import asyncio
import itertools
import os
import selectors
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
    """`requests` are whole HTTP requests, sent round and round; `row_mark` stands once in an answer for each row.

    `rate` is in requests per second; without it the loop is closed.
    """

    port: int
    requests: list[str]
    connections: int
    seconds: float
    row_mark: str
    rows: int
    rate: float | None = None
    status: int = 200


@dataclass(slots=True)
class Outcome:
    """`seconds` until the last answer; `done` counts the good ones; `latencies` in ms, of them; `failures` by reason.

    `delays` in ms: how long after it was due each request was sent.
    """

    seconds: float = 0
    done: int = 0
    latencies: list[float] = field(default_factory=list)
    failures: dict[str, int] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)

    def fail(self, reason: str) -> None:
        self.failures[reason] = self.failures.get(reason, 0) + 1


async def run(plan: Plan) -> Outcome:
    requests = itertools.cycle(request.encode("ascii") for request in plan.requests)
    outcome = Outcome()
    connections = await _connections(plan)
    begun = time.perf_counter()
    times = _times(plan, begun)
    try:
        async with asyncio.timeout(plan.seconds + GRACE_SECONDS):
            await asyncio.gather(*(_ask_on(each, plan, requests, outcome, times) for each in connections))
    except TimeoutError:
        outcome.fail(f"no answer {GRACE_SECONDS} s after the end")
    outcome.seconds = time.perf_counter() - begun
    return outcome


def _times(plan: Plan, begun: float) -> Iterator[float]:
    """When requests are due; all connections take theirs from here."""
    if plan.rate is None:
        while (now := time.perf_counter()) < begun + plan.seconds:
            yield now
    else:
        yield from (begun + number / plan.rate for number in range(round(plan.rate * plan.seconds)))


async def _connections(plan: Plan) -> list[Connection | None]:
    """An open loop has so few requests that many would be a connection's first, and late for that."""
    if plan.rate is None:
        return [None] * plan.connections
    return await asyncio.gather(*(_opened(plan.port) for _ in range(plan.connections)))


async def _opened(port: int) -> Connection | None:
    """None where it could not be; whoever asks on it opens it, and tells."""
    try:
        return await Connection.open(LOOPBACK, port)
    except OSError:
        return None


async def _ask_on(
    connection: Connection | None, plan: Plan, requests: Iterator[bytes], outcome: Outcome, times: Iterator[float]
) -> None:
    try:
        for due in times:
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            try:
                if connection is None or connection.closed:
                    connection = await Connection.open(LOOPBACK, plan.port)
                outcome.delays.append(1000 * (time.perf_counter() - due))
                answer = await connection.ask(next(requests))
                taken = time.perf_counter() - due
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
        outcome.done += 1
        outcome.latencies.append(taken * 1000)


def _wrong(plan: Plan, answer: Answer, *, look: bool) -> str | None:
    if answer.status != plan.status:
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


def _runner(plan: Plan) -> asyncio.Runner:
    """uvloop's clock and epoll's have milliseconds, which is much of an answer's time; select's is exact."""
    if plan.rate is None:
        return asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selectors.SelectSelector()))


def main() -> None:
    # With PYTHONUNBUFFERED, sys.stdout writes but a part of a long line where it is interrupted.
    answers = os.fdopen(sys.stdout.fileno(), "wb", closefd=False)
    for line in sys.stdin.buffer:
        plan = msgspec.json.decode(line, type=Plan)
        with _runner(plan) as runner:
            outcome = runner.run(run(plan))
        # Nobody may be there any more to read it.
        with suppress(BrokenPipeError):
            answers.write(msgspec.json.encode(outcome) + b"\n")
            answers.flush()


if __name__ == "__main__":
    main()
