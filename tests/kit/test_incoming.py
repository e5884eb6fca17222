"""What stands in for contracts where answers are read: the same of each JSON, and nothing for the garbage collector."""

import gc
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from kit.incoming import incoming

T = TypeVar("T")


class Colour(StrEnum):
    RED = "red"


@dataclass
class Base:
    id: UUID
    colour: Colour | None


@dataclass
class Leaf(Base):
    """One with constraints and defaults."""

    size: Annotated[int, Meta(ge=1)] = 3
    words: list[Annotated[str, Meta(max_length=2)]] = field(default_factory=list)
    kind: Literal["a", "b"] = "a"


@dataclass
class Page(Generic[T]):
    items: list[T]
    first: T | None
    by_name: dict[str, T]
    total: int
    cursors: list[str] | UnsetType = UNSET


ID = "00000000-0000-4000-8000-000000000001"
LEAF: dict[str, Any] = {"id": ID, "colour": "red"}
PAGE: dict[str, Any] = {"items": [LEAF, LEAF | {"size": 4}], "first": None, "by_name": {"x": LEAF}, "total": 2}


def read(of: Any, value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value), type=of)


def test_the_same_is_read() -> None:
    told = PAGE | {"cursors": ["a", "b"]}
    whole = read(incoming(Page[Leaf]), told)
    assert msgspec.to_builtins(whole) == msgspec.to_builtins(asdict(read(Page[Leaf], told)))
    assert (whole.items[0].id, whole.items[0].colour) == (UUID(ID), Colour.RED)
    assert (type(whole.items[0]).__name__, type(whole.items[0]).__module__) == ("Leaf", __name__)
    assert read(incoming(Page[Leaf]), PAGE).cursors is UNSET


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (Leaf, {}),
        (Leaf, LEAF | {"id": "nope"}),
        (Leaf, LEAF | {"colour": "blue"}),
        (Leaf, LEAF | {"size": 0}),
        (Leaf, LEAF | {"words": ["long"]}),
        (Leaf, LEAF | {"kind": "c"}),
        (Page[Leaf], PAGE | {"items": [LEAF, 1]}),
        (Page[Leaf], PAGE | {"first": {"id": ID}}),
        (Page[Leaf], PAGE | {"cursors": None}),
        (dict[str, Leaf | None], {"x": None, "y": 1}),
        (list[Base], [LEAF, []]),
    ],
)
def test_what_is_refused_is_refused_alike(of: Any, value: Any) -> None:
    with pytest.raises(msgspec.ValidationError) as by_contract:
        read(of, value)
    with pytest.raises(msgspec.ValidationError) as refused:
        read(incoming(of), value)
    assert str(refused.value) == str(by_contract.value)


def test_each_has_its_own_words() -> None:
    one, other = read(incoming(list[Leaf]), [LEAF, LEAF])
    one.words.append("x")
    assert other.words == []


def test_one_shape_is_made_once_and_is_not_tracked() -> None:
    assert incoming(Leaf) is incoming(Leaf)
    [leaf] = read(incoming(list[Leaf]), [LEAF])
    assert type(leaf) is incoming(Leaf)
    assert not gc.is_tracked(leaf)


@pytest.mark.parametrize("of", [int, type(None), list[str], dict[UUID, int | None], Any])
def test_what_has_no_dataclass_stays(of: Any) -> None:
    assert incoming(of) == of
