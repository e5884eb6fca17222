"""Objects made at random for a Strawberry type, a few of their values as wrong as values can be."""

import asyncio
import dataclasses
import random
import types
import typing
from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

DEEPEST = 5


class Wrong:
    """What no type of a schema takes."""

    def __repr__(self) -> str:
        return "Wrong()"


class Later:
    """An awaitable that nobody has to await."""

    def __init__(self, ticks: int, value: Any, fault: Exception | None) -> None:
        self.ticks = ticks
        self.value = value
        self.fault = fault

    def __repr__(self) -> str:
        return "Later()"

    def __await__(self) -> Generator[Any, None, Any]:
        for _ in range(self.ticks):
            yield from asyncio.sleep(0).__await__()
        if self.fault:
            raise self.fault
        return self.value


def objects_of(kind: type) -> list[type]:
    """The object types of an interface, else the type itself; an interface that nothing implements stays one."""
    definition: Any = getattr(kind, "__strawberry_definition__", None)
    if not (definition and definition.is_interface):
        return [kind]
    subclasses: list[type] = kind.__subclasses__()
    below = [each for sub in subclasses for each in objects_of(sub)]
    return below or [kind]


class World:
    """The same for the same seed. `faults` is the share of values that are wrong; `late` of those that are awaited."""

    def __init__(self, seed: int, *, faults: float = 0.06, late: float = 0) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.faults = faults
        self.late = late

    def make(self, kind: type, depth: int = 0) -> Any:
        made: Any = object.__new__(kind)
        hints = typing.get_type_hints(kind)
        for each in dataclasses.fields(kind):
            value = self._value(hints[each.name], depth + 1) if each.name in hints else dataclasses.MISSING
            if value is not dataclasses.MISSING:
                object.__setattr__(made, each.name, value)
        return made

    def _value(self, hint: Any, depth: int) -> Any:
        if self.random.random() < self.faults:
            return self._fault()
        value = self._ordinary(hint, depth)
        return self._later(value) if self.random.random() < self.late else value

    def _fault(self) -> Any:
        return self.random.choice([None, ValueError("stored"), Wrong(), dataclasses.MISSING, float("nan"), [], 2**40])

    def _ordinary(self, hint: Any, depth: int) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in {typing.Union, types.UnionType}:
            chosen = [each for each in arguments if each is not type(None)]
            nothing = len(chosen) < len(arguments) and (depth > DEEPEST or self.random.random() < 0.2)
            return None if nothing else self._ordinary(self.random.choice(chosen), depth)
        if origin is typing.Annotated:
            return self._ordinary(arguments[0], depth)
        if origin is list:
            size = 0 if depth > DEEPEST else self.random.randrange(4)
            return [self._value(arguments[0], depth + 1) for _ in range(size)]
        if dataclasses.is_dataclass(hint):
            return self.make(self.random.choice(objects_of(hint)), depth)  # type: ignore[arg-type]
        if isinstance(hint, type) and issubclass(hint, Enum):
            return self.random.choice(list(hint))
        return self._scalar(hint)

    def _scalar(self, hint: Any) -> Any:
        made: dict[Any, Any] = {
            str: self.random.choice(["", "å", "text"]),
            int: self.random.randrange(-5, 5),
            float: self.random.choice([0.5, 3, -1.25]),
            bool: self.random.random() < 0.5,
            UUID: UUID(int=self.random.getrandbits(128)),
            datetime: datetime(2026, 11, 21, 1, 2, 3, self.random.choice([0, 7]), tzinfo=UTC),
            Decimal: Decimal("1.50"),
        }
        return made[hint] if hint in made else self.random.choice(["id-1", "id-2"])

    def _later(self, value: Any) -> Later:
        fault = ValueError("awaited") if self.random.random() < self.faults else None
        return Later(self.random.randrange(3), value, fault)
