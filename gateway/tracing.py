"""Spans of operations, as the GraphQL working group's draft names them, down to the calls of other services.

Nothing of what a client sends but the operation's name: variables are never told, nor is the document.
https://github.com/graphql/otel-wg/tree/main/spec
"""

from collections.abc import Collection

from graphql import GraphQLError, OperationDefinitionNode

from kit.errors import ServiceError
from kit.tracing import CLIENT, SERVER, AnySpan, entry, fresh, span
from kit.tracing.spans import Silent, Span
from kit.tracing.w3c import Remote

OPERATION = "GraphQL Operation"
PARSING = "GraphQL Document Parsing"
VALIDATION = "GraphQL Document Validation"
EXECUTION = "GraphQL Operation Execution"
MOST_NAME = 255
"""Characters: a client chooses the name of its operation, and spans wait in memory."""


def parsing() -> AnySpan:
    return span(PARSING)


def validating() -> AnySpan:
    return span(VALIDATION)


def operating(operation: OperationDefinitionNode | None) -> AnySpan:
    return described(entry(OPERATION, SERVER), operation)


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


def loading(loader: str, keys: int) -> AnySpan:
    """One batch."""
    begun = span(f"load {loader}")
    if begun.recording:
        begun.set("graphql.loader.name", loader)
        begun.set("graphql.loader.keys", keys)
    return begun


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
    if status is not None:
        begun.set("http.response.status_code", status)
    if outcome != "2xx":
        begun.fail(str(status) if outcome.endswith("xx") else outcome)
    begun.end()
