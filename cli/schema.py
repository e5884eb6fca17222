"""`schema`: the graph as its clients see it, in the schema definition language, and what changed of it."""

from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path

from cli.errors import CommandError
from cli.schema_base import FILE, base_of
from cli.schema_review import NOTICE, Judged, listed_changes, review
from gateway.schema import schema as graph

LISTED = Path("docs/breaking-changes.toml")


def schema(*, check: bool, changes: bool = False, base: str | None = None) -> int:
    printed = f"{graph.as_str()}\n"
    if changes:
        return _review(printed, base, check=check)
    if check:
        _compare(printed)
    else:
        print(printed, end="")
    return 0


def _compare(printed: str) -> None:
    file = Path(FILE)
    try:
        committed = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CommandError(f"there is no {file} here: `make schema` writes it") from None
    if committed != printed:
        changes = unified_diff(committed.splitlines(), printed.splitlines(), str(file), "the schema", lineterm="", n=1)
        raise CommandError("\n".join([f"{file} is not the schema: `make schema` writes it", *changes]))


def _review(printed: str, ref: str | None, *, check: bool) -> int:
    base = base_of(printed, ref)
    if base is None:
        print(f"The history that is here has no other {FILE} to compare with.")
        return 0
    judged = review(base.schema, printed, listed_changes(LISTED), datetime.now(UTC).date())
    print("\n".join([f"Changes since {base.name}: {len(judged) or 'none'}", *map(_line, judged)]))
    refused = [each.change for each in judged if each.refused]
    if refused and check:
        told = f"a breaking change needs {NOTICE.days} days of deprecation, or a reason in {LISTED}"
        raise CommandError("\n".join([told, *refused]))
    return 0


def _line(each: Judged) -> str:
    because = "not allowed" if each.refused else each.allowed
    return f"  {each.mark:9}  {each.change}{f' ({because})' if because else ''}"
