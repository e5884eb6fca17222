"""A folder's documents, each with the description beside it: its path, its parameters and its projection."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
    validate,
)

from gateway.validation import RULES

DOCUMENTS = Path(__file__).parent / "documents"
PREFIX = "/bff"

Scalar = str | int | float | bool
Int = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
"""As the graph has it."""


class Check(msgspec.Struct, forbid_unknown_fields=True):
    """Of a parameter. `variable` is the document's, where it is called otherwise; its type and default are there.

    `minimum` and `maximum` are of a whole number, `longest` is of a text, in characters. `refused` is the status that
    a wrong value has.
    """

    description: str
    variable: str | None = None
    minimum: Int = -(2**31)
    maximum: Int = 2**31 - 1
    longest: int = 1000
    refused: Literal[400, 422] = 400


class Output(msgspec.Struct, forbid_unknown_fields=True):
    """`path` leads through the document's answer; `fields` are needed for an object, and for a list of them.

    `default` stands for a null by nature. `description` is the graph's where there is none.
    """

    path: str
    description: str = ""
    default: Scalar | None = None
    fields: dict[str, "str | Output"] | None = None


class Description(msgspec.Struct, forbid_unknown_fields=True):
    path: str
    summary: str
    answer: dict[str, str | Output]
    parameters: dict[str, Check] = {}


class DocumentError(ValueError):
    """A document or its description that cannot be served; the message begins with the file."""


@dataclass(frozen=True, slots=True)
class Described:
    name: str
    text: str
    operation: OperationDefinitionNode
    description: Description


def read_folder(folder: Path, schema: GraphQLSchema) -> list[Described]:
    """Raises DocumentError."""
    names = sorted({each.stem for each in folder.iterdir() if each.suffix in {".graphql", ".toml"}})
    return [_read(folder, name, schema) for name in names]


def _read(folder: Path, name: str, schema: GraphQLSchema) -> Described:
    text = _text(folder / f"{name}.graphql")
    try:
        description = msgspec.toml.decode(_text(folder / f"{name}.toml"), type=Description)
    except msgspec.MsgspecError as error:
        raise DocumentError(f"{name}.toml: {error}") from None
    if not description.path.startswith(f"{PREFIX}/"):
        raise DocumentError(f"{name}.toml: path must begin with {PREFIX}/")
    return Described(name, text, _operation(name, text, schema), description)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DocumentError(f"{path.name}: is missing") from None
    except UnicodeDecodeError:
        raise DocumentError(f"{path.name}: is not UTF-8") from None


def _operation(name: str, text: str, schema: GraphQLSchema) -> OperationDefinitionNode:
    try:
        document = parse(text)
        wrong = [each.message for each in validate(schema, document, RULES)]
    except GraphQLError as error:
        wrong = [error.message]
    if wrong:
        raise DocumentError(f"{name}.graphql: {'; '.join(wrong)}")
    [operation, *others] = document.definitions
    if others or not isinstance(operation, OperationDefinitionNode) or operation.operation is not OperationType.QUERY:
        raise DocumentError(f"{name}.graphql: must be one query, without fragments")
    if not all(isinstance(each, FieldNode) and not each.directives for each in _selected(operation.selection_set)):
        # They could leave out what the projection needs.
        raise DocumentError(f"{name}.graphql: must have neither fragments nor directives")
    return operation


def _selected(of: SelectionSetNode) -> Iterator[object]:
    for each in of.selections:
        yield each
        if isinstance(each, FieldNode) and each.selection_set:
            yield from _selected(each.selection_set)
