"""What an adversary would tell a plan by: fields that call in their own way, values that pass for others."""

import asyncio
import gc
from collections.abc import AsyncIterator
from datetime import datetime
from enum import Enum, IntFlag
from itertools import count
from typing import Any, NewType
from uuid import UUID

import pytest
import strawberry
from graphql import parse
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info
from strawberry.types.field import StrawberryField

from gateway.executor import Plans
from gateway.executor.variables import written
from tests.gateway.executor.comparing import compared, told


class Loud(StrawberryField):
    def get_result(self, source: Any, info: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        found = super().get_result(source, info, args, kwargs)
        return f"{found}!" if isinstance(found, str) else self._louder(found)

    async def _louder(self, found: Any) -> str:
        return f"{await found}!"


class Right(IntFlag):
    READ = 1
    WRITE = 2


class Shade(Enum):
    DARK = 1

    @classmethod
    def _missing_(cls, value: object) -> "Shade":
        made = object.__new__(cls)
        vars(made).update(_name_="PALE", _value_=value)
        return made


strawberry.enum(Right)
strawberry.enum(Shade)


@strawberry.type
class Item:
    n: int

    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        if value.n == 2:
            raise ValueError("no such item")
        return bool(value.n != 3)


async def shout() -> str:
    return "soon"


@strawberry.type
class Odd:
    loud: str = Loud(python_name="loud", type_annotation=strawberry.annotation.StrawberryAnnotation(str))  # type: ignore[assignment]
    right: Right | None = None
    shade: Shade | None = None
    items: list[Item | None] | None = None

    loudly: str = Loud(python_name="loudly")(shout)  # type: ignore[assignment]

    @strawberry.field
    async def streamed(self) -> AsyncIterator[int]:
        yield 1
        yield 2

    @strawberry.field
    async def grouped(self) -> int | None:
        raise ExceptionGroup("several", [ValueError("one"), ValueError("two")])

    @strawberry.field
    def grouped_at_once(self) -> int | None:
        raise ExceptionGroup("several", [ValueError("one"), ValueError("two")])

    @strawberry.field
    async def twice(self) -> str:
        async def later() -> str:
            return "later"

        return later()  # type: ignore[return-value]

    @strawberry.field
    def future(self) -> str | None:
        made: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(made.set_result, "future")
        return made  # type: ignore[return-value]

    @strawberry.field
    async def called(this: strawberry.Parent[Any], info: Info, times: int = 1) -> str:  # noqa: N805
        return f"{info.python_name} {times} {info.variable_values} {info.path.as_list()} {info.root_value is this}"

    @strawberry.field
    async def spoiling(self, info: Info, n: int = 0) -> str:
        """Changes whatever it can get at."""
        raw = info._raw_info
        seen = f"{n} {raw.variable_values.coerced} {len(raw.field_nodes)} {sorted(raw.fragments)}"
        raw.variable_values.coerced["n"] = 99
        raw.variable_values.sources.clear()
        raw.field_nodes.clear()
        raw.fragments.clear()
        return seen


def odd(**given: Any) -> Any:
    made = object.__new__(Odd)
    values = {"loud": "loud", "right": Right.READ, "shade": None, "items": []} | given
    vars(made).update(values)
    return made


def schema_of(kind: type) -> strawberry.Schema:
    def given(info: Info) -> Any:
        return info.root_value

    fields = {"__annotations__": {}, "given": strawberry.field(resolver=given, graphql_type=kind)}
    return strawberry.Schema(strawberry.type(type("Query", (), fields)))


SCHEMA = schema_of(Odd)


@pytest.mark.parametrize(
    ("query", "given"),
    [
        ("{ given { loud loudly } }", {}),
        ("{ given { right } }", {"right": Right.READ | Right.WRITE}),
        ("{ given { right } }", {"right": Right.WRITE}),
        ("{ given { shade } }", {"shade": Shade(7)}),
        ("{ given { items { n } } }", {"items": [Item(n=1), Item(n=2), Item(n=3), Item(n=4)]}),
        ("{ given { streamed } }", {}),
        ("{ given { grouped groupedAtOnce } }", {}),
        ("{ given { twice future } }", {}),
        ("query($a: Int = 3) { given { called(times: $a) b: called } }", {}),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
async def test_odd_fields(query: str, given: dict[str, Any]) -> None:
    await compared(SCHEMA, query, lambda: odd(**given))
    gc.collect()  # what is never awaited, by graphql-core neither, says so here


async def test_a_resolver_may_change_what_it_is_given() -> None:
    query = "query($n: Int = 1) { given { spoiling(n: $n) ...F } } fragment F on Odd { spoiling(n: $n) }"
    await compared(SCHEMA, query, odd, {"n": 5})


@pytest.mark.parametrize("root", [0, "", False, [], {}, 0.0, None])
async def test_root_values_that_are_false(root: Any) -> None:
    await compared(SCHEMA, "{ given { loud } __typename }", lambda: root)


async def test_a_name_that_is_a_switch_in_one_operation_alone() -> None:
    query = (
        "query A($a: Boolean!) { given { loud @skip(if: $a) } }"
        "query B($a: [Int!]!) { given { __typename } }"
        "query C($a: Int!) { given { called(times: $a) } }"
    )
    for name, value in [("A", True), ("A", False), ("B", [1]), ("C", 1), ("C", 0)]:
        await compared(SCHEMA, query, odd, {"a": value}, name)
    document = Plans(SCHEMA._schema).document(parse(query))
    for n in range(40):
        await told(document.execute(root=odd(), variables={"a": n}, operation_name="C"))
    assert len(document._operations["C"].variants) == 1  # type: ignore[union-attr]


# variables and arguments that are kept

ticks = count()
Tick = NewType("Tick", int)


@strawberry.type
class Clocked:
    @strawberry.field
    async def at(self, tick: Tick, id: strawberry.ID | None = None) -> str:
        return f"{tick} {id!r}"


async def test_a_scalar_that_looks_at_the_clock_is_not_kept() -> None:
    scalar = strawberry.scalar(name="Tick", serialize=int, parse_value=lambda value: value + next(ticks))
    config = StrawberryConfig(scalar_map={Tick: scalar})

    @strawberry.type
    class Query:
        @strawberry.field
        def clocked(self) -> Clocked:
            return Clocked()

    core = strawberry.Schema(Query, config=config)._schema
    for query in ["query($t: Tick!) { clocked { at(tick: $t) } }", "{ clocked { at(tick: 0) } }"]:
        document = Plans(core).document(parse(query))
        document.warm()
        answers = [await told(document.execute(variables={"t": 0})) for _ in range(3)]
        assert len({str(each) for each in answers}) == 3


ALIKE: list[list[Any]] = [
    [1, True, 1.0, "1"],
    [0, False, 0.0, -0.0, None],
    [None, float("nan"), float("inf")],
    ["2026-11-21T00:00:00", datetime(2026, 11, 21)],  # noqa: DTZ001
    [str(UUID(int=1)), UUID(int=1)],
    [1, Right.READ],
    [2**64, -(2**64), 2**4000],
    ["\ud800", "a"],
    [[1], (1,), {"a": 1}, [True]],
]


@pytest.mark.parametrize("values", ALIKE, ids=str)
@pytest.mark.parametrize("kind", ["Int", "Float", "Boolean", "String", "ID"])
async def test_values_that_pass_for_others(values: list[Any], kind: str) -> None:
    """One after the other, of one document."""

    async def echo(value: Any) -> str:
        return repr(value)

    @strawberry.type
    class Query:
        @strawberry.field
        async def int(self, value: int | None) -> str:
            return repr(value)

        @strawberry.field
        async def float(self, value: float | None) -> str:
            return repr(value)

        @strawberry.field
        async def boolean(self, value: bool | None) -> str:
            return repr(value)

        @strawberry.field
        async def string(self, value: str | None) -> str:
            return repr(value)

        @strawberry.field
        async def id(self, value: strawberry.ID | None) -> str:
            return repr(value)

    core = strawberry.Schema(Query)._schema
    query = f"query($v: {kind}) {{ {kind.lower()}(value: $v) }}"
    kept = Plans(core).document(parse(query))
    kept.warm()
    for value in [*values, *reversed(values)]:
        alone = Plans(core).document(parse(query))
        assert repr(await told(kept.execute(variables={"v": value}))) == repr(
            await told(alone.execute(variables={"v": value}))
        )


def test_what_is_kept_of_variables_is_small() -> None:
    assert written({"a": 1, "b": "text"}) == b'{"a":1,"b":"text"}'
    assert written({"a": "x" * 600}) is None
    assert written({"a": {"b": 1}}) is None
