"""GraphQL errors as a client may see them: our own tree is told, everything else is masked and logged."""

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError

from kit.call import current_call
from kit.errors import INTERNAL_SERVER_ERROR, ServiceError, ValidationError

log = structlog.get_logger("graphql")


def present(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    return [_present(error) for error in errors]


def present_refusal(error: ServiceError) -> list[dict[str, Any]]:
    """Of a request that was not executed."""
    return [{"message": error.message, "extensions": _extensions(error.code, error)}]


def _present(error: GraphQLError) -> dict[str, Any]:
    cause = _cause(error)
    match cause:
        case ServiceError():
            message, extensions = cause.message, _extensions(cause.code, cause)
        case None:
            message, extensions = error.message, _extensions(ValidationError.code)
        case _:
            log.error("masked", path=error.path, exc_info=cause)
            message, extensions = "Something went wrong on our side.", _extensions(INTERNAL_SERVER_ERROR)
    told: dict[str, Any] = {**error.formatted, "message": message}
    told.pop("extensions", None)
    return {**told, "extensions": extensions}


def _cause(error: GraphQLError) -> BaseException | None:
    """What a resolver raised; None for what the library itself found wrong with the request."""
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def _extensions(code: str, error: ServiceError | None = None) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": code}
    if error and error.service:
        extensions["service"] = error.service
    extensions["retryable"] = error.retryable if error else False
    extensions["correlationId"] = current_call.get().correlation_id
    return extensions
