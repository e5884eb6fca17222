"""graphql-core's `validate` in less than half of its time: which rule looks at which kind of node is found once.

No rule looks at names, of which a document has as many as of all other nodes together.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    Node,
    TypeInfo,
    Visitor,
    assert_valid_schema,
    visit,
)
from graphql.language.visitor import BREAK, EnterLeaveVisitor
from graphql.validation import ASTValidationRule, ValidationContext
from graphql.validation.validate import (
    FragmentNestingVisitor,
    ValidationAbortedError,
    query_document_keys_to_validate,
)

UNSEEN = frozenset({"name", "alias"})
_KEYS = {
    kind: tuple(key for key in keys if key not in UNSEEN) for kind, keys in query_document_keys_to_validate.items()
}
_DONE = (BREAK, True)
_Visit = Callable[..., Any]
_Look = tuple[int, _Visit]
_Handlers = Sequence[tuple[int, str]]
"""Of a kind of node: the number of each rule that looks at it, with its method's name."""


class Checking:
    """Of documents, by the same rules."""

    def __init__(self, schema: GraphQLSchema, rules: Collection[type[ASTValidationRule]]) -> None:
        assert_valid_schema(schema)
        self.schema = schema
        self.rules: tuple[type[Visitor], ...] = (FragmentNestingVisitor, *rules)
        self._handlers: dict[str, tuple[_Handlers, _Handlers]] = {}

    def errors(self, document: DocumentNode, *, max_errors: int, hide_suggestions: bool) -> list[GraphQLError]:
        errors: list[GraphQLError] = []
        types = TypeInfo(self.schema)

        def found(error: GraphQLError) -> None:
            if len(errors) >= max_errors:
                raise ValidationAbortedError("Too many validation errors, error limit reached. Validation aborted.")
            errors.append(error)

        context = ValidationContext(self.schema, document, types, found, hide_suggestions)
        fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
        _, *rules = self.rules
        made: list[Visitor] = [FragmentNestingVisitor(fragments), *[each(context) for each in rules]]  # type: ignore[call-arg]
        try:
            visit(document, _Together(made, types, self), _KEYS)
        except ValidationAbortedError as error:
            error.__context__ = None
            errors.append(error.with_traceback(None))
        except RecursionError:
            errors.append(ValidationAbortedError("Validation aborted."))
        return errors

    def handlers(self, kind: str) -> tuple[_Handlers, _Handlers]:
        """Of rules that enter such a node, and that leave it."""
        known = self._handlers.get(kind)
        if known is None:
            known = self._handlers[kind] = self._named("enter", kind), self._named("leave", kind)
        return known

    def _named(self, way: str, kind: str) -> _Handlers:
        """A method for any kind of node is for those that the rule has no method for."""
        every = [(number, rule, f"{way}_{kind}") for number, rule in enumerate(self.rules)]
        names = [(number, rule, name if hasattr(rule, name) else way) for number, rule, name in every]
        return [(number, name) for number, rule, name in names if hasattr(rule, name)]


class _Together(Visitor):
    """The rules for one document. What one of them skips, the others see."""

    def __init__(self, rules: Sequence[Visitor], types: TypeInfo, checking: Checking) -> None:
        super().__init__()
        self._rules = rules
        self._types = types
        self._checking = checking
        self._skipped: dict[int, Any] = {}
        """By number of the rule the node that it is not to see the inside of, or BREAK."""

    def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
        return self.enter_leave_map.get(kind) or self._made(kind)

    def _made(self, kind: str) -> EnterLeaveVisitor:
        enters, leaves = (
            [(number, getattr(self._rules[number], name)) for number, name in each]
            for each in self._checking.handlers(kind)
        )
        begin, end = (getattr(self._types, f"{way}_{kind}", None) for way in ("enter", "leave"))
        made = EnterLeaveVisitor(_entering(begin, enters, self._skipped), _leaving(leaves, end, self._skipped))
        self.enter_leave_map[kind] = made
        return made


def _entering(begin: Callable[[Node], None] | None, looks: Sequence[_Look], skipped: dict[int, Any]) -> _Visit:
    def enter(node: Node, *place: Any) -> None:
        if begin:
            begin(node)
        for number, look in looks:
            if number not in skipped and (said := look(node, *place)) is not None:
                skipped[number] = BREAK if said in _DONE else node

    return enter


def _leaving(looks: Sequence[_Look], end: Callable[[], None] | None, skipped: dict[int, Any]) -> _Visit:
    def leave(node: Node, *place: Any) -> None:
        for number, look in looks:
            if number not in skipped and look(node, *place) in _DONE:
                skipped[number] = BREAK
        for number in [each for each, at in skipped.items() if at is node] if skipped else ():
            del skipped[number]
        if end:
            end()

    return leave
