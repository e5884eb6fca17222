"""`events`: what a service's outbox waits for, what an operator decides about it, and its dead letters."""

import asyncio
from argparse import Namespace
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from cli import databases
from cli.events_dead import retried, show
from cli.events_place import place
from cli.terminal import say
from kit.events.operations import Operations, operations

_SHOWN = 100


def events(arguments: Namespace) -> int:
    asyncio.run(_act(arguments))
    return 0


async def _act(arguments: Namespace) -> None:
    async with AsyncExitStack() as opened:
        at = await place(arguments.database, opened)
        if arguments.action == "dead" and arguments.retry is not None:
            await retried(at, [*arguments.letters, *arguments.retry])
            return
        with databases.told_plainly(f"cannot reach the database {at.name}"):
            async with operations(at.url) as on:
                if arguments.action == "dead" and arguments.letters:
                    await show(on, arguments.letters)
                else:
                    _tell(await _answer(on, arguments))


async def _answer(on: Operations, arguments: Namespace) -> list[str]:
    match arguments.action:
        case "list":
            return await _listed(on)
        case "retry":
            return _done("tried again", await on.retry(arguments.events or None, arguments.subscriber))
        case "skip":
            return _done("skipped", await on.skip(arguments.events, arguments.subscriber))
        case _:
            return [
                f"{each.id}  {_when(each.created_at)}  {each.event_id or 'no id'}  {each.event_type or 'no type'}  "
                f"{each.size} bytes: {each.reason}"
                for each in await on.dead(_SHOWN)
            ] or ["no dead letters"]


async def _listed(on: Operations) -> list[str]:
    lines = []
    if unrouted := await on.unrouted():
        lines.append(f"{unrouted} new, which no relay has looked at")
    for each in await on.waiting():
        since = _when(each.oldest)
        lines.append(f"{each.pending} for {each.subscriber}, the oldest since {since}, {each.parked} of them parked")
    for row in await on.stuck(_SHOWN):
        state = f"parked since {_when(row.parked_at)}" if row.parked_at else "still tried"
        lines += [
            f"{row.event_id}  {row.event_type}  {state}, refused {row.attempts} times, {row.behind} behind it",
            f"  of {row.aggregate_id} for {row.subscriber}: {row.reason}",
        ]
    return lines or ["nothing waits"]


def _done(what: str, number: int) -> list[str]:
    return [f"{number} {what}" if number else "none of these is parked"]


def _tell(lines: Sequence[str]) -> None:
    say("\n".join(lines))


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
