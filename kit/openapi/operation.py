"""What an endpoint says of itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from kit.errors import ServiceError

E = TypeVar("E", bound=Callable[..., Any])
Method = Literal["GET", "POST", "PUT", "DELETE"]
_DESCRIBED = "__operations__"


@dataclass(frozen=True, slots=True)
class Parameter:
    """`type` may have msgspec's limits. `commas`: a list in one value, separated by commas, is one way to send it."""

    name: str
    type: Any
    description: str = ""
    default: Any = None
    required: bool = False
    commas: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`type`: the body's, a tuple for one of several, None for none.

    `headers`: descriptions by name, of those that are always sent.
    """

    type: Any = None
    description: str = ""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    summary: str
    description: str
    path: tuple[Parameter, ...]
    query: tuple[Parameter, ...]
    headers: tuple[Parameter, ...]
    body: Any
    answers: Mapping[int, Answer]
    errors: tuple[type[ServiceError], ...]
    security: tuple[str, ...]
    method: Method | None


def operation(
    *,
    summary: str,
    answers: Mapping[int, Any],
    query: Sequence[Parameter] = (),
    path: Sequence[Parameter] = (),
    headers: Sequence[Parameter] = (),
    body: Any = None,
    errors: Sequence[type[ServiceError]] = (),
    security: Sequence[str] = (),
    description: str = "",
    method: Method | None = None,
) -> Callable[[E], E]:
    """Describes an endpoint; one that answers several methods differently is decorated once for each `method`.

    `answers`: a type, an Answer or None for each status that is no error; a 201 always has its Location. `errors`:
    beside those that the document adds to every operation. `path` is for parameters that are no UUIDs. `security`: the
    schemes that the endpoint itself asks for, all of them.
    """
    described = Operation(
        summary=summary,
        description=description,
        path=tuple(path),
        query=tuple(query),
        headers=tuple(headers),
        body=body,
        answers={status: each if isinstance(each, Answer) else Answer(each) for status, each in answers.items()},
        errors=tuple(errors),
        security=tuple(security),
        method=method,
    )

    def describe(endpoint: E) -> E:
        setattr(endpoint, _DESCRIBED, (described, *getattr(endpoint, _DESCRIBED, ())))
        return endpoint

    return describe


def described(endpoint: Callable[..., Any], method: str) -> Operation:
    """Raises LookupError for an endpoint that nobody described: a document that leaves it out would not be true."""
    for each in getattr(endpoint, _DESCRIBED, ()):
        if isinstance(each, Operation) and each.method in {None, method}:
            return each
    raise LookupError(f"{endpoint.__module__}.{endpoint.__qualname__} has no description for {method}")
