"""Dead letters: shown as they were received, and given to the service again."""

import asyncio
import sys
from collections.abc import Sequence

import httpx
import msgspec

from cli import databases
from cli.errors import CommandError
from cli.events_place import Place, Service
from cli.terminal import say
from kit.events.http import http_client
from kit.events.ingest import Ingested
from kit.events.operations import Operations, operations

_SECONDS = 60
_REASON_LETTERS = 300
_ACCEPTED = 202
# Of one letter: it will never be taken. Everything else says nothing of the letter.
_FOR_GOOD = {400, 413}


async def show(on: Operations, letters: Sequence[int]) -> None:
    for letter in letters:
        body = await on.dead_body(letter)
        if body is None:
            say(_missing(letter))
        else:
            _write(body)


def _write(body: bytes) -> None:
    """As received: it may not even be text."""
    sys.stdout.flush()
    sys.stdout.buffer.write(body + b"\n")
    sys.stdout.buffer.flush()


async def retried(at: Place, letters: Sequence[int]) -> None:
    """Each as if it came again, by the service's own way in: nothing else knows what to do with it.

    What is taken is no letter any more. Raises CommandError when the service takes nothing at the moment.
    """
    service = at.service()
    with databases.told_plainly(f"cannot reach the database {at.name}"):
        async with operations(at.url) as on:
            chosen = letters or await on.letters()
    async with http_client(service.service_id, service.key) as client:
        for letter in dict.fromkeys(chosen):
            say(await _retried(at, letter, service, client))
    if not chosen:
        say("no dead letters")


async def _retried(at: Place, letter: int, service: Service, client: httpx.AsyncClient) -> str:
    with databases.told_plainly(f"cannot reach the database {at.name}"):
        async with operations(at.url) as on:
            body = await on.dead_body(letter)
    if body is None:
        return _missing(letter)
    refusal = await _given(body, service, client)
    if refusal:
        return f"{letter} stays: {refusal}"
    with databases.told_plainly(f"{letter} was taken, but is still in the database {at.name}"):
        async with operations(at.url) as on:
            await on.forget(letter)
    return f"{letter} was taken"


async def _given(body: bytes, service: Service, client: httpx.AsyncClient) -> str | None:
    """Why it is refused, if it is."""
    if not _is_json(body):
        return "it is not JSON"
    url, headers = f"{service.address}/internal/v1/events", {"Content-Type": "application/json"}
    try:
        async with asyncio.timeout(_SECONDS):
            answer = await client.post(url, content=b"[" + body + b"]", headers=headers)
    except (httpx.HTTPError, OSError, TimeoutError) as error:
        raise CommandError(f"cannot reach {url}: {error!r}") from None
    if answer.status_code == _ACCEPTED:
        dead = msgspec.json.decode(answer.content, type=Ingested).dead
        return dead[0].reason if dead else None
    told = f"{answer.status_code} {answer.text[:_REASON_LETTERS]}"
    if answer.status_code in _FOR_GOOD:
        return told
    raise CommandError(f"{url} takes no events at the moment: {told}")


def _is_json(body: bytes) -> bool:
    """One value, which cannot end the list that it is sent in."""
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _missing(letter: int) -> str:
    return f"there is no dead letter {letter}"
