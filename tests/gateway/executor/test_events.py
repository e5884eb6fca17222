"""A subscription's events run by a plan: each is the root value of an execution."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import strawberry
from graphql import create_source_event_stream, execute_subscription_event, parse
from graphql.execution import Executor
from strawberry.types import Info

from gateway.executor import Plans
from tests.gateway.executor.comparing import told


@strawberry.type
class Tick:
    n: int

    @strawberry.field
    async def halves(self, info: Info, by: int = 2) -> int | None:
        if self.n % by:
            raise ValueError(f"{self.n} is odd at {info.path.as_list()}, {info.root_value is self}, {info.context}")
        return self.n // by


@strawberry.type
class Query:
    n: int = 0


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, until: int) -> AsyncIterator[Tick | None]:
        for n in range(until):
            yield Tick(n=n) if n != 3 else None


CORE = strawberry.Schema(Query, subscription=Subscription)._schema
QUERY = "subscription($until: Int!, $by: Int) { again: ticks(until: $until) { n halves(by: $by) __typename } }"
VARIABLES = {"until": 6, "by": 2}


async def test_each_event_answers_what_graphql_core_answers() -> None:
    executor = Executor.build(CORE, parse(QUERY), None, "context", VARIABLES)
    assert isinstance(executor, Executor)
    plans = Plans(CORE)
    document = plans.document(parse(QUERY))
    answers = []

    async for event in await source(executor):
        expected = await told(execute_subscription_event(executor.build_per_event_executor(event)))
        found = await told(document.execute(root=event, context="context", variables=VARIABLES))
        assert msgspec.json.encode(found) == msgspec.json.encode(expected)
        answers.append(found)

    assert [bool(each["errors"]) for each in answers] == [False, True, False, False, False, True]
    assert (plans.statistics.planned, dict(plans.statistics.fallbacks)) == (5, {"first": 1})


async def source(executor: Executor[Any]) -> Any:
    begun: Any = create_source_event_stream(executor)
    return await begun
