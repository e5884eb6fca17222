"""The errors of a document: one body for all of them, and an answer for each status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType

from kit import errors
from kit.errors import FieldError, ServiceError, ValidationError, kinds
from kit.openapi.schemas import REF, Schema


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
    codes = {each.code: None for each in kinds() if each.__module__ == errors.__name__}
    components["Failure"]["properties"]["code"]["enum"] = list(codes)


def failure(of: Sequence[type[ServiceError]]) -> dict[str, Any]:
    """The answer with the status that they share."""
    codes = sorted({each.code for each in of})
    told: dict[str, Any] = {"properties": {"code": {"const": codes[0]} if len(codes) == 1 else {"enum": codes}}}
    if all(issubclass(each, ValidationError) for each in of):
        told["required"] = ["fields"]
    schema = {"$ref": f"{REF}ErrorBody", "properties": {"error": told}}
    return {"description": of[0].meaning, "content": {"application/json": {"schema": schema}}}
