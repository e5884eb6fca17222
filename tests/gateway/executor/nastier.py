"""More of the same: recursion through everything, and arguments of every kind."""

import asyncio
from typing import Annotated, Any, Union
from uuid import UUID

import strawberry
from strawberry.types import Info

from tests.gateway.executor.nasty import Colour, Level, Range, fails

# 6. recursion, through lists of lists, interfaces and unions at once


@strawberry.interface
class Branch:
    label: str
    above: "Tree | None"


@strawberry.type
class Leaf(Branch):
    size: int


@strawberry.type
class Tree(Branch):
    weight: float
    tag: str | None
    flag: bool
    tall: int | None
    children: list[Branch | None]
    grid: list[list["Tree | None"]] | None
    strict_grid: list[list[Leaf]]
    either: Annotated[Union["Tree", Leaf], strawberry.union("TreeOrLeaf")] | None
    one: "Tree | None"

    @strawberry.field
    async def grown(self) -> "list[Branch]":
        await asyncio.sleep(0)
        if fails(len(self.children)):
            raise ValueError("grown")
        return [each for each in self.children if each]

    @strawberry.field
    async def strict_one(self) -> "Tree":
        return self.one  # type: ignore[return-value]


# 7. arguments of coroutines, which are kept from one execution to the next


@strawberry.input
class Nested:
    within: Range | None = None
    names: list[str] = strawberry.field(default_factory=list)
    also: "Nested | None" = None


@strawberry.type
class Asked:
    seed: int

    @strawberry.field
    async def plain(self, a: int, b: str = "b", c: float | None = None, d: bool | None = True) -> str:
        return f"{a} {b!r} {c!r} {d}"

    @strawberry.field
    async def unset(self, a: int | None = strawberry.UNSET, id: strawberry.ID | None = None) -> str | None:
        await asyncio.sleep(0)
        return f"{a!r} {id}"

    @strawberry.field
    async def chosen(self, colour: Colour = Colour.RED, level: Level | None = None, uuid: UUID | None = None) -> str:
        return f"{colour} {level!r} {uuid}"

    @strawberry.field
    async def listed(self, info: Info, ids: list[strawberry.ID | None], levels: list[Level] | None = None) -> int:
        """What it is given is its own."""
        ids.append(None)
        (levels or []).append(Level.LOW)
        return len(ids) + len(levels or []) + len(info.path.as_list())

    @strawberry.field
    async def nested(root: Any, nested: Nested, within: Range) -> str:  # noqa: N805
        nested.names.append("more")
        within.low += 1
        return f"{root.seed} {nested} {within}"

    @strawberry.field
    async def failing(self, by: int = 5) -> int:
        if fails(by):
            raise ValueError(f"by {by}")
        return by

    @strawberry.field
    async def again(self, n: int = 1) -> "list[Asked | None] | None":
        return [self, None][:n]
