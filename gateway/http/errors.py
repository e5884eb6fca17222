"""GraphQL errors as a client may see them: our own tree is told, everything else is masked and logged."""

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError

from kit.call import current_call
from kit.errors import INTERNAL_SERVER_ERROR, ServiceError, ValidationError

log = structlog.get_logger("graphql")

MASKED = "Something went wrong on our side."
MOST_LOGGED = 10
"""Of one answer: a mistake of ours may fail each row of a page, and a traceback takes long to write."""


def present(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """What is not told goes to the log."""
    masked: dict[int, GraphQLError] = {}
    told = [_present(error, masked) for error in errors]
    for error in list(masked.values())[:MOST_LOGGED]:
        _log(error)
    if len(masked) > MOST_LOGGED:
        log.error("masked more", number=len(masked) - MOST_LOGGED)
    return told


def present_refusal(error: ServiceError) -> list[dict[str, Any]]:
    """Of a request that was not executed."""
    return [{"message": error.message, "extensions": _extensions(error.code, error)}]


def status_of(errors: Sequence[GraphQLError]) -> int:
    """Of a request that was not executed."""
    cause = _innermost(errors[0])
    return cause.status if isinstance(cause, ServiceError) else ValidationError.status


def failure_of(error: GraphQLError) -> ServiceError:
    """What a client may be told of what no request of theirs can be blamed for."""
    cause = _innermost(error)
    if isinstance(cause, ServiceError):
        return cause
    _log(error)
    return ServiceError(MASKED)


def reasons(errors: Sequence[GraphQLError]) -> set[tuple[str, str]]:
    """Codes, and by what limit or rule, for the metrics."""
    causes = map(_innermost, errors)
    return {_reason(each) for each in causes}


def _reason(cause: Exception) -> tuple[str, str]:
    if isinstance(cause, ServiceError):
        return cause.code, cause.reason
    return (ValidationError.code, "document") if isinstance(cause, GraphQLError) else (INTERNAL_SERVER_ERROR, "")


def _present(error: GraphQLError, masked: dict[int, GraphQLError]) -> dict[str, Any]:
    cause = _innermost(error)
    if isinstance(cause, GraphQLError) and not _of_a_value(cause, error):
        message, extensions = error.message, _extensions(ValidationError.code)
    elif isinstance(cause, ServiceError):
        message, extensions = cause.message, _extensions(cause.code, cause)
    else:
        masked.setdefault(id(cause), error)  # a batch that failed is the same failure for each of its keys
        message, extensions = MASKED, _extensions(INTERNAL_SERVER_ERROR)
    told: dict[str, Any] = {**error.formatted, "message": message}
    told.pop("extensions", None)
    return {**told, "extensions": extensions}


def _log(error: GraphQLError) -> None:
    log.error("masked", path=error.path, exc_info=_innermost(error))


def _innermost(error: GraphQLError) -> Exception:
    """What a resolver raised; a GraphQLError where the library itself found something wrong."""
    cause: Exception = error
    while isinstance(cause, GraphQLError) and cause.original_error:
        cause = cause.original_error
    return cause


def _of_a_value(cause: GraphQLError, error: GraphQLError) -> bool:
    """Whether a field's own value was refused: unlike an argument's, it stands nowhere in the document."""
    return bool(error.path) and not cause.nodes


def _extensions(code: str, error: ServiceError | None = None) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": code}
    if error and error.service:
        extensions["service"] = error.service
    extensions["retryable"] = error.retryable if error else False
    extensions["correlationId"] = current_call.get().correlation_id
    return extensions
