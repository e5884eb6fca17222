"""The pass that looks at each fragment once finds what writing all of them out does."""

from dataclasses import replace
from typing import Any

from graphql import validate
from hypothesis import HealthCheck, given, settings

from gateway.limits.cost import Costs
from gateway.limits.shape import Shapes
from tests.gateway.limits.naive import GRAPH, Expanded, of_the_graph, shapeless

THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@THOROUGH
@given(shapeless())
def test_shapes(text: str) -> None:
    expanded = Expanded(text)
    found, expected = Shapes(expanded.document).of(expanded.operation), expanded.shape()
    assert replace(found, introspected=None, height=0) == replace(expected, introspected=None), text
    assert (found.introspected is None) == (expected.introspected is None)


@THOROUGH
@given(of_the_graph())
def test_costs(asked: tuple[str, dict[str, Any]]) -> None:
    text, values = asked
    expanded = Expanded(text, values)
    assert validate(GRAPH, expanded.document) == []
    found = Costs(GRAPH, expanded.document).of(expanded.operation)
    assert found.estimated(values) == expanded.cost(), (text, values)
