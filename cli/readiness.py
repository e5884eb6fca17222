"""Whether the services can do their work yet."""

import asyncio
from collections.abc import Sequence

import httpx

from cli.errors import CommandError
from cli.logs import end_of
from cli.processes import TITLES, ServiceProcess

READY_SECONDS = 60


async def all_ready(services: Sequence[ServiceProcess]) -> None:
    """Raises CommandError that tells which is not ready in time."""
    # The longest that one answer may take; a service that is starting refuses the connection at once.
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        give_up = asyncio.get_running_loop().time() + READY_SECONDS
        await asyncio.gather(*(_ready(client, each, give_up) for each in services))


async def _ready(client: httpx.AsyncClient, service: ServiceProcess, give_up: float) -> None:
    while (state := await _state(client, service)) is not None:
        if asyncio.get_running_loop().time() > give_up:
            raise CommandError(
                f"{TITLES[service.name]} is not ready after {READY_SECONDS} s: {state}. {end_of(service.log)}"
            )
        await asyncio.sleep(0.1)


async def _state(client: httpx.AsyncClient, service: ServiceProcess) -> str | None:
    """What keeps it from being ready; None when it is."""
    url = f"{service.address}/readyz"
    try:
        answer = await client.get(url)
    except httpx.TransportError as error:
        return f"{url} does not answer ({error})"
    return None if answer.status_code == httpx.codes.OK else f"{url} answers {answer.status_code} {answer.text[:200]}"
