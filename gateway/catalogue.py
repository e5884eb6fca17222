"""docs/errors.md, from the classes and the table that it is about."""

from collections.abc import Iterable, Iterator

from gateway import errors as of_graph
from gateway.upstreams.refusals import UNUSABLE, VERDICTS, RefusedError, Verdict
from kit import errors as of_all
from kit.errors import DeadlineError, ExternalServiceError, ServiceError, kinds

_HEAD = """\
# Errors

Written by `make errors` from `kit/errors.py`, `gateway/errors.py` and `gateway/upstreams/refusals.py`: edit those.

The graph tells an error as `{message, path, locations, extensions}`, and its `extensions` are `code`, `retryable`,
`correlationId` and, where an upstream failed, `service`. A null with an error at its path, or further down on it, is
null by failure; a null without one is null by nature. What a user can mend is in `userErrors` of a mutation's payload.

REST answers `{"error": {"code", "message", "correlation_id", "fields"}}` with the status below; `fields`, where some
input is wrong, names each with a message. The paths under `/bff` answer 422 in place of 400 where a document says so.

Messages are for developers, and may change; codes are for programs, and stay. Retryable: the same request may succeed
later. What is on no list is `INTERNAL_SERVER_ERROR`; the log has the rest, under the correlation id.
"""
_UPSTREAM = """\
## When an upstream fails

Nothing of an upstream's answer is told as it is: neither its body nor its address.

"""


def catalogue() -> str:
    codes = _table(["code", "HTTP status", "retryable", "meaning"], _codes())
    verdicts = _table(["the upstream", "code", "and"], _verdicts())
    return f"{_HEAD}\n## Codes\n\n{codes}\n{_UPSTREAM}{verdicts}"


def _codes() -> Iterator[list[str]]:
    """Each once, by status; subclasses for one place's use share their parent's."""
    public = (each for each in kinds() if each.__module__ in {of_all.__name__, of_graph.__name__})
    for each in sorted(public, key=lambda each: (each.status, each.code)):
        yield [f"`{each.code}`", str(each.status), "yes" if each.retryable else "no", each.meaning]


def _verdicts() -> Iterator[list[str]]:
    statuses: dict[Verdict, list[int]] = {}
    for status, verdict in VERDICTS.items():
        statuses.setdefault(verdict, []).append(status)
    for verdict, answered in statuses.items():
        yield [f"answers {', '.join(map(str, answered))}", f"`{verdict.error.code}`", _and(verdict)]
    yield ["answers any other status but success", f"`{UNUSABLE.error.code}`", _and(UNUSABLE)]
    yield ["answers what its contract does not have, or too much", _code(ExternalServiceError), _and(UNUSABLE)]
    yield ["cannot be reached, or breaks off", _code(ExternalServiceError), ""]
    yield ["is silent until the deadline", _code(DeadlineError), ""]


def _code(of: type[ServiceError]) -> str:
    return f"`{of.code}`"


def _and(verdict: Verdict) -> str:
    if verdict.error is RefusedError:
        return "where the graph knows what was wrong: that, such as `VALIDATION_ERROR` for a cursor"
    return "logged as an error: our credentials are wrong" if verdict.alarming else ""


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [head, ["---" for _ in head], *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
