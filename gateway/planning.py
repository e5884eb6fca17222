"""A document's operations, each with the most upstream calls that it can make."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    coerce_input_value,
    parse,
    print_ast,
    type_from_ast,
    validate,
    value_from_ast_untyped,
)
from graphql.utilities import validate_input_value

from gateway.bounds import Plan, Planner
from gateway.merging import Merging
from gateway.validation import RULES, explained


class PlanningError(ValueError):
    """The message has a line for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class Planned:
    """`assumed`: what the plan takes for the value of each variable that it depends on and that was not given."""

    name: str
    kind: str
    plan: Plan
    assumed: Sequence[str]


def planned(
    schema: GraphQLSchema, text: str, *, operation: str | None = None, given: Mapping[str, Any] | None = None
) -> list[Planned]:
    """Of all operations, or of the one that is named. Raises PlanningError."""
    try:
        document = parse(text)
        errors = validate(schema, document, RULES)
    except GraphQLError as error:
        errors = [error]
    except RecursionError:
        raise PlanningError("The document is nested too deeply.") from None
    if errors:
        raise PlanningError("\n".join(str(explained(each, schema)) for each in errors))
    return [_planned(schema, document, each, given or {}) for each in _operations(document, operation)]


def _operations(document: DocumentNode, name: str | None) -> list[OperationDefinitionNode]:
    every = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None and every:
        return every
    chosen = [each for each in every if each.name and each.name.value == name]
    if not chosen:
        there = ", ".join(each.name.value for each in every if each.name) or "none with a name"
        raise PlanningError(f"There is no operation {name or 'at all'} in the document: it has {there}.")
    return chosen


def _planned(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, given: Mapping[str, Any]
) -> Planned:
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    definitions = operation.variable_definitions or ()
    merging = Merging(schema, fragments, dict(_known(schema, definitions, given)))
    plan = Planner(merging).plan(operation)
    name = operation.name.value if operation.name else "the operation without a name"
    missing = [each for each in definitions if each.variable.name.value in merging.used - given.keys()]
    return Planned(name, operation.operation.value, plan, [_assumed(each) for each in missing])


def _known(
    schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode], given: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    unknown = given.keys() - {each.variable.name.value for each in definitions}
    if unknown:
        raise PlanningError(f"The operation takes no variable {', '.join(f'${each}' for each in sorted(unknown))}.")
    for each in definitions:
        name = each.variable.name.value
        if name in given:
            yield name, _coerced(schema, each, given[name])
        elif each.default_value:
            yield name, value_from_ast_untyped(each.default_value)


def _coerced(schema: GraphQLSchema, definition: VariableDefinitionNode, value: Any) -> Any:
    of: Any = type_from_ast(schema, definition.type)
    wrong: list[str] = []
    validate_input_value(value, of, lambda error, _: wrong.append(error.message))
    if wrong:
        raise PlanningError("\n".join(f"${definition.variable.name.value}: {each}" for each in wrong))
    return coerce_input_value(value, of)


def _assumed(definition: VariableDefinitionNode) -> str:
    name = f"${definition.variable.name.value}"
    if definition.default_value:
        return f"{name} is {print_ast(definition.default_value)}, its default"
    return f"{name} is not known, and may be what costs most"
