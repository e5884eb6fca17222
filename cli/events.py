"""`events`: what a service's outbox waits for, what an operator decides about it, and its dead letters."""

import asyncio
import os
import sys
from argparse import Namespace
from datetime import UTC, datetime

from cli import databases
from cli.errors import CommandError
from cli.stack import DATABASE_VARIABLES
from cli.terminal import say
from kit.events.operations import Operations, operations

_SHOWN = 100


def events(arguments: Namespace) -> int:
    url = databases.given(os.environ).get(arguments.database)
    if url is None:
        raise CommandError(f"set {DATABASE_VARIABLES[arguments.database]}", status=2)
    asyncio.run(_act(url, arguments))
    return 0


async def _act(url: str, arguments: Namespace) -> None:
    with databases.told_plainly(f"cannot reach the database {arguments.database}"):
        async with operations(url) as on:
            found = await _answer(on, arguments)
    if isinstance(found, bytes):
        _write(found)
    else:
        say("\n".join(found))


async def _answer(on: Operations, arguments: Namespace) -> list[str] | bytes:
    match arguments.action:
        case "list":
            return await _listed(on)
        case "retry":
            return _done("tried again", await on.retry(arguments.events or None, arguments.subscriber))
        case "skip":
            return _done("skipped", await on.skip(arguments.events, arguments.subscriber))
        case _ if arguments.letter is None:
            return [
                f"{each.id}  {_when(each.created_at)}  {each.event_id or 'no id'}  {each.event_type or 'no type'}  "
                f"{each.size} bytes: {each.reason}"
                for each in await on.dead(_SHOWN)
            ] or ["no dead letters"]
        case _:
            return await on.dead_body(arguments.letter) or [f"there is no dead letter {arguments.letter}"]


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


def _write(body: bytes) -> None:
    """As received: it may not even be text."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body + b"\n")
    sys.stdout.buffer.flush()


def _when(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(sep=" ", timespec="seconds")
