"""Our way through the rules, and graphql-core's own: the same errors, in the same order."""

import random
import re
from collections.abc import Iterator

import pytest
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLFormattedError,
    GraphQLSyntaxError,
    build_schema,
    parse,
    validate,
    visit,
)
from graphql import Visitor as GraphQLVisitor
from graphql.language.visitor import BREAK, SKIP
from graphql.validation import ASTValidationRule

from gateway.checking import UNSEEN, Checking
from gateway.documents import document
from gateway.schema import schema
from gateway.validation import RULES

GRAPH = schema._schema
FRAGMENTS = """
query One($first: Int = 3, $skip: Boolean!, $ids: [ID!]) @skip(if: $skip) {
  batches(first: $first) { nodes { ...Row ... on Batch @include(if: $skip) { id: title } } totalCount }
  again: batches(first: 4, status: [COMPLETED_SUCCESSFULLY]) { nodes { ...Row } }
  __schema { types { name fields { name type { kind } } } }
}
query Two($after: String) { batches(after: $after) { pageInfo { endCursor } nodes { ...Class } } }
fragment Row on Batch { id status ...Class }
fragment Class on Batch { classInfo { className ...Name } }
fragment Name on Class { classId }
"""
DOCUMENTS = (FRAGMENTS, *map(document, ("dashboard", "batch_page", "class_page", "students_page")))
_QUOTED = re.compile(r"'[^']*'|[0-9]+")
_TOKEN = re.compile(r'"[^"]*"|\.\.\.|[\w$@]+|\S')


def told(errors: list[GraphQLError]) -> list[GraphQLFormattedError]:
    return [each.formatted for each in errors]


def broken(seed: int) -> Iterator[DocumentNode]:
    """Documents with some of their words gone, doubled or in each other's place, where they can be parsed still."""
    chance = random.Random(seed)  # noqa: S311
    for text in DOCUMENTS:
        words = _TOKEN.findall(text)
        for _ in range(40):
            changed = [*words]
            for _ in range(chance.randint(1, 4)):
                at, other = chance.randrange(len(changed)), chance.randrange(len(changed))
                match chance.randint(0, 3):
                    case 0:
                        del changed[at]
                    case 1:
                        changed.insert(other, changed[at])
                    case 2:
                        changed[at] = "unheardOf"
                    case _:
                        changed[at] = changed[other]
            try:
                yield parse(" ".join(changed))
            except GraphQLSyntaxError:
                continue


@pytest.mark.parametrize("seed", range(5))
def test_broken_documents_have_the_same_errors(seed: int) -> None:
    checking, met = Checking(GRAPH, RULES), set()
    for each in broken(seed):
        expected = validate(GRAPH, each, RULES, max_errors=7, hide_suggestions=bool(seed % 2))
        found = checking.errors(each, max_errors=7, hide_suggestions=bool(seed % 2))
        assert told(found) == told(expected)
        met |= {_QUOTED.sub("", error.message) for error in found}
    assert len(met) >= 8


@pytest.mark.parametrize("text", DOCUMENTS)
def test_valid_ones_have_none(text: str) -> None:
    document = parse(text)
    assert told(Checking(GRAPH, RULES).errors(document, max_errors=5, hide_suggestions=False)) == told(
        validate(GRAPH, document, RULES)
    )


def test_fragments_within_fragments_are_not_followed_too_deep() -> None:
    deep = " ".join(f"fragment F{each} on Class {{ ...F{each + 1} }}" for each in range(900))
    text = f"{{ batches {{ nodes {{ classInfo {{ ...F0 }} }} }} }} {deep} fragment F900 on Class {{ classId }}"
    document = parse(text)
    expected = told(validate(GRAPH, document, RULES))
    assert told(Checking(GRAPH, RULES).errors(document, max_errors=100, hide_suggestions=False)) == expected
    assert expected == [{"message": "Validation aborted."}]


def test_no_rule_looks_at_what_is_not_visited() -> None:
    class Names(GraphQLVisitor):
        def __init__(self) -> None:
            super().__init__()
            self.keys: set[str] = set()

        def enter_name(self, _: object, key: str, *__: object) -> None:
            self.keys.add(key)

    names = Names()
    visit(parse(FRAGMENTS), names)
    assert names.keys == UNSEEN
    every = [each for each in RULES if any(hasattr(each, f"{way}_name") for way in ("enter", "leave"))]
    assert every == []


def test_what_one_rule_skips_the_others_see() -> None:
    """And which is done sees nothing more."""
    seen: list[str] = []

    class Skips(ASTValidationRule):
        def enter_field(self, node: object, *_: object) -> object:
            seen.append(f"skips {node.name.value}")  # type: ignore[attr-defined]
            return SKIP if node.name.value == "a" else None  # type: ignore[attr-defined]

        def leave_field(self, node: object, *_: object) -> None:
            seen.append(f"skips left {node.name.value}")  # type: ignore[attr-defined]

    class Ends(ASTValidationRule):
        def enter_field(self, node: object, *_: object) -> None:
            seen.append(f"ends {node.name.value}")  # type: ignore[attr-defined]

        def leave_field(self, node: object, *_: object) -> object:
            return BREAK if node.name.value == "b" else None  # type: ignore[attr-defined]

    graph, document = build_schema("type Query { a: Query b: Query c: Int }"), parse("{ a { b { c } } c }")
    validate(graph, document, [Skips, Ends])
    expected = [*seen]
    seen.clear()
    Checking(graph, [Skips, Ends]).errors(document, max_errors=1, hide_suggestions=False)
    assert seen == expected
    assert seen == ["skips a", "ends a", "ends b", "ends c", "skips c", "skips left c"]
