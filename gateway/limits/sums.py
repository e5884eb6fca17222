"""A selection as what it costs: what each object costs, and the lists inside, whose lengths depend on variables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.sizes import ids_length, page_length

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Length:
    """`fixed` is what it is unless the variable has a value."""

    fixed: int
    variable: str | None = None
    of_ids: bool = False

    def of(self, values: Values) -> int:
        if self.variable is None or self.variable not in values:
            return self.fixed
        value = values[self.variable]
        return ids_length(value) if self.of_ids else page_length(value)


ONE = Length(1)


@dataclass(eq=False, slots=True)
class Part:
    """Of a selection set: `each` for every object that it is selected of, `once` however many there are."""

    each: int = 0
    once: int = 0
    places: list["Place"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects are that have to be counted: so many at the end of `path`, each of which costs `own`, too.

    `length` is None for the items of the page around it, and `page` is the page's length where it begins here. An
    empty path is a fragment, of the same object; without one the items are not in the answer.
    """

    path: tuple[str, ...] | None
    part: Part
    length: Length | None = ONE
    own: int = 0
    page: Length | None = None

    def below(self, key: str) -> "Place":
        path = None if self.path is None else (key, *self.path)
        return Place(path, self.part, self.length, self.own, self.page)


NOTHING = Part()


@dataclass(slots=True)
class Estimate:
    """Each part is added up once for each length of the page around it."""

    values: Values
    known: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def of(self, part: Part, page: int = 1) -> tuple[int, int]:
        """For every object, and once."""
        key = (id(part), page)
        found = self.known.get(key)
        if found is None:
            each, once = part.each, part.once
            for place in part.places:
                length = page if place.length is None else place.length.of(self.values)
                inside = self.of(place.part, place.page.of(self.values) if place.page else page)
                each += length * (place.own + inside[0])
                once += inside[1]
            found = self.known[key] = each, once
        return found


def counted(part: Part, objects: Sequence[Any], values: Values) -> int:
    """The same of the objects of an answer, with its lists as long as they are."""
    if not objects:
        return 0
    total = part.once + part.each * len(objects)
    for place in part.places:
        if place.path is None:
            assert place.length
            total += place.own * place.length.of(values) * len(objects)
        else:
            inside = _found(objects, place.path, lists=place.length is not ONE) if place.path else objects
            total += place.own * len(inside) + counted(place.part, inside, values)
    return total


def _found(objects: Sequence[Any], path: tuple[str, ...], *, lists: bool) -> Sequence[Any]:
    found: list[Any] = []
    for each in objects:
        value = each
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            continue
        if not lists:
            found.append(value)
        elif len(objects) == 1:
            return [*value]
        else:
            found += value
    return found
