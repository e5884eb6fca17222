"""What a change of the schema means to clients, and whether it may be made.

A breaking change may be made when it takes away only what was deprecated long enough, or when
docs/breaking-changes.toml lists it with a reason.
"""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from graphql import (
    REMOVE,
    GraphQLInterfaceType,
    GraphQLSchema,
    Visitor,
    build_ast_schema,
    build_schema,
    is_object_type,
    parse,
    specified_scalar_types,
    visit,
)
from graphql.utilities import BreakingChange, DangerousChange, SafeChangeType, SchemaChange, find_schema_changes

from cli.errors import CommandError

NOTICE = timedelta(days=90)
"""How long a client has between the day in a deprecation's reason and the removal."""
_OF_THE_LANGUAGE = {
    change.format(name)
    for name in specified_scalar_types
    for change in ("{} was added.", "Standard scalar {} was removed because it is not referenced anymore.")
}
_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclass(frozen=True, slots=True)
class Judged:
    """`allowed` says why a breaking change may be made, and is None where it may not."""

    change: str
    mark: str
    allowed: str | None = None

    @property
    def refused(self) -> bool:
        return self.mark == BREAKING and self.allowed is None


BREAKING, DANGEROUS, SAFE = "BREAKING", "dangerous", "safe"


def review(base: str, new: str, listed: Mapping[str, str], today: date) -> list[Judged]:
    """Of two schemas, in this order of marks; changed descriptions are left out. `listed` has reasons by change."""
    current = build_schema(new)
    still_promised = {each.description for each in _changes(promised(base, today), current)}
    found = [_judged(each, listed, still_promised) for each in _changes(build_schema(base), current)]
    return sorted(found, key=lambda each: ([BREAKING, DANGEROUS, SAFE].index(each.mark), each.change))


def _changes(base: GraphQLSchema, new: GraphQLSchema) -> Iterator[SchemaChange]:
    for each in find_schema_changes(base, new):
        # A scalar of the language comes and goes with its first and last field.
        if each.type is not SafeChangeType.DESCRIPTION_CHANGED and each.description not in _OF_THE_LANGUAGE:
            yield each


def _judged(change: SchemaChange, listed: Mapping[str, str], still_promised: Collection[str]) -> Judged:
    said = change.description
    if isinstance(change, DangerousChange):
        return Judged(said, DANGEROUS)
    if not isinstance(change, BreakingChange):
        return Judged(said, SAFE)
    if said not in still_promised:
        return Judged(said, BREAKING, f"deprecated for {NOTICE.days} days and more")
    return Judged(said, BREAKING, f"listed: {listed[said]}" if said in listed else None)


def promised(base: str, today: date) -> GraphQLSchema:
    """The base without what was deprecated long enough, and without the types that nothing else leads to."""

    class Ripe(Visitor):
        def enter(self, node: Any, *_: Any) -> Any:
            directives = getattr(node, "directives", None) or ()
            return REMOVE if any(_ripe(each, today) for each in directives) else None

    return _reachable(build_ast_schema(visit(parse(base), Ripe()), assume_valid=True))


def _ripe(directive: Any, today: date) -> bool:
    if directive.name.value != "deprecated" or not directive.arguments:
        return False
    since = deprecated_since(directive.arguments[0].value.value)
    return since is not None and since + NOTICE <= today


def deprecated_since(reason: str) -> date | None:
    """The first day that the reason names, such as 2026-11-21."""
    found = _DAY.search(reason)
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


def _reachable(schema: GraphQLSchema) -> GraphQLSchema:
    found: list[Any] = []
    while True:
        made = GraphQLSchema(schema.query_type, schema.mutation_type, schema.subscription_type, found)
        interfaces = [each for each in made.type_map.values() if isinstance(each, GraphQLInterfaceType)]
        known = {each for one in interfaces for each in schema.get_implementations(one).objects}
        missing = [each for each in known if is_object_type(each) and each.name not in made.type_map]
        if not missing:
            return made
        found += missing


def listed_changes(file: Path) -> dict[str, str]:
    """Reasons by change. Raises CommandError for a file that says less than it must."""
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8")).get("change", [])
        return {_checked(each)["change"]: each["reason"] for each in entries}
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, TypeError, UnicodeDecodeError, CommandError) as error:
        raise CommandError(f"{file}: {error}") from None


def _checked(entry: Any) -> dict[str, Any]:
    match entry:
        case {"change": str(change), "reason": str(reason), "date": date(), **others} if not others:
            if change.strip() and reason.strip():
                return {"change": change, "reason": reason}
    raise CommandError(f"each [[change]] has a change, a reason and a date, and nothing else, unlike {entry!r}")
