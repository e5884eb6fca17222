"""A JSON Schema as a line of text with links, as a reader wants it."""

from typing import Any

from kit.openapi.html import Html, joined, tag
from kit.openapi.schemas import REF

_LIMITS = (
    ("minimum", "≥ {}"),
    ("exclusiveMinimum", "> {}"),
    ("maximum", "≤ {}"),
    ("exclusiveMaximum", "< {}"),
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minItems", "at least {} items"),
    ("maxItems", "at most {} items"),
    ("pattern", "matches {}"),
    ("default", "default {}"),
)

_LONGEST = 48


def schema_id(name: str) -> str:
    return f"schema-{name}"


def ref_of(schema: dict[str, Any]) -> str:
    """The name of the component that the schema is, else nothing."""
    return str(schema.get("$ref", "")).removeprefix(REF)


def type_of(schema: dict[str, Any]) -> Html:
    """Such as: list of Student or null."""
    if name := ref_of(schema):
        return tag("a", name, href=f"#{schema_id(name)}")
    if "anyOf" in schema:
        return joined((type_of(each) for each in schema["anyOf"]), " or ")
    if schema.get("type") == "array":
        return joined(["list of ", type_of(schema.get("items", {}))])
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return joined(["object, by id: ", type_of(schema["additionalProperties"])])
    if "const" in schema:
        return tag("code", str(schema["const"]))
    return Html(joined([schema.get("format") or schema.get("type") or "anything"]))


def limits_of(schema: dict[str, Any]) -> Html:
    """Without the patterns that nobody reads: the description says what they mean."""
    told = [
        _limit(text, schema[key]) for key, text in _LIMITS if schema.get(key) is not None and _readable(schema[key])
    ]
    for each in schema.get("anyOf", ()):
        told += [inner] if (inner := limits_of(each)) else []
    if schema.get("type") == "array" and (inner := limits_of(schema.get("items", {}))):
        told.append(joined(["each ", inner]))
    return joined(told, ", ")


def _limit(text: str, value: Any) -> Html:
    before, after = text.split("{}")
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return joined([before, tag("code", shown) if isinstance(value, str) else shown, after])


def _readable(value: Any) -> bool:
    return len(str(value)) <= _LONGEST
