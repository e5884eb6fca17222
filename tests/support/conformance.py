"""A service against its own OpenAPI document, over a socket, with schemathesis: all its checks and phases."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import schemathesis
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    HealthCheck,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config._checks import NegativeDataRejectionConfig
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder

from tests.support.apps import INTERNAL
from tests.support.given import TEACHER

ON_BEHALF = {**INTERNAL, "X-User-ID": TEACHER}
EXAMPLES = 20
"""For each operation."""
SECONDS = 60.0
"""What a request may take, on however busy a machine."""

Case = schemathesis.Case[Any]
Complete = Callable[[Case], None]


async def failures(base_url: str, complete: Complete, headers: Mapping[str, str] = ON_BEHALF) -> str:
    """What schemathesis has to say, nothing when all is well.

    `complete` makes true of a valid request what no schema can say; `headers` are the credentials.
    """
    return await asyncio.to_thread(_failures, base_url, complete, headers)


def _failures(base_url: str, complete: Complete, headers: Mapping[str, str]) -> str:
    @schemathesis.hook
    def before_call(_: Any, case: Case, __: Any) -> None:
        if case.meta is not None and case.meta.generation.mode.is_positive:
            complete(case)

    try:
        schema = schemathesis.openapi.from_url(f"{base_url}/openapi.json", config=_config(headers))
        return "\n\n".join(_told(from_schema(schema).execute()))
    finally:
        schemathesis.hooks.unregister(before_call)


def _told(run: Iterator[events.EngineEvent]) -> Iterator[str]:
    """Each kind of failure of an operation once."""
    failed: dict[tuple[str, str], str] = {}
    succeeded: dict[str, bool] = {}
    for each in run:
        if isinstance(each, events.ScenarioFinished):
            failed = {**dict(_failed(each.recorder)), **failed}
            for label, status in _answered(each.recorder):
                succeeded[label] = succeeded.get(label, False) or status in range(200, 300)
        elif isinstance(each, events.NonFatalError | events.FatalError):
            yield repr(each)
    yield from failed.values()
    yield from (f"{label}: never succeeded" for label, once in succeeded.items() if not once)
    if not succeeded:
        yield "nothing was sent"


def _answered(recorder: ScenarioRecorder) -> Iterator[tuple[str, int]]:
    for case_id, each in recorder.interactions.items():
        if each.response is not None and case_id in recorder.cases:
            yield recorder.cases[case_id].value.operation.label, each.response.status_code


def _failed(recorder: ScenarioRecorder) -> Iterator[tuple[tuple[str, str], str]]:
    for checks in recorder.checks.values():
        for each in checks:
            if each.failure_info:
                failure, sample = each.failure_info.failure, each.failure_info.code_sample
                key = failure.operation or "", each.name
                yield key, f"{failure.operation}: {each.name}: {failure.message}\n{sample}"


def _config(headers: Mapping[str, str]) -> SchemathesisConfig:
    project = ProjectConfig(
        headers=dict(headers),
        generation=GenerationConfig(
            max_examples=EXAMPLES, deterministic=True, database="none", with_security_parameters=False
        ),
        # A list that is too long is 413.
        checks=ChecksConfig(negative_data_rejection=NegativeDataRejectionConfig(expected_statuses=["4xx"])),
        # Who is in a hurry is told 504, as the document says; here nobody is.
        parameters={"header.X-Request-Deadline-Ms": str(int(SECONDS * 1000))},
        request_timeout=SECONDS,
        continue_on_failure=True,
    )
    # Hypothesis would take a busy machine for a strategy that is too slow.
    return SchemathesisConfig(seed=1, suppress_health_check=[HealthCheck.all], projects=ProjectsConfig(default=project))


def whole(value: Any) -> Any:
    """JSON Schema takes 25.0 for an integer, and the services do not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    return [whole(each) for each in value] if isinstance(value, list) else value
