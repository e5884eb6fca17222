"""Which operations are compiled, why others are not, and how much of it stays."""

import gc
from typing import Any

import pytest
import strawberry
from graphql import parse

from gateway.executor import Plans
from gateway.executor.keeping import MAX_FIELDS_KEPT
from gateway.executor.plan import MAX_FIELDS
from gateway.executor.plans import MAX_VARIANTS, Document
from tests.gateway.executor.comparing import told


@strawberry.type
class Query:
    a: int = 1
    b: int = 2

    @strawberry.field
    def whole(self) -> "Query":
        return Query()


CORE = strawberry.Schema(Query)._schema
SWITCHED = "query({declared}) {{ a {switched} }}"
MANY = " ".join(f"f{n}: b" for n in range(MAX_FIELDS + 1))


def document(query: str, **options: Any) -> tuple[Plans, Document]:
    plans = Plans(CORE)
    return plans, plans.document(parse(query, **options))


async def ran(made: Document, times: int = 3, **asked: Any) -> None:
    for _ in range(times):
        await told(made.execute(root=Query(), **asked))


@pytest.mark.parametrize(
    ("query", "asked", "reason"),
    [
        ("query A { a } query B { b }", {}, "operation"),
        ("{ a }", {"operation_name": "C"}, "operation"),
        ("mutation { a }", {}, "root type"),
        ("{ a @custom }", {}, "directive"),
        ("{ ...F @defer } fragment F on Query { b }", {}, "directive"),
        ("{ %s }" % MANY, {}, "no plan"),  # noqa: UP031  braces
        ("query($s: Boolean = true) { a @skip(if: $s) b }", {"variables": {"s": None}}, "no plan"),
    ],
)
async def test_why_it_is_not_compiled(query: str, asked: dict[str, Any], reason: str) -> None:
    plans, made = document(query)
    await ran(made, **asked)
    first = {"first": 1} if reason == "no plan" else {}
    assert plans.statistics.fallbacks == {**first, reason: 3 - len(first)}
    assert plans.statistics.planned == 0


async def test_variables_of_fragments_are_not_compiled() -> None:
    query = "{ ...F(n: 1) } fragment F($n: Int) on Query { a }"
    plans, made = document(query, experimental_fragment_arguments=True)
    await ran(made)
    assert plans.statistics.fallbacks == {"fragment variables": 3}


async def test_further_variants_are_not_compiled() -> None:
    names = [f"s{n}" for n in range(5)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    switched = " ".join(f"{name}: b @skip(if: ${name})" for name in names)
    plans, made = document(SWITCHED.format(declared=declared, switched=switched))
    made.warm()
    for n in range(2 ** len(names)):
        await ran(made, 1, variables={name: bool(n >> at & 1) for at, name in enumerate(names)})
    assert plans.statistics.planned == plans.statistics.compiled == MAX_VARIANTS
    assert plans.statistics.fallbacks == {"no plan": 2 ** len(names) - MAX_VARIANTS}


async def test_what_cannot_be_compiled_is_tried_once() -> None:
    plans, made = document("{ %s }" % MANY)  # noqa: UP031  as above
    await ran(made, 5)
    operation: Any = made._operations[None]
    assert operation.variants == {(): None}
    assert plans.kept.weight == 0


async def test_plans_are_bounded_by_their_fields_and_the_oldest_go() -> None:
    plans = Plans(CORE)
    query = "{ %s }" % " ".join(f"f{n}: b" for n in range(200))  # noqa: UP031  as above
    made = [plans.document(parse(query)) for _ in range(MAX_FIELDS_KEPT // 200 + 2)]
    for each in made:
        each.warm()
        await ran(made[0], 1)  # so it is never the oldest
    assert plans.kept.weight <= MAX_FIELDS_KEPT
    assert [bool(each._operations[None].variants) for each in made[:4]] == [True, False, False, True]  # type: ignore[union-attr]
    await ran(made[1], 1)
    assert plans.statistics.compiled == len(made) + 1


def test_what_is_kept_keeps_no_document() -> None:
    plans, made = document("{ a }")
    made.warm()
    del made
    gc.collect()
    [[owner, *_]] = plans.kept._entries.values()
    assert owner() is None
