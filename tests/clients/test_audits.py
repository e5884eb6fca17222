"""GraphQL over HTTP, by the audits of the npm package graphql-http, against the gateway's process."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import pytest

from gateway.http.tokens import development_token
from tests.clients.gateways import GatewayProcess
from tests.gateway.live.system import Teacher
from tests.support.apps import GATEWAY

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("clients")]

PROGRAM = (Path(__file__).parent / "audits.mjs").read_text(encoding="utf-8")
SECONDS = 60


async def audited(client: Path, gateway: GatewayProcess, teacher: Teacher) -> list[dict[str, Any]]:
    process = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "--eval", PROGRAM),
        cwd=client,
        env=os.environ | {"GATEWAY_URL": gateway.url, "TOKEN": development_token(GATEWAY, teacher.user_id)},
        stdout=PIPE,
    )
    async with asyncio.timeout(SECONDS):
        told, _ = await process.communicate()
    assert process.returncode == 0
    return [json.loads(line) for line in told.splitlines()]


async def test_every_audit_passes(client: Path, gateway: GatewayProcess, teacher: Teacher) -> None:
    """What MUST, what SHOULD and what MAY be."""
    found = await audited(client, gateway, teacher)
    assert {each["name"].split()[0] for each in found} == {"MUST", "SHOULD", "MAY"}
    assert len(found) >= 60
    assert [each for each in found if each["status"] != "ok"] == []
