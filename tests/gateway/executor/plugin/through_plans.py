"""A pytest plugin for graphql-core's own tests: what they execute runs by a plan, and a report tells how it went.

It stands in a folder of its own: those tests have a package of the same name as ours.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import graphql.execution.execute  # noqa: F401  the package has a function of the module's name
import pytest
from graphql import DocumentNode, GraphQLSchema
from graphql.execution.execute import (
    assume_not_async_iterable,
    assume_not_awaitable,
    experimental_execute_incrementally,
)

from gateway.executor import Plans

REPORT = "THROUGH_PLANS_REPORT"
TAKEN = ("root_value", "context_value", "variable_values", "operation_name")
POSITIONS: tuple[str, ...] = (
    *TAKEN,
    "field_resolver",
    "type_resolver",
    "subscribe_field_resolver",
    "max_coercion_errors",
)
POSITIONS += ("enable_early_execution", "middleware", "executor_class", "is_awaitable", "is_async_iterable")
OURS = {*TAKEN, "max_coercion_errors", "hide_suggestions"}

module = sys.modules["graphql.execution.execute"]
planned, by_core, failed, passed = 0, 0, list[str](), 0


def execute(schema: Any, document: Any, *positional: Any, **named: Any) -> Any:
    global planned, by_core  # noqa: PLW0603
    given = {**dict(zip(POSITIONS, positional, strict=False)), **named}
    # What runs in one go takes nothing for awaitable; a plan looks all the same.
    others = {name for name, value in given.items() if value and name not in OURS}
    others -= {
        name for name in others if given[name] is assume_not_awaitable or given[name] is assume_not_async_iterable
    }
    if others or not isinstance(schema, GraphQLSchema) or not isinstance(document, DocumentNode):
        by_core += 1
        return experimental_execute_incrementally(schema, document, **given)
    plans = Plans(schema)
    made = plans.document(document)
    made.warm(given.get("operation_name"))
    result = made.execute(
        root=given.get("root_value"),
        context=given.get("context_value"),
        variables=given.get("variable_values"),
        operation_name=given.get("operation_name"),
        max_coercion_errors=given.get("max_coercion_errors", 50),
        hide_suggestions=given.get("hide_suggestions", False),
    )
    planned += plans.statistics.planned
    by_core += plans.statistics.fallbacks.total()
    return result


def pytest_configure() -> None:
    vars(module)["experimental_execute_incrementally"] = execute


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    global passed  # noqa: PLW0603
    if report.failed:
        failed.append(report.nodeid)
    elif report.when == "call" and report.passed:
        passed += 1


def pytest_sessionfinish() -> None:
    told = {"planned": planned, "by_core": by_core, "passed": passed, "failed": failed}
    Path(os.environ[REPORT]).write_text(json.dumps(told))
