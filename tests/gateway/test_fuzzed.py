"""Documents that schemathesis makes of the schema, against the gateway over the real services: all of its checks."""

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from graphql import build_schema, introspection_from_schema
from schemathesis.config import GenerationConfig, HealthCheck, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.graphql.checks import GraphQLClientError, GraphQLServerError

from gateway.app import create_app
from gateway.lifespan import Transports
from tests.support.apps import GATEWAY, bearer, cms_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.lessons import a_lesson
from tests.support.ports import free_port
from tests.support.servers import served

SCHEMA = Path(__file__).parents[2] / "schema.graphql"
EXAMPLES = int(os.environ.get("FUZZED_EXAMPLES", "15"))
"""For each field of the query and the mutation; a long run sets another number."""
SECONDS = 60.0
REFUSALS = {"VALIDATION_ERROR", "NOT_CONFIGURED", "RESOURCE_NOT_FOUND", "CONFLICT"}
UNFORESEEN = "INTERNAL_SERVER_ERROR"


@pytest.mark.timeout(600)
# Of a long list of statuses: Hypothesis would show it to a person, and nobody looks.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
async def test_whatever_the_schema_allows_is_answered(cms_database: RolledBack, ras_database: RolledBack) -> None:
    await a_lesson(cms_database, ras_database, 2)
    # What is made is deep, wide and of one teacher; what the limits refuse would not get any further.
    settings = GATEWAY.model_copy(
        update={
            "port": free_port(),
            "max_cost": 1_000_000,
            "max_query_tokens": 20_000,
        }
    )
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        served(create_app(settings, Transports(cms, ras)), settings) as base_url,
    ):
        found, codes = await asyncio.to_thread(fuzzed, f"{base_url}/graphql")
    assert not found, "\n\n".join(found)
    assert codes[None], "nothing was answered as asked"
    assert UNFORESEEN not in codes


def fuzzed(url: str) -> tuple[list[str], Counter[str | None]]:
    """What schemathesis has to say, and how often which error was told; None is none."""
    # Without leave from graphql-core to define @defer, schemathesis does not read the text itself.
    built = build_schema(SCHEMA.read_text(), assume_valid_sdl=True)
    schema = schemathesis.graphql.from_dict(dict(introspection_from_schema(built)), config=config(url))
    schema.location = url
    failures: dict[str, str] = {}
    codes: Counter[str | None] = Counter()
    for each in from_schema(schema).execute():
        if isinstance(each, events.ScenarioFinished):
            failures |= failed(each.recorder)
            codes.update(told(each.recorder))
        elif isinstance(each, events.NonFatalError | events.FatalError):
            failures[repr(each)] = repr(each)
    return list(failures.values()), codes


def failed(recorder: ScenarioRecorder) -> dict[str, str]:
    """Each kind of failure of a field once."""
    nodes = [each for checks in recorder.checks.values() for each in checks]
    infos = [(each.name, each.failure_info) for each in nodes if each.failure_info]
    return {
        f"{info.failure.operation} {name}": f"{name}: {info.failure.message}\n{info.code_sample}"
        for name, info in infos
        # An error that is told is as it should be; which may be told is asserted of all of them.
        if not refused(info.failure)
    }


def refused(failure: Exception) -> bool:
    if not isinstance(failure, GraphQLServerError | GraphQLClientError):
        return False
    return all((each.get("extensions") or {}).get("code") in REFUSALS for each in failure.errors)


def told(recorder: ScenarioRecorder) -> list[str | None]:
    found: list[str | None] = []
    for each in recorder.interactions.values():
        if each.response is not None:
            body: dict[str, Any] = each.response.json()
            found += [error["extensions"]["code"] for error in body.get("errors", [])] or [None]
    return found


def config(url: str) -> SchemathesisConfig:
    project = ProjectConfig(
        headers=bearer(),
        base_url=url,
        generation=GenerationConfig(max_examples=EXAMPLES, deterministic=True, database="none"),
        request_timeout=SECONDS,
        continue_on_failure=True,
    )
    return SchemathesisConfig(seed=1, suppress_health_check=[HealthCheck.all], projects=ProjectsConfig(default=project))
