"""Random documents over the graph itself: by its plan, an operation answers what graphql-core answers."""

import asyncio
import inspect
from typing import Any

import msgspec
import pytest
from graphql import DocumentNode, Executor, experimental_execute_incrementally, parse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis_graphql import queries

from gateway.executor import Plans
from gateway.schema import schema
from gateway.schema.scalars import NATIVE
from kit.call import begin_call, current_call
from tests.gateway.executor.drawing import drawn
from tests.gateway.guessing import context

GRAPH = schema._schema


@pytest.mark.timeout(600)
@drawn(0.34)
@given(queries(str(schema)), st.integers(0, 2**32))
def test_documents_at_random(query: str, seed: int) -> None:
    asyncio.run(compared(parse(query), seed))


async def compared(document: DocumentNode, seed: int) -> None:
    current_call.set(begin_call(None, None, 60))
    by_core = experimental_execute_incrementally(GRAPH, document, context_value=context(seed), executor_class=Executor)
    expected = await told(by_core)
    planned = Plans(GRAPH, NATIVE).document(document)
    planned.warm()
    for _ in range(2):
        assert await told(planned.execute(context=context(seed))) == expected


async def told(result: Any) -> bytes:
    """Errors of fields that are resolved in bulk come by level."""
    found = await result if inspect.isawaitable(result) else result
    errors = [each.formatted for each in found.errors or []]
    return msgspec.json.encode([found.data, sorted(errors, key=lambda each: (str(each.get("path")), each["message"]))])
