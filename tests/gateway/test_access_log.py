"""The line of a request: who asked for which operation and what came of it, and nothing of what was in it."""

from typing import Any

import httpx
import pytest
import respx
from structlog.testing import capture_logs

from tests.support.apps import bearer, client, gateway_app
from tests.support.given import TEACHER

NAMED = 'query Page { courses { code } students(search: "s3cr3t") { totalCount } }'


async def line(gateway: httpx.AsyncClient, **request: Any) -> dict[str, Any]:
    with capture_logs() as logs:
        await gateway.request(**({"method": "POST", "url": "/graphql"} | request))
    [found] = [dict(each) for each in logs if each["event"] == "request"]
    assert found.pop("ms") >= 0
    assert found.pop("cost", 0) > 0 or not found.get("calls")
    assert "s3cr3t" not in str(found)
    return found


PLAIN = {"event": "request", "log_level": "info", "method": "POST", "path": "/graphql"}
REFUSED = {"type": "unknown", "operation": None, "outcome": "refused", "calls": 0, "codes": ["VALIDATION_ERROR"]}


@pytest.mark.parametrize(
    ("request_", "told"),
    [
        (
            {"json": {"query": NAMED, "variables": {"v": "s3cr3t"}}},
            {"status": 200, "user_id": TEACHER, "operation": "Page", "type": "query", "outcome": "failed", "calls": 2}
            | {"codes": ["EXTERNAL_SERVICE_ERROR", "SERVICE_UNAVAILABLE"]},
        ),
        ({"json": {"query": "{ s3cr3t }"}}, {"status": 200, "user_id": TEACHER} | REFUSED),
        (
            {"json": {"query": NAMED, "operationName": "s3cr3t\n{}"}},
            {"status": 200, "user_id": TEACHER} | REFUSED,
        ),
        ({"content": b"s3cr3t"}, {"status": 415, "user_id": TEACHER, "codes": ["UNSUPPORTED_MEDIA_TYPE"]}),
        (
            {"json": {"query": NAMED}, "headers": {"Authorization": "Bearer s3cr3t"}},
            {"status": 401, "codes": ["AUTHENTICATION_ERROR"]},
        ),
        (
            {"method": "GET", "url": "/bff/v1/teacher/dashboard"},
            {"status": 503, "method": "GET", "path": "/bff/v1/teacher/dashboard", "user_id": TEACHER}
            | {"operation": "TeacherDashboard", "type": "query", "outcome": "failed", "calls": 1}
            | {"codes": ["SERVICE_UNAVAILABLE"]},
        ),
    ],
)
@respx.mock
async def test_a_line_for_each_request(request_: dict[str, Any], told: dict[str, Any]) -> None:
    respx.get(host="ras.test").respond(503)
    respx.get(host="cms.test", path="/internal/v1/courses").respond(503)
    respx.get(host="cms.test").respond(500)
    async with client(gateway_app(None, None), bearer()) as gateway:
        assert await line(gateway, **request_) == PLAIN | told
