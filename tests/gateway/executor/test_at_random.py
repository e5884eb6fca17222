"""What a plan answers is what graphql-core answers: data, order, errors, paths and places."""

import asyncio
import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import queries

from tests.gateway.executor import nasty
from tests.gateway.executor.comparing import compared
from tests.gateway.executor.worlds import World

EXAMPLES = int(os.environ.get("EXECUTOR_EXAMPLES", "150"))
ROOTS = [nasty.Nullability, nasty.Abstract, nasty.Resolved, nasty.Bulked]


@pytest.mark.parametrize("late", [0, 0.1], ids=["at once", "awaited"])
@pytest.mark.parametrize("root", ROOTS, ids=lambda root: root.__name__)
def test_operations_at_random(root: type, late: float) -> None:
    schema = nasty.schema(root)

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(queries(str(schema)), st.integers(0, 2**32))
    def check(query: str, seed: int) -> None:
        made = compared(schema, query, lambda: World(seed, late=late).make(root), in_bulk=root is nasty.Bulked)
        asyncio.run(made)

    check()
