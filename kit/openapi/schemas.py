"""JSON Schema of the contract's types, by msgspec, with what msgspec leaves out."""

from collections.abc import Iterator, Sequence
from inspect import cleandoc
from typing import Any

import msgspec
from msgspec import inspect

Schema = dict[str, Any]
Fields = dict[str, inspect.Type]

REF = "#/components/schemas/"


def schemas(types: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """A schema for each type, and the components that they refer to, sorted by name."""
    made, components = msgspec.json.schema_components(types, ref_template=REF + "{name}")
    seen: set[int] = set()
    classes = dict(found for each in inspect.multi_type_info(types) for found in _classes(each, seen))
    for schema in components.values():
        _complete(schema, classes.get(schema.get("title", ""), {}))
    return list(made), dict(sorted(components.items()))


def _complete(schema: Schema, fields: Fields) -> None:
    if "description" in schema:
        schema["description"] = cleandoc(schema["description"])
    if "enum" in schema and all(isinstance(value, str) for value in schema["enum"]):
        schema["type"] = "string"
    for name, of in fields.items():
        _complete_field(schema["properties"][name], of)


def _complete_field(schema: Schema, of: inspect.Type) -> None:
    """msgspec marks only the moments that must have a zone. What a refusal says describes the field as well."""
    parts = of.types if isinstance(of, inspect.UnionType) else [of]
    if any(isinstance(each, inspect.DateTimeType) for each in parts):
        texts = (each for each in schema.get("anyOf", [schema]) if each.get("type") == "string")
        for each in texts:
            each["format"] = "date-time"
    for each in parts:
        if isinstance(each, inspect.Metadata) and each.extra and "refusal" in each.extra:
            schema.setdefault("description", f"It {each.extra['refusal']}.")


def _classes(of: inspect.Type, seen: set[int]) -> Iterator[tuple[str, Fields]]:
    """The fields' types of each class, by the title that its component has."""
    if id(of) in seen:
        return
    seen.add(id(of))
    inner = _inside(of)
    if isinstance(of, inspect.DataclassType | inspect.StructType):
        fields = {each.encode_name: each.type for each in of.fields}
        yield of.cls.__name__, fields
        inner = [*fields.values()]
    for each in inner:
        yield from _classes(each, seen)


def _inside(of: inspect.Type) -> Sequence[inspect.Type]:
    if isinstance(of, inspect.Metadata):
        return (of.type,)
    if isinstance(of, inspect.UnionType):
        return of.types
    if isinstance(of, inspect.DictType):
        return (of.key_type, of.value_type)
    return (of.item_type,) if isinstance(of, inspect.CollectionType) else ()
