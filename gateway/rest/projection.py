"""From the graph's answer to a REST answer and its schema, both compiled from a description when the process starts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import GenericAlias
from typing import Annotated, Any
from uuid import UUID

import msgspec
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLSchema,
    get_nullable_type,
    is_leaf_type,
    is_non_null_type,
)

from gateway.http.errors import failure_of
from gateway.rest.description import Described, DocumentError, Output
from gateway.rest.parameters import Parameters, python_enum
from gateway.rest.selection import Place, Step, root, steps_of
from kit.errors import NotFoundError

Path = tuple[str | int, ...]
_SCALARS: Mapping[str, tuple[Any, Callable[[Any], Any]]] = {
    "Int": (int, int),
    "Float": (float, float),
    "String": (str, str),
    "ID": (str, str),
    "Boolean": (bool, bool),
    "UUID": (UUID, lambda uuid: uuid),
    # As text or not: either is written as the services write it.
    "DateTime": (Annotated[datetime, msgspec.Meta(tz=True)], lambda moment: moment),
}


@dataclass(frozen=True, slots=True)
class Answered:
    """What the graph answered, and to which parameters."""

    data: dict[str, Any]
    errors: Sequence[GraphQLError]
    parameters: Mapping[str, Any]

    def check(self, path: Path) -> None:
        """Raises what made the null at the path, if a failure did; it may have moved up from further down."""
        for each in self.errors:
            if tuple(each.path or ())[: len(path)] == path:
                raise failure_of(each)


@dataclass(frozen=True, slots=True)
class Projected:
    """`type` is what the answer's schema is made of; `make` takes what stands at a path of the graph's answer."""

    type: Any
    make: Callable[[Any, Path, Answered], Any]


def projection(document: Described, schema: GraphQLSchema, parameters: Parameters) -> Projected:
    """Raises DocumentError."""
    name = document.operation.name.value if document.operation.name else _camel(document.name)
    repeated = {f"${each.name}": Projected(each.shown, _parameter(each.name)) for each in parameters.all}
    compiler = _Compiler(document.name, repeated)
    return compiler.of_object(name, root(schema, document.operation), document.description.answer)


def _parameter(name: str) -> Callable[[Any, Path, Answered], Any]:
    return lambda _, __, answered: answered.parameters[name]


@dataclass(frozen=True, slots=True)
class _Compiler:
    document: str
    parameters: Mapping[str, Projected]

    def of_object(self, name: str, place: Place, outputs: Mapping[str, str | Output]) -> Projected:
        made = {}
        for key, each in outputs.items():
            output = Output(each) if isinstance(each, str) else each
            made[key] = self.parameters.get(output.path) or self._output(f"{name}{_camel(key)}", place, output)
        of = msgspec.defstruct(name, [(key, each.type) for key, each in made.items()], module=__name__)
        return Projected(
            of, lambda value, path, all_: {key: each.make(value, path, all_) for key, each in made.items()}
        )

    def _output(self, name: str, place: Place, output: Output) -> Projected:
        if output.path.startswith("$"):
            raise DocumentError(f"{self.document}.toml: {output.path}: there is no such parameter")
        steps = steps_of(output.path)
        try:
            target = place.follow(steps)
            inner = self._value(name, target, output)
            if output.default is not None:
                msgspec.convert(output.default, inner.type)
        except (LookupError, msgspec.ValidationError) as error:
            raise DocumentError(f"{self.document}.toml: {output.path}: {error.args[0]}") from None
        of = inner.type | None if target.nullable and output.default is None else inner.type
        description = output.description or target.description
        return Projected(_described(of, description) if description else of, _follow(steps, output.default, inner))

    def _value(self, name: str, place: Place, output: Output) -> Projected:
        """Raises LookupError. Of what is no null."""
        if isinstance(place.type, GraphQLList):
            return self._list(name, place, place.type, output)
        if output.fields is not None:
            if is_leaf_type(place.type):
                raise LookupError(f"fields are for an object, and {place.type} is none")
            return self.of_object(name, place, output.fields)
        if isinstance(place.type, GraphQLEnumType):
            members = {key: python_enum(place.type)(each.value) for key, each in place.type.values.items()}
            return _leaf(python_enum(place.type), members.__getitem__)
        scalar = _SCALARS.get(getattr(place.type, "name", ""))
        if scalar is None:
            raise LookupError(f"cannot be a {place.type}" if is_leaf_type(place.type) else "needs fields")
        return _leaf(*scalar)

    def _list(self, name: str, place: Place, of: GraphQLList[Any], output: Output) -> Projected:
        item = self._value(name, Place(get_nullable_type(of.of_type), False, place.selected), output)

        def make(value: Any, path: Path, answered: Answered) -> Any:
            return [None if each is None else item.make(each, (*path, n), answered) for n, each in enumerate(value)]

        return Projected(GenericAlias(list, (item.type if is_non_null_type(of.of_type) else item.type | None,)), make)


def _described(of: Any, description: str) -> Any:
    return Annotated[of, msgspec.Meta(description=description)]


def _leaf(of: Any, convert: Callable[[Any], Any]) -> Projected:
    return Projected(of, lambda value, _, __: convert(value))


def _follow(steps: Sequence[Step], default: Any, inner: Projected) -> Callable[[Any, Path, Answered], Any]:
    def make(value: Any, path: Path, answered: Answered) -> Any:
        for step in steps:
            path, value = (*path, step.key), value[step.key]
            if value is None:
                if step.required or default is not None:
                    answered.check(path)
                if step.required:
                    raise NotFoundError("There is nothing for this path.")
                return default
        return inner.make(value, path, answered)

    return make


def _camel(name: str) -> str:
    return "".join(each.capitalize() for each in name.split("_"))
