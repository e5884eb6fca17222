"""What is counted, without a request: by few labels, whatever they are given."""

import asyncio
from collections.abc import Iterable

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import GatewayMetrics, Label
from gateway.metrics.calls import outcome_of as outcome_of_call
from gateway.metrics.operations import codes_of, outcome_of
from gateway.metrics.standing import Standing
from gateway.upstreams.answer import GarbageError, NoAnswerError
from gateway.upstreams.refusals import verdict_of
from kit.errors import DeadlineError, ExternalServiceError, UnavailableError
from kit.metrics import Tallies, exposition

Samples = dict[tuple[str, ...], float]


def samples(registry: CollectorRegistry, name: str) -> Samples:
    """By the values of the labels, in the order of their names."""
    families = text_string_to_metric_families(bytes(exposition(registry).body).decode())
    found = (each for family in families for each in family.samples if each.name == name)
    return {tuple(each.labels[label] for label in sorted(each.labels)): each.value for each in found}


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("status", "failure", "outcome"),
    [
        (200, None, "2xx"),
        (204, None, "2xx"),
        (200, ExternalServiceError("no JSON"), "garbage"),
        (202, ExternalServiceError("another"), "garbage"),
        (302, ExternalServiceError("another"), "3xx"),
        (404, verdict_of(404).failure("it", 404, b""), "4xx"),
        (503, verdict_of(503).failure("it", 503, b""), "5xx"),
        (504, verdict_of(504).failure("it", 504, b""), "5xx"),
        (999, ExternalServiceError("another"), "garbage"),
        (None, caused(DeadlineError("late"), TimeoutError()), "timeout"),
        (None, caused(ExternalServiceError("away"), NoAnswerError()), "unreachable"),
        (None, caused(ExternalServiceError("odd"), GarbageError()), "garbage"),
        (None, UnavailableError("the breaker is open"), "shed"),
        (None, asyncio.CancelledError(), "cancelled"),
        (None, ValueError("a path that cannot be sent"), "error"),
    ],
)
def test_what_came_of_a_call(status: int | None, failure: BaseException | None, outcome: str) -> None:
    assert outcome_of_call(status, failure) == outcome


def body(data: object, codes: Iterable[str] = ()) -> dict[str, object]:
    errors = [{"extensions": {"code": each}} for each in codes]
    return {"data": data} | ({"errors": errors} if errors else {})


def test_how_an_operation_ended() -> None:
    metrics, page = GatewayMetrics(), Label("Dashboard", "query")
    for told, outcome in (
        (body({"a": 1}), "ok"),
        (body({"a": None}), "ok"),
        (body({"a": 1, "b": None}, ["TIMEOUT", "TIMEOUT"]), "partial"),
        (body({"a": None}, ["TIMEOUT", "s3cr3t"]), "failed"),
        (body(None, ["INTERNAL_SERVER_ERROR"]), "failed"),
        ({"errors": body(None, ["VALIDATION_ERROR"])["errors"]}, "refused"),
    ):
        assert outcome_of(told) == outcome
        metrics.operations.ended(page, 0.002, outcome, codes_of(told))
    metrics.standing.carry()

    ended = samples(metrics.registry, "graphql_operation_duration_seconds_count")
    outcomes = {"ok": 2, "partial": 1, "failed": 2, "refused": 1}
    assert ended == {("Dashboard", outcome, "query"): n for outcome, n in outcomes.items()}
    assert samples(metrics.registry, "graphql_operation_errors_total") == {
        ("TIMEOUT", "Dashboard"): 2,
        ("other", "Dashboard"): 1,
        ("INTERNAL_SERVER_ERROR", "Dashboard"): 1,
        ("VALIDATION_ERROR", "Dashboard"): 1,
    }


def test_what_is_counted_elsewhere_is_carried_over_once() -> None:
    registry = CollectorRegistry()
    standing, counted = Standing(registry, Tallies()), {"remembered": 0.0, "verified": 0.0}
    standing.read("auth_tokens", lambda: {(name,): n for name, n in counted.items()})
    standing.read("live_channels", lambda: {(): counted["remembered"]})
    for hits in (3, 3, 5):
        counted |= {"remembered": hits, "verified": 1}
        standing.carry()
    assert samples(registry, "auth_tokens_total") == {("remembered",): 5, ("verified",): 1}
    assert samples(registry, "live_channels") == {(): 5}

    # Another lifespan of the application counts from the start.
    standing.read("auth_tokens", lambda: {("remembered",): 2})
    standing.carry()
    assert samples(registry, "auth_tokens_total")["remembered",] == 7
    with pytest.raises(LookupError):
        standing.read("nobody_declared_it", dict)


async def test_a_loop_that_is_held_up_is_seen() -> None:
    registry = CollectorRegistry()
    standing = Standing(registry, Tallies())
    watching = asyncio.create_task(standing.watch())
    async with asyncio.timeout(30):
        while not samples(registry, "event_loop_lag_seconds_count")[()]:  # noqa: ASYNC110  it looks once a second
            await asyncio.sleep(0.05)
    watching.cancel()
    await asyncio.wait([watching])
    assert samples(registry, "event_loop_lag_seconds_sum")[()] >= 0
