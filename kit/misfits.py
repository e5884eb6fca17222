"""Which fields of a body do not fit its class: all of them, where msgspec itself stops at the first."""

import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec

from kit.errors import FieldError

_PATH = re.compile(r"(?P<reason>.*?)(?: - at `\$(?P<path>.*)`)?", re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
# A refusal may quote what was sent.
_LONGEST = 300


class Broken:
    """Stands for a text with lone surrogates, which fits nothing."""


class Known(NamedTuple):
    """A field as JSON has it."""

    name: str
    kind: Any
    required: bool


def plain(raw: bytes) -> Any:
    """As plain values. Raises ValueError and RecursionError; takes more than JSON, since it only looks for reasons."""
    return _marked(json.loads(raw.decode("utf-8", "surrogatepass")))


def misfits(value: Any, of: Any, path: str = "") -> Iterator[FieldError]:
    """`value` is of plain values, `path` where it stands, empty for the whole. A class's fields are looked into alike.

    A type's `Meta(extra={"refusal": …})` says what is expected in place of msgspec's own words.
    """
    try:
        msgspec.convert(value, of)
    except msgspec.ValidationError as error:
        inside = False
        for each in _inside(value, _bare(value, of), path):
            inside = True
            yield each
        if not inside:
            yield _own(value, of, path, error)


def at_field(error: msgspec.ValidationError, path: str = "") -> FieldError:
    found = _PATH.fullmatch(str(error))
    assert found
    inner = re.sub(r"\[(\d+|\.\.\.)\]", r".\1", found["path"] or "").lstrip(".")
    return FieldError(_joined(path, inner), found["reason"][:_LONGEST])


def _inside(value: Any, of: Any, path: str) -> Iterator[FieldError]:
    if isinstance(value, dict):
        for name, kind, required in _known(of):
            where = _joined(path, name)
            if name in value:
                yield from misfits(value[name], kind, where)
            elif required:
                yield FieldError(where, "is required")
    elif get_origin(of) is list and isinstance(value, list):
        [item] = get_args(of)
        for n, each in enumerate(value):
            yield from misfits(each, item, _joined(path, str(n)))


def _own(value: Any, of: Any, path: str, error: msgspec.ValidationError) -> FieldError:
    if isinstance(value, Broken):
        return FieldError(path, "must be text without lone surrogates")
    said = at_field(error, path)
    return FieldError(path, _refusal(of) or said.message) if said.field == path else said


def _bare(value: Any, of: Any) -> Any:
    """Without its limits, and without null where there is something."""
    if get_origin(of) is Annotated:
        return _bare(value, get_args(of)[0])
    if get_origin(of) in {Union, UnionType} and value is not None:
        [first, *others] = (each for each in get_args(of) if each not in {NoneType, msgspec.UnsetType})
        return of if others else _bare(value, first)
    return of


def _refusal(of: Any) -> str | None:
    if get_origin(of) in {Union, UnionType}:
        return next(filter(None, (_refusal(each) for each in get_args(of))), None)
    metas = getattr(of, "__metadata__", ())
    said = (each.extra.get("refusal") for each in metas if isinstance(each, msgspec.Meta) and each.extra)
    return next(filter(None, said), None)


def _known(of: Any) -> Iterator[Known]:
    """Of a class that JSON objects become."""
    if is_dataclass(of):
        hints = get_type_hints(of, include_extras=True)
        for each in fields(of):
            yield Known(each.name, hints[each.name], each.default is MISSING and each.default_factory is MISSING)
    elif isinstance(of, type) and issubclass(of, msgspec.Struct):
        for field in msgspec.structs.fields(of):
            yield Known(field.encode_name, field.type, field.required)


def _marked(value: Any) -> Any:
    if isinstance(value, str):
        return Broken() if _SURROGATE.search(value) else value
    if isinstance(value, list):
        return [_marked(each) for each in value]
    if isinstance(value, dict):
        return {key: _marked(each) for key, each in value.items()}
    return value


def _joined(path: str, inner: str) -> str:
    return f"{path}.{inner}" if path and inner else path or inner
