"""Operations: how they ended, how long they and their phases took, and why requests were refused."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Histogram

from kit.errors import kinds
from kit.metrics import OTHER, Labelled, Tallies

PHASES = ("prepare", "execute", "encode")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PHASE_SECONDS = (0.00001, 0.00005, 0.0001, 0.0005, *_SECONDS)
_MOST_NAMES = 5000
"""A manifest may have hundreds of operations, and each may end in six ways."""


class Label(NamedTuple):
    """Which operation. `type` is query, mutation or subscription; unknown, where the document has no such operation."""

    operation: str
    type: str


class OperationMetrics:
    """How one ended: `ok`, `partial` with some data and errors, `failed` with errors alone, `refused` before it was
    executed, `late` when the deadline passed first, or `cancelled` since the client hung up."""

    def __init__(self, registry: CollectorRegistry, tallies: Tallies) -> None:
        seconds = Histogram(
            "graphql_operation_duration_seconds",
            "Operations, from the document to the answer; of a subscription, how long it was open.",
            ["operation", "type", "outcome"],
            registry=registry,
            buckets=_SECONDS,
        )
        errors = Counter(
            "graphql_operation_errors",
            "Operations that had such an error, however often.",
            ["operation", "code"],
            registry=registry,
        )
        phases = Histogram(
            "graphql_phase_duration_seconds",
            "Parts of an operation: prepare (only what the cache does not have), execute, encode.",
            ["phase"],
            registry=registry,
            buckets=_PHASE_SECONDS,
        )
        refusals = Counter(
            "graphql_refusals",
            "What was not executed, by the error's code and, where one did it, the limit or rule.",
            ["code", "reason"],
            registry=registry,
        )
        self.prepared, self.executed, self.encoded = (tallies.labels(phases)(each).observe for each in PHASES)
        self._seconds = Labelled(tallies.labels(seconds), _MOST_NAMES)
        self._errors: Labelled[Counter] = Labelled(errors.labels, _MOST_NAMES)
        self._refusals: Labelled[Counter] = Labelled(refusals.labels, 200)
        self._codes: frozenset[str] | None = None

    def ended(self, label: Label, seconds: float, outcome: str, codes: Collection[str] = ()) -> None:
        self._seconds[label.operation, label.type, outcome].observe(seconds)
        for code in codes:
            self._errors[label.operation, self._known(code)].inc()

    def refused(self, code: str, reason: str = "") -> None:
        """`reason` is a word of ours, never the client's."""
        self._refusals[self._known(code), reason].inc()

    def _known(self, code: str) -> str:
        if self._codes is None:  # not before all modules are there that have errors
            self._codes = frozenset(each.code for each in kinds())
        return code if code in self._codes else OTHER


def outcome_of(body: Mapping[str, Any]) -> str:
    """How an operation ended, by what the client is told."""
    if not body.get("errors"):
        return "ok"
    if "data" not in body:
        return "refused"
    return "partial" if any(each is not None for each in (body["data"] or {}).values()) else "failed"


def codes_of(body: Mapping[str, Any]) -> Collection[str]:
    errors = body.get("errors")
    return {each["extensions"]["code"] for each in errors} if errors else ()
