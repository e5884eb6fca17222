"""Items of lists, whose fields are written out in the list's own loop, beside graphql-core."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from graphql import parse
from strawberry.types import Info

from gateway.executor import OfClasses, Plans, bulk
from tests.gateway.executor.comparing import compared, told
from tests.gateway.executor.test_fidelity import schema_of


@dataclass
class Contract:
    n: int
    within: Any = None


class Other:
    """As much of a row as a contract."""

    n = 1
    within = None


class Sub(Contract):
    pass


class Proxy:
    """Says that it is a contract, and is none."""

    n = 5
    within = None
    __class__ = Contract  # type: ignore[assignment]


async def doubled(parents: Sequence[Any], _: Info) -> Sequence[int | Exception]:
    return [ValueError("odd") if each.n % 2 else each.n * 2 for each in parents]


async def double(root: Any) -> int | None:
    [value] = await doubled([root], None)  # type: ignore[arg-type]
    if isinstance(value, Exception):
        raise value
    return value


@strawberry.interface
class Numbered:
    n: int


@strawberry.type
class Row(Contract, Numbered):
    is_type_of = OfClasses(Contract)
    within: "list[Row | None] | None" = None
    doubled: int | None = strawberry.field(resolver=double, metadata=bulk(doubled))

    @strawberry.field
    def digits(self) -> list[int]:
        return [self.n, self.n]

    @strawberry.field
    def by_self(self) -> int:
        return self.n + 1

    @strawberry.field
    def by_parent(this: strawberry.Parent[Any]) -> int | None:  # noqa: N805
        return 1 // int(this.n)

    @strawberry.field
    def by_keyword(*, root: Any) -> int:
        return int(root.n) + 2

    @strawberry.field
    def by_position(root: Any, /) -> int:  # noqa: N805
        return int(root.n) + 3

    @strawberry.field
    async def awaited(self) -> int:
        return 1 // self.n


@strawberry.type
class Table:
    rows: list[Row | None]
    strict: list[Row] | None
    numbered: list[Numbered | None]


FIELDS = "n digits byParent within { digits n byParent doubled } doubled"
ALIASES = " ".join(f"{each}: n" for each in "abcdefghijklmno")
OTHERS = ALIASES.upper().replace(": N", ": n")
QUERIES = [
    f"{{ given {{ rows {{ {FIELDS} }} }} }}",
    f"{{ given {{ strict {{ {FIELDS} bySelf byKeyword byPosition }} }} }}",
    f"{{ given {{ numbered {{ n ... on Row {{ {FIELDS} }} }} }} }}",
    "{ given { rows { n awaited within { awaited doubled } } strict { awaited } } }",
    "{ given { rows { awaited doubled digits } } }",
    "{ given { strict { awaited doubled } } }",
    f"{{ given {{ rows {{ {ALIASES} class: n from: n doubled }} strict {{ {ALIASES} __dict__: n __class__: n }} }} }}",
    f"{{ given {{ rows {{ {ALIASES} __typename doubled awaited }} strict {{ {ALIASES} {OTHERS} }} }} }}",
]
ROWS: list[Callable[[], Any]] = [
    list,
    lambda: [Contract(n) for n in range(4)],
    lambda: [Contract(2), None, Contract(4)],
    lambda: [Contract(2), Other(), Sub(6), Contract(8)],
    lambda: [Contract(2), Proxy()],
    lambda: [Contract(2), ValueError("no row"), Contract(0)],
    lambda: [Contract(2, [Contract(0), Other(), Contract(3)]), Contract(4, [])],
    lambda: [Contract("two"), Contract(3)],  # type: ignore[arg-type]
    lambda: (Contract(2), Contract(3)),
    lambda: [Soon(Contract(2)), Contract(3)],
    lambda: [Contract(n) for n in (2**30 - 1, 2**30, 2**31 - 2, 2**31, -(2**30), -(2**31), -(2**31) - 1)],
]


class Soon:
    """No coroutine: one that nobody awaits says so, wherever the collector finds it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __await__(self) -> Generator[Any, Any, Any]:
        yield from ()
        return self.value


def table(rows: Callable[[], Any]) -> Any:
    made = object.__new__(Table)
    vars(made).update(rows=rows(), strict=rows(), numbered=rows())
    return made


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("rows", ROWS)
async def test_rows(query: str, rows: Callable[[], Any]) -> None:
    await compared(schema_of(Table), query, lambda: table(rows), in_bulk=True)


class Counting(OfClasses):
    asked = 0

    def __call__(self, value: Any, info: Any) -> bool:
        self.asked += 1
        return super().__call__(value, info)


async def test_a_class_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    core = schema_of(Table)._schema
    counting = Counting(Contract)
    monkeypatch.setattr(core.type_map["Row"], "is_type_of", counting)
    document = Plans(core).document(parse("{ given { rows { n } } }"))
    document.warm()
    for _ in range(3):
        found = await told(document.execute(root=table(lambda: [Contract(n) for n in range(9)])))
        assert found == {"data": {"given": {"rows": [{"n": n} for n in range(9)]}}, "errors": []}
    assert counting.asked <= 1
    assert counting.known == {Contract}
