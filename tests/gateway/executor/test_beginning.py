"""An execution of a plan begins with all that graphql-core's executor has, and shares nothing that it may change."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
import strawberry
from graphql import Executor, experimental_execute_incrementally, parse
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from gateway.executor import Plans, bulk
from gateway.executor.running import PlanExecutor
from tests.gateway.executor.comparing import compared, told

SHARED = {"schema", "fragments", "operation", "_relevant_sub_fields"}
"""By all executions of a plan: they are only read, or the same whoever adds to them."""
WHAT_IS_FIXED = (bool, type(None), type(print), type(lambda: None))

Seen = list[Any]


async def of_all(items: Sequence[Any], info: Info) -> Sequence[int]:
    info.context.append(info)
    return [each.n for each in items]


@strawberry.type
class Item:
    n: int = 1

    async def _alone(self) -> int | None:
        return self.n

    at_once = strawberry.field(resolver=_alone, metadata=bulk(of_all))


@strawberry.type
class Choosy:
    n: int = 1

    @classmethod
    def is_type_of(cls, value: Any, _: Any) -> bool:
        return bool(value.n == 1)


@strawberry.type
class Query:
    @strawberry.field
    async def item(self, info: Info, n: int = 1) -> Item:
        info.context.append(info)
        return Item(n=n)

    @strawberry.field
    async def choosy(self, n: int) -> Choosy | None:
        return Choosy(n=n)

    @strawberry.field
    async def anything(self, what: str) -> Item | None:
        made: dict[str, Any] = {"error": ValueError("answered"), "null": None, "item": Item()}
        return made[what]  # type: ignore[no-any-return]


SCHEMA = strawberry.Schema(Query)
QUERY = "query Q($n: Int) { item(n: $n) { ...F atOnce } } fragment F on Item { n }"


def executors(number: int) -> list[PlanExecutor]:
    document = Plans(SCHEMA._schema).document(parse(QUERY))
    document.warm("Q")
    operation: Any = document._operations["Q"]
    coerced = operation.variables.coerced({}, 10)
    [variant] = operation.variants.values()
    return [PlanExecutor(variant.shared, "root", ["context"], coerced, hide_suggestions=True) for _ in range(number)]


def test_it_has_whatever_graphql_core_gives_an_executor() -> None:
    core = Executor.build(SCHEMA._schema, parse(QUERY), "root", ["context"], {}, "Q", hide_suggestions=True)
    assert isinstance(core, Executor)
    [ours, other] = executors(2)
    for name, value in vars(core).items():
        assert type(getattr(ours, name)) is type(value), name
        if name not in SHARED and not isinstance(value, WHAT_IS_FIXED):
            assert name in ("root_value", "context_value") or getattr(ours, name) is not getattr(other, name), name
    same = {name for name, value in vars(core).items() if isinstance(value, (*WHAT_IS_FIXED, str, list, dict, tuple))}
    same -= {"operation", "async_helpers", "_relevant_sub_fields", "fragments"}
    assert {name: getattr(ours, name) for name in same} == {name: getattr(core, name) for name in same}
    assert ours.operation.name
    assert ours.async_helpers.gather.__self__ is ours  # type: ignore[attr-defined]


async def infos(schema: strawberry.Schema, *, planned: bool) -> Seen:
    seen: Seen = []
    document = Plans(schema._schema).document(parse(QUERY))
    if planned:
        document.warm("Q")
        await told(document.execute(root="root", context=seen, variables={"n": 3}, operation_name="Q"))
        return seen
    asked: dict[str, Any] = {"root_value": "root", "context_value": seen, "variable_values": {"n": 3}}
    await told(experimental_execute_incrementally(schema._schema, document.ast, **asked))
    return seen


async def test_the_info_of_a_coroutine_is_what_it_always_is() -> None:
    [of_core] = await infos(SCHEMA, planned=False)
    [ours, in_bulk] = await infos(SCHEMA, planned=True)
    assert isinstance(ours, Info)
    assert {each.name for each in fields(ours)} == {each.name for each in fields(of_core)}
    assert (ours.field_name, ours.python_name, ours.root_value) == ("item", "item", "root")
    assert (ours.variable_values, ours.path, ours.query) == (of_core.variable_values, of_core.path, of_core.query)
    assert ours.selected_fields == of_core.selected_fields
    assert ours.context is ours._raw_info.context is in_bulk.context
    assert (in_bulk.path.as_list(), in_bulk.field_name) == (["item", "atOnce"], "atOnce")
    alike = [name for name in ours._raw_info._fields if name not in ("context", "async_helpers", "operation")]
    for name in alike:
        assert getattr(ours._raw_info, name) == getattr(of_core._raw_info, name), name
    assert ours._raw_info is ours._raw_info
    assert replace(ours).context is ours.context


async def test_a_schema_may_have_infos_of_its_own() -> None:
    class OwnInfo(Info[Any, Any]):
        @property
        def context(self) -> Any:
            return self._raw_info.context

    schema = strawberry.Schema(Query, config=StrawberryConfig(info_class=OwnInfo))
    assert [type(each) for each in await infos(schema, planned=True)] == [OwnInfo, OwnInfo]


@pytest.mark.parametrize(
    "query",
    [
        "{ choosy(n: 1) { n } other: choosy(n: 2) { n } }",
        '{ anything(what: "error") { n } null: anything(what: "null") { n } item: anything(what: "item") { n } }',
        '{ anything(what: "another") { n } }',
        "{ item { n } }",
    ],
)
async def test_values_of_coroutines_are_taken_as_graphql_core_takes_them(query: str) -> None:
    await compared(SCHEMA, query, lambda: None)


async def test_names_of_operations_that_there_are_not_are_not_kept() -> None:
    document = Plans(SCHEMA._schema).document(parse(QUERY))
    for number in range(3):
        await told(document.execute(context=[], operation_name=f"N{number}"))
    assert not document._operations
