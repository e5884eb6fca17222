"""The specification's validation, with errors that name the argument and what it takes."""

import re
from collections.abc import Collection
from typing import Any

from graphql import ArgumentNode, GraphQLEnumType, GraphQLError, GraphQLSchema, specified_rules
from graphql.validation import ASTValidationRule, ValuesOfCorrectTypeRule

_UNKNOWN_ENUM_VALUE = re.compile(r"does not exist in '(\w+)' enum")


class ArgumentValuesRule(ValuesOfCorrectTypeRule):
    argument: str | None = None

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        self.argument = node.name.value

    def leave_argument(self, *_: Any) -> None:
        self.argument = None

    def report_error(self, error: GraphQLError) -> None:
        where = f"Argument '{self.argument}': " if self.argument else ""
        super().report_error(GraphQLError(f"{where}{error.message}", error.nodes))


RULES: Collection[type[ASTValidationRule]] = tuple(
    ArgumentValuesRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)


def explained(error: GraphQLError, schema: GraphQLSchema) -> GraphQLError:
    """With the values that an enum takes, where the error is about another one."""
    found = _UNKNOWN_ENUM_VALUE.search(error.message)
    enum = schema.get_type(found[1]) if found else None
    if not isinstance(enum, GraphQLEnumType):
        return error
    return GraphQLError(f"{error.message} It takes {', '.join(enum.values)}.", error.nodes, path=error.path)
