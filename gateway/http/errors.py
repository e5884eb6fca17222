"""GraphQL errors as a client may see them: our own tree is told, everything else is masked and logged."""

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError

from kit.call import current_call
from kit.errors import ServiceError, ValidationError

log = structlog.get_logger("graphql")


def present(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [_present(error) for error in errors]


def present_refusal(error: ServiceError) -> list[dict[str, Any]]:
    """Of a request that was not executed."""
    return [{"message": error.message, "extensions": _extensions(error.code, error)}]


def failure_of(error: GraphQLError) -> ServiceError:
    """What a client may be told of what no request of theirs can be blamed for."""
    cause = _innermost(error)
    if isinstance(cause, ServiceError):
        return cause
    log.error("masked", path=error.path, exc_info=cause)
    return ServiceError("Something went wrong on our side.")


def _present(error: GraphQLError) -> dict[str, Any]:
    cause = _innermost(error)
    if isinstance(cause, GraphQLError) and not _of_a_value(cause, error):
        message, extensions = error.message, _extensions(ValidationError.code)
    else:
        failure = failure_of(error)
        message, extensions = failure.message, _extensions(failure.code, failure)
    told: dict[str, Any] = {**error.formatted, "message": message}
    told.pop("extensions", None)
    return {**told, "extensions": extensions}


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
