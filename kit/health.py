"""`/healthz`: the process answers. `/readyz`: it can do its work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.responses import json_response

log = structlog.get_logger("health")
_CHECK_SECONDS = 2

Check = Callable[[Request], Awaitable[bool]]


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    async def healthz(_: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        passed = await asyncio.gather(*(_passes(name, check, request) for name, check in checks.items()))
        results = dict(zip(checks, passed, strict=True))
        ready = all(passed)
        answer = {"status": "ready" if ready else "unavailable", "checks": results}
        return json_response(answer, 200 if ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _passes(name: str, check: Check, request: Request) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check(request)
    except Exception as error:  # noqa: BLE001  whatever goes wrong in a check is what it is there to find
        log.warning("check failed", check=name, reason=repr(error))
        return False
