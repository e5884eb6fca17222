"""Spans of operations, as the GraphQL working group's draft names them, down to the calls of other services.

Nothing of what a client sends but the operation's name: variables are never told, nor is the document.
https://github.com/graphql/otel-wg/tree/main/spec
"""

from collections.abc import Awaitable, Collection
from typing import TypeVar

from graphql import GraphQLError, OperationDefinitionNode

from kit.errors import ServiceError
from kit.tracing import CLIENT, SERVER, AnySpan, entry, fresh, span
from kit.tracing.spans import SILENT, Silent, Span
from kit.tracing.w3c import Remote

T = TypeVar("T")

OPERATION = "GraphQL Operation"
PARSING = "GraphQL Document Parsing"
VALIDATION = "GraphQL Document Validation"
EXECUTION = "GraphQL Operation Execution"
LOADING = "load"
MOST_NAME = 255
"""Characters: a client chooses the name of its operation, and spans wait in memory."""


def parsing() -> AnySpan:
    return span(PARSING)


def validating() -> AnySpan:
    return span(VALIDATION)


def operating(operation: OperationDefinitionNode | None) -> AnySpan:
    """SILENT where nothing inside would be recorded either."""
    begun = entry(OPERATION, SERVER)
    return begun if begun is SILENT else described(begun, operation)


def telling(operation: OperationDefinitionNode, start: Remote | None) -> AnySpan:
    """One event of a subscription, which may go on for hours: a trace of its own, with a link to where that began."""
    return described(fresh(OPERATION, SERVER, start), operation)


def described(begun: AnySpan, operation: OperationDefinitionNode | None) -> AnySpan:
    if isinstance(begun, Span) and operation:
        begun.name = operation.operation.value
        name(begun, operation)
    return begun


def executing(operation: OperationDefinitionNode | None) -> AnySpan:
    begun = span(EXECUTION)
    if begun.recording and operation:
        name(begun, operation)
    return begun


def name(begun: AnySpan, operation: OperationDefinitionNode) -> None:
    begun.set("graphql.operation.type", operation.operation.value)
    if operation.name:
        begun.set("graphql.operation.name", operation.name.value[:MOST_NAME])


def failing(begun: AnySpan, errors: Collection[GraphQLError]) -> None:
    """The first one's code; a message may quote what somebody wrote."""
    if begun.recording and errors:
        first = next(iter(errors))
        cause: Exception | None = first
        while isinstance(cause, GraphQLError):
            cause = cause.original_error
        begun.fail(cause.code if isinstance(cause, ServiceError) else type(cause or first).__name__)


def loading(loader: str, keys: int, read: Awaitable[T]) -> Awaitable[T]:
    """One batch. What is not recorded is `read` itself."""
    begun = span(LOADING)
    if not isinstance(begun, Span):
        return read
    begun.name = f"load {loader}"
    begun.set("graphql.loader.name", loader)
    begun.set("graphql.loader.keys", keys)
    return _inside(begun, read)


async def _inside(begun: Span, read: Awaitable[T]) -> T:
    with begun:
        return await read


def calling(service: str, server: tuple[str, int], method: str, endpoint: str) -> Span | Silent:
    """`endpoint` is the path's template. The URL itself is not told: it names people."""
    begun = span(method, CLIENT)
    if isinstance(begun, Span):
        begun.name = f"{method} {endpoint}"
        begun.attributes = {
            "http.request.method": method,
            "url.template": endpoint,
            "server.address": server[0],
            "server.port": server[1],
            "peer.service": service,
        }
    return begun


def called(begun: Span | Silent, status: int | None, outcome: str) -> None:
    """`outcome`: ends with `xx` where the status says it."""
    if not isinstance(begun, Span):
        return
    if status is not None:
        begun.set("http.response.status_code", status)
    if outcome != "2xx":
        begun.fail(str(status) if outcome.endswith("xx") else outcome)
    begun.end()
