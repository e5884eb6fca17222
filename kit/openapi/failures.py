"""The errors of a document: one body for all of them, and an answer for each status."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from kit import errors
from kit.errors import FieldError, ServiceError
from kit.openapi.schemas import REF, Schema

_SEEN = {
    400: "Some input is wrong; `fields` names all of it.",
    401: "The internal credentials are missing or wrong.",
    403: "The signed-in role may not.",
    404: "It does not exist, or is somebody else's.",
    409: "It contradicts what is stored.",
    410: "It is not there any more.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    500: "Something went wrong on our side; the log has the rest.",
    503: "Not at the moment; the same request may succeed later.",
    504: "The deadline passed first; the same request may succeed later.",
}


def _tree(kind: type[ServiceError]) -> Iterable[type[ServiceError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _tree(each)


@dataclass
class Failure:
    """`message` is for a developer to read; `fields` tells all that is wrong with the input, where that is it."""

    code: str
    message: str
    correlation_id: UUID
    fields: list[FieldError] | UnsetType = UNSET


@dataclass
class ErrorBody:
    """The body of every error."""

    error: Failure


def complete(components: Mapping[str, Schema]) -> None:
    """Names the codes of the tree of kit/errors.py; what else is imported must not change the document."""
    codes = {each.code: None for each in _tree(ServiceError) if each.__module__ == errors.__name__}
    components["Failure"]["properties"]["code"]["enum"] = list(codes)


def failure(status: int, kinds: Iterable[type[ServiceError]]) -> dict[str, Any]:
    codes = sorted({each.code for each in kinds})
    told: dict[str, Any] = {"properties": {"code": {"const": codes[0]} if len(codes) == 1 else {"enum": codes}}}
    if status == errors.ValidationError.status:
        told["required"] = ["fields"]
    schema = {"$ref": f"{REF}ErrorBody", "properties": {"error": told}}
    return {"description": _SEEN.get(status, codes[0]), "content": {"application/json": {"schema": schema}}}
