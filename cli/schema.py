"""`schema`: the graph as its clients see it, in the schema definition language."""

from difflib import unified_diff
from pathlib import Path

from cli.errors import CommandError
from gateway.schema import schema as graph

_FILE = Path("schema.graphql")


def schema(*, check: bool) -> int:
    printed = f"{graph.as_str()}\n"
    if check:
        _compare(printed)
    else:
        print(printed, end="")
    return 0


def _compare(printed: str) -> None:
    try:
        committed = _FILE.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CommandError(f"there is no {_FILE} here: `make schema` writes it") from None
    if committed != printed:
        changes = unified_diff(committed.splitlines(), printed.splitlines(), str(_FILE), "the schema", lineterm="", n=1)
        raise CommandError("\n".join([f"{_FILE} is not the schema: `make schema` writes it", *changes]))
