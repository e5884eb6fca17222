"""Schemas that hold what an executor can get wrong."""

import asyncio
from datetime import datetime
from enum import Enum, IntEnum
from typing import Annotated, Any, Union
from uuid import UUID

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.types import Info

from gateway.executor import bulk
from gateway.schema.scalars import CONFIG


@strawberry.enum
class Colour(Enum):
    RED = "red"
    GREEN = strawberry.enum_value("green", name="VERT")


@strawberry.enum
class Level(IntEnum):
    LOW = 1
    HIGH = 2


# 1. nullability in every combination


@strawberry.type
class Leafs:
    text: str
    maybe_text: str | None
    number: int
    maybe_number: int | None
    real: float
    maybe_real: float | None
    flag: bool
    maybe_flag: bool | None
    id: strawberry.ID
    maybe_id: strawberry.ID | None
    uuid: UUID | None
    at: datetime | None
    colour: Colour
    maybe_level: Level | None


@strawberry.type
class Lists:
    strict: list[str]
    items: list[str | None]
    maybe: list[str] | None
    loose: list[int | None] | None
    levels: list[Level]
    colours: list[Colour | None] | None
    nested: list[list[int | None]] | None
    strict_nested: list[list[int]]
    leafs: list[Leafs]
    maybe_leafs: list[Leafs | None] | None
    nested_leafs: list[list[Leafs | None]] | None


@strawberry.type
class Nullability:
    leafs: Leafs
    maybe_leafs: Leafs | None
    lists: Lists
    maybe_lists: Lists | None
    deeper: list["Nullability"]
    maybe_deeper: "Nullability | None"


# 2. interfaces and unions


@strawberry.interface
class Named:
    name: str
    nick: str | None


@strawberry.interface
class Aged(Named):
    age: int | None


@strawberry.type
class Cat(Aged):
    lives: int
    friend: Named | None


@strawberry.type
class Dog(Named):
    barks: bool | None
    friends: list[Named]
    chased: list[Annotated[Union["Cat", "Dog"], strawberry.union("Pet")]] | None


@strawberry.type
class Rock:
    weight: float
    under: Named


@strawberry.type
class Abstract:
    named: list[Named] | None
    aged: Aged | None
    thing: Annotated[Cat | Dog | Rock, strawberry.union("Thing")]
    things: list[Annotated[Cat | Dog | Rock, strawberry.union("Thing")] | None]


# 3. resolvers of every sort, failing now and then


def fails(value: Any) -> bool:
    return isinstance(value, int) and value % 5 == 0


class Shouting(FieldExtension):
    def resolve(self, next_: Any, source: Any, info: Info, **kwargs: Any) -> Any:
        found = next_(source, info, **kwargs)
        return found.upper() if isinstance(found, str) else found


class Allowed(BasePermission):
    message = "Not allowed."

    def has_permission(self, source: Any, info: Info, **_: Any) -> bool:  # noqa: ARG002  so it is called
        return not fails(getattr(source, "seed", 1))


@strawberry.input
class Range:
    low: int = 0
    high: int | None = strawberry.UNSET
    colours: list[Colour] = strawberry.field(default_factory=lambda: [Colour.RED])


@strawberry.type
class Resolved:
    seed: int
    inner: "Resolved | None"
    inners: list["Resolved"] | None

    @strawberry.field
    def doubled(self) -> int:
        if fails(self.seed):
            raise ValueError("doubled")
        return self.seed * 2

    @strawberry.field
    def maybe_doubled(root: Any) -> int | None:  # noqa: N805
        if fails(root.seed):
            raise ValueError("maybe doubled")
        return int(root.seed * 2)

    @strawberry.field
    def path(self, info: Info) -> str:
        return f"{info.path.as_list()} {info.field_name} {info.context}"

    @strawberry.field
    async def soon(self) -> int | None:
        await asyncio.sleep(0)
        if fails(self.seed):
            raise ValueError("soon")
        return self.seed

    @strawberry.field
    async def surely_soon(self, ticks: int = 1) -> int:
        for _ in range(min(ticks, 3)):
            await asyncio.sleep(0)
        if fails(self.seed):
            raise ValueError("surely soon")
        return self.seed

    @strawberry.field
    async def inner_soon(self) -> "Resolved | None":
        return self.inner

    @strawberry.field
    def added(self, by: int, to: int | None = None, times: Level = Level.LOW) -> int:
        return self.seed + by + (to or 0) * times

    @strawberry.field
    def ranged(self, within: Range) -> str:
        return f"{within.low} {within.high!r} {within.colours}"

    @strawberry.field(extensions=[Shouting()])
    def shouted(self, text: str = "a") -> str | None:
        return text

    @strawberry.field(permission_classes=[Allowed])
    def secret(self) -> str:
        return "secret"

    @strawberry.field(permission_classes=[Allowed])
    def maybe_secret(self) -> str | None:
        return "secret"


# 4. fields in bulk


async def bulked(parents: list["Bulked"], info: Info, plus: int = 0) -> list[Any]:
    await asyncio.sleep(0)
    if plus == 3:
        raise ValueError("all of it")
    return [bulk_of(each, plus) for each in parents]


def bulk_of(parent: "Bulked", plus: int) -> Any:
    return ValueError(f"bulk {plus}") if fails(getattr(parent, "seed", 1)) else getattr(parent, "hidden", None)


@strawberry.type
class Bulked:
    seed: int
    hidden: strawberry.Private["Bulked | None"]
    many: list["Bulked"] | None

    @strawberry.field(metadata=bulk(bulked))
    async def other(self, plus: int = 0) -> "Bulked | None":
        await asyncio.sleep(0)
        if plus == 3:
            raise ValueError("all of it")
        found = bulk_of(self, plus)
        if isinstance(found, Exception):
            raise found
        return found  # type: ignore[no-any-return]

    @strawberry.field
    async def later(self) -> "Bulked | None":
        await asyncio.sleep(0)
        return self.hidden


# 5. changes, one after the other


@strawberry.type
class Changing:
    @strawberry.mutation
    async def change(self, info: Info, by: int = 1) -> int | None:
        await asyncio.sleep(0)
        info.context.append(by)
        if fails(by):
            raise ValueError("change")
        return len(info.context)

    @strawberry.mutation
    def surely_change(self, info: Info, by: int = 1) -> int:
        info.context.append(by)
        if fails(by):
            raise ValueError("surely change")
        return len(info.context)


def schema(root: type, mutation: type | None = None) -> strawberry.Schema:
    """A query with the root type's object in it, given and awaited, or null, or missing."""

    def given(info: Info) -> Any:
        return info.root_value

    def twice(info: Info) -> Any:
        return [info.root_value] * 2

    async def awaited(info: Info) -> Any:
        await asyncio.sleep(0)
        return info.root_value

    query = strawberry.type(
        type(
            f"Query{root.__name__}",
            (),
            {
                "__annotations__": {},
                "given": strawberry.field(resolver=given, graphql_type=root),
                "maybe": strawberry.field(resolver=awaited, graphql_type=root | None),
                "all": strawberry.field(resolver=twice, graphql_type=list[root]),  # type: ignore[valid-type]
            },
        )
    )
    return strawberry.Schema(query, mutation, config=CONFIG, types=[Cat, Dog, Rock])
