"""What is alive of a list while a bulk field of its items waits."""

import asyncio
import weakref
from collections.abc import Awaitable, Sequence
from typing import Any

import strawberry
from graphql import parse
from strawberry.types import Info

from gateway.executor import Plans, bulk
from tests.gateway.executor.comparing import told


class Record:
    def __init__(self, n: int) -> None:
        self.n = n


async def only_in_bulk(root: Any) -> int | None:
    return int(root.n) * 2


def in_bulk(records: Sequence[Record], info: Info) -> Awaitable[Sequence[int]]:
    async def answered(numbers: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(0)
        alive.append([each() for each in info.context])
        return numbers

    alive: list[Any] = info.root_value
    info.context.extend(weakref.ref(each) for each in records)
    return answered([each.n * 2 for each in records])


@strawberry.type
class Row:
    n: int
    doubled: int | None = strawberry.field(resolver=only_in_bulk, metadata=bulk(in_bulk))


@strawberry.type
class Query:
    @strawberry.field
    async def rows(self, first: int) -> list[Row]:
        await asyncio.sleep(0)
        return [Record(n) for n in range(first)]  # type: ignore[misc]


async def test_what_was_read_goes_before_its_bulk_fields_come() -> None:
    document = Plans(strawberry.Schema(Query)._schema).document(parse("{ rows(first: 3) { n doubled } }"))
    document.warm()
    alive: list[Any] = []
    for _ in range(2):  # the first of a class is completed by graphql-core
        alive.clear()
        found = await told(document.execute(root=alive, context=[]))
        assert found == {"data": {"rows": [{"n": n, "doubled": n * 2} for n in range(3)]}, "errors": []}
    assert alive == [[None, None, None]]
