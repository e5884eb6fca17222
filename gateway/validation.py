"""The specification's validation, with errors that name the argument and what it takes."""

import re
from collections.abc import Collection
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLSchema,
    IntValueNode,
    SelectionSetNode,
    specified_rules,
)
from graphql.language.parser import MAX_NESTING_DEPTH
from graphql.validation import ASTValidationRule, OverlappingFieldsCanBeMergedRule, ValidationContext
from graphql.validation import ValuesOfCorrectTypeRule as ValuesRule
from graphql.validation.validate import ValidationAbortedError

from gateway.checking import Checking
from gateway.limits.document import DocumentLimits
from gateway.limits.shape import refusal
from kit.errors import invalid

MAX_MESSAGE = 500
"""Characters: an error quotes what it is about, however long that is."""
MESSAGE_END = 100
"""Of these, what stays of the end, which often says where it is."""
_UNKNOWN_ENUM_VALUE = re.compile(r"does not exist in '(\w+)' enum")
_TOO_DEEP = re.compile(r"nested too deeply|^Validation aborted\.$")
_TOO_MANY = re.compile(r"^Too many .* error limit reached")


class ArgumentValuesRule(ValuesRule):
    argument: str | None = None

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self.argument = node.name.value

    def leave_argument(self, *_: Any) -> None:
        self.argument = None

    def report_error(self, error: GraphQLError) -> None:
        where = f"Argument '{self.argument}': " if self.argument else ""
        super().report_error(GraphQLError(f"{where}{_unread_integer(error) or error.message}", error.nodes))


def _unread_integer(error: GraphQLError) -> str | None:
    """An integer of more digits than Python reads fails within it, which tells of Python."""
    node = error.nodes[0] if error.nodes else None
    if not isinstance(node, IntValueNode) or not isinstance(error.original_error, ValueError):
        return None
    return f"Int cannot represent non 32-bit signed integer value, of {len(node.value.lstrip('-')):,} digits."


RULES: Collection[type[ASTValidationRule]] = tuple(
    ArgumentValuesRule if rule is ValuesRule else rule for rule in specified_rules
)


def bounded_rules(comparisons: int) -> Collection[type[ASTValidationRule]]:
    """Whether fields can be merged is found by comparing each pair: it takes quadratic time, until it is told."""

    class MergedFieldsRule(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = comparisons

        def enter_selection_set(self, node: SelectionSetNode, *place: Any) -> None:
            try:
                super().enter_selection_set(node, *place)
            except ValidationAbortedError:
                if self.rule_context.remaining_complexity_budget >= 0:
                    raise
                error = invalid("query", f"has fields to merge that take more than {comparisons:,} comparisons")
                raise ValidationAbortedError(error.message, original_error=error) from None

    return tuple(MergedFieldsRule if rule is OverlappingFieldsCanBeMergedRule else rule for rule in RULES)


class Validation:
    """Of documents against one schema. Suggestions and the values of enums are told where the limits let them be."""

    def __init__(self, schema: GraphQLSchema, limits: DocumentLimits) -> None:
        self.schema = schema
        self.limits = limits
        self._checking = Checking(schema, bounded_rules(limits.comparisons))

    def errors(self, document: DocumentNode) -> list[GraphQLError]:
        limits = self.limits
        return self._checking.errors(document, max_errors=limits.errors, hide_suggestions=not limits.suggestions)

    def told(self, error: GraphQLError) -> GraphQLError:
        """A request error as a client sees it."""
        if _TOO_MANY.match(error.message):
            return GraphQLError(f"There are more errors: only {self.limits.errors} are told.", path=error.path)
        if _TOO_DEEP.search(error.message):
            return refusal(f"is nested too deeply; at most {MAX_NESTING_DEPTH} levels are parsed")
        shown = explained(error, self.schema) if self.limits.introspection else error
        return shown if len(shown.message) <= MAX_MESSAGE else shortened(shown)


def shortened(error: GraphQLError) -> GraphQLError:
    message = f"{error.message[: MAX_MESSAGE - MESSAGE_END - 1]}…{error.message[-MESSAGE_END:]}"
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, error.original_error, error.extensions
    )


def explained(error: GraphQLError, schema: GraphQLSchema) -> GraphQLError:
    """With the values that an enum takes, where the error is about another one."""
    found = _UNKNOWN_ENUM_VALUE.search(error.message)
    enum = schema.get_type(found[1]) if found else None
    if not isinstance(enum, GraphQLEnumType):
        return error
    return GraphQLError(f"{error.message} It takes {', '.join(enum.values)}.", error.nodes, path=error.path)
