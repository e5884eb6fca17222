"""A plan's answer beside graphql-core's."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import strawberry
from graphql import ExecutionResult, Executor, experimental_execute_incrementally, parse

from gateway.executor import Plans
from gateway.schema.scalars import NATIVE


async def told(result: Any) -> dict[str, Any]:
    found: ExecutionResult = await result if inspect.isawaitable(result) else result
    for _ in range(8):  # what was abandoned settles
        await asyncio.sleep(0)
    return {"data": found.data, "errors": [each.formatted for each in found.errors or []]}


def settled(found: dict[str, Any]) -> dict[str, Any]:
    """Errors of bulk fields come by level, and from a loader as it happens to finish.

    So it is chance which of them are told below an object that is null for one of them; that there is one is not.
    """
    below = {str(null): each for each in found["errors"] if (null := _null_above(found["data"], each.get("path", ())))}
    others = [each for each in found["errors"] if not _null_above(found["data"], each.get("path", ()))]
    in_order = sorted(others, key=lambda each: (str(each.get("path")), each["message"]))
    return {"data": found["data"], "errors": in_order, "below": sorted(below)}


def _null_above(data: Any, path: Sequence[str | int]) -> Sequence[str | int] | None:
    """The part of the path that leads to null, where that is not all of it."""
    for at, key in enumerate(path):
        if data is None:
            return ["data", *path[:at]]
        data = data[key]
    return None


async def compared(
    schema: strawberry.Schema,
    query: str,
    root: Callable[[], Any],
    variables: dict[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    in_bulk: bool = False,
) -> None:
    """Twice, so that nothing of one execution is left in the plan. `root` makes the same object each time."""
    core, ast = schema._schema, parse(query)
    by_core = experimental_execute_incrementally(
        core,
        ast,
        root_value=root(),
        context_value=[],
        variable_values=variables,
        operation_name=operation_name,
        executor_class=Executor,
    )
    expected = await told(by_core)
    if in_bulk:
        expected = settled(expected)
    document = Plans(core, NATIVE).document(ast)
    document.warm(operation_name)
    for _ in range(2):
        result = document.execute(root=root(), context=[], variables=variables, operation_name=operation_name)
        found = await told(result)
        if in_bulk:
            found = settled(found)
        assert msgspec.json.encode(found) == msgspec.json.encode(expected), query
