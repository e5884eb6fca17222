"""`/healthz`: the process answers. `/readyz`: it can do its work, and was not told to stop."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kit.openapi import Answer, operation
from kit.responses import json_response

log = structlog.get_logger("health")
_CHECK_SECONDS = 2

Check = Callable[[Request], Awaitable[bool]]


@dataclass
class Health:
    status: Literal["ok"] = "ok"


@dataclass
class Readiness:
    """`checks` by name; a process that was told to stop makes none."""

    status: Literal["ready", "unavailable", "draining"]
    checks: dict[str, bool]


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    @operation(summary="Whether the process answers.", answers={200: Health})
    async def healthz(_: Request) -> Response:
        return json_response(Health())

    @operation(
        summary="Whether requests should come here.",
        answers={200: Readiness, 503: Answer(Readiness, "Not now, or not any more.")},
    )
    async def readyz(request: Request) -> Response:
        if request.app.state.drain.begun:
            return json_response(Readiness("draining", {}), 503)
        passed = await asyncio.gather(*(_passes(name, check, request) for name, check in checks.items()))
        results = dict(zip(checks, passed, strict=True))
        ready = all(passed)
        return json_response(Readiness("ready" if ready else "unavailable", results), 200 if ready else 503)

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _passes(name: str, check: Check, request: Request) -> bool:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            return await check(request)
    except Exception as error:  # noqa: BLE001  whatever goes wrong in a check is what it is there to find
        log.warning("check failed", check=name, reason=repr(error))
        return False
