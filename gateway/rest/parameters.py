"""A request's parameters as a document's variables: types and defaults are the document's, limits its description's."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import GenericAlias
from typing import Annotated, Any

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLID,
    GraphQLInt,
    GraphQLList,
    GraphQLSchema,
    GraphQLString,
    VariableDefinitionNode,
    get_nullable_type,
    is_non_null_type,
    type_from_ast,
    value_from_ast_untyped,
)
from msgspec import Meta

from gateway.rest.description import Check, Described, DocumentError
from kit.errors import ValidationError
from kit.openapi import Parameter as Documented
from kit.query import Query

MAX_ID = 200
"""Characters."""


class UnprocessableError(ValidationError):
    """As the REST backend-for-frontend answered bad limits, here alone."""

    status = 422


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` takes what a request has; `type` may have msgspec's limits."""

    name: str
    variable: str
    check: Check
    type: Any
    default: Any
    read: Callable[[Query, str], Any]
    in_path: bool

    @property
    def shown(self) -> Any:
        """The type of an answer that repeats it."""
        return self.type if self.in_path or self.default is not None else self.type | None

    def value(self, query: Query) -> Any:
        return self.read(query, self.name) if self.name in query.params else self.default

    @property
    def documented(self) -> Documented:
        return Documented(self.name, self.type, self.check.description, self.default, required=self.in_path)


@dataclass(frozen=True, slots=True)
class Parameters:
    all: tuple[Parameter, ...]

    def read(self, query: Query, path: Mapping[str, str]) -> dict[str, Any]:
        """By name. Raises ValidationError or UnprocessableError that tells of every wrong one."""
        found = {each.name: path[each.name] if each.in_path else each.value(query) for each in self.all}
        wrong = {each.field for each in query.wrong}
        if any(each.check.refused == UnprocessableError.status for each in self.all if each.name in wrong):
            raise UnprocessableError(query.wrong)
        query.check()
        return found

    def variables(self, found: Mapping[str, Any]) -> dict[str, Any]:
        return {each.variable: found[each.name] for each in self.all if found[each.name] is not None}


def parameters_of(document: Described, schema: GraphQLSchema) -> Parameters:
    """Raises DocumentError."""
    defined = {each.variable.name.value: each for each in document.operation.variable_definitions or ()}
    made = []
    for name, check in document.description.parameters.items():
        definition = defined.pop(check.variable or name, None)
        if definition is None:
            raise DocumentError(f"{document.name}.toml: the document has no variable for the parameter {name}")
        made.append(_Maker(document, schema, name, check).make(definition))
    for name in re.findall(r"{(.*?)}", document.description.path):
        if name not in document.description.parameters:
            raise DocumentError(f"{document.name}.toml: no parameter is for {{{name}}} in the path")
    if defined:
        raise DocumentError(f"{document.name}.toml: no parameter is for the variable ${next(iter(defined))}")
    return Parameters(tuple(made))


@dataclass(frozen=True, slots=True)
class _Maker:
    document: Described
    schema: GraphQLSchema
    name: str
    check: Check

    def make(self, definition: VariableDefinitionNode) -> Parameter:
        of: Any = type_from_ast(self.schema, definition.type)
        default = value_from_ast_untyped(definition.default_value) if definition.default_value else None
        in_path = f"{{{self.name}}}" in self.document.description.path
        if in_path != (is_non_null_type(of) and default is None):
            raise self._wrong("must be in the path when it is required, and only then")
        if in_path and get_nullable_type(of) is not GraphQLID:
            raise self._wrong("is in the path, so it must be an ID")
        kind, read = self._kind(get_nullable_type(of))
        try:
            # Values of an enumeration are not called alike here and there, so no such list passes.
            msgspec.convert(default, kind if default is not None else None)
        except msgspec.ValidationError as error:
            raise self._wrong(f"has a default that it would refuse: {error}") from None
        variable = definition.variable.name.value
        return Parameter(self.name, variable, self.check, kind, default, read, in_path)

    def _kind(self, of: Any) -> tuple[Any, Callable[[Query, str], Any]]:
        check = self.check
        if of is GraphQLInt:
            low, high = check.minimum, check.maximum
            return Annotated[int, Meta(ge=low, le=high)], lambda query, name: query.integer(name, 0, low, high)
        if of in {GraphQLString, GraphQLID}:
            longest = MAX_ID if of is GraphQLID else check.longest
            return Annotated[str, Meta(max_length=longest)], lambda query, name: query.text(name, longest)
        enum: Any = get_nullable_type(of.of_type) if isinstance(of, GraphQLList) else None
        if isinstance(enum, GraphQLEnumType):
            members = python_enum(enum)
            return GenericAlias(list, (members,)), lambda query, name: [
                enum.serialize(each) for each in query.members(name, members)
            ]
        raise self._wrong(f"cannot be of the type {of}")

    def _wrong(self, why: str) -> DocumentError:
        return DocumentError(f"{self.document.name}.toml: the parameter {self.name} {why}")


def python_enum(of: GraphQLEnumType) -> Any:
    """Its values are as the services write them."""
    return of.wrapped_cls  # type: ignore[attr-defined]
