"""The schema that a change is compared with, from the repository's history."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from cli.errors import CommandError

FILE = "schema.graphql"
MAIN = ("main", "origin/main")


@dataclass(frozen=True, slots=True)
class Base:
    name: str
    schema: str


def base_of(current: str, ref: str | None) -> Base | None:
    """None where history has no other schema. Raises CommandError for a `ref` that has no schema at all.

    Without `ref`: that of main where this branch left it. Where main's is the same, as on main itself, it is that of
    the newest commit that has another one.
    """
    if ref is not None:
        found = _where_left(ref)
        if found is None:
            raise CommandError(f"there is no {FILE} at {ref}", status=2)
        return found
    candidates = [*(_where_left(each) for each in MAIN), *_ancestors()]
    return next((each for each in candidates if each and each.schema != current), None)


def _where_left(ref: str) -> Base | None:
    commit = (_git("merge-base", "HEAD", ref) or "").strip() or ref
    schema = _git("show", f"{commit}:./{FILE}")
    return None if schema is None else Base(f"{ref} ({commit[:7]})" if commit != ref else ref, schema)


def _ancestors() -> Iterator[Base]:
    for commit in (_git("log", "--format=%h", "--", FILE) or "").split():
        schema = _git("show", f"{commit}:./{FILE}")
        if schema is not None:
            yield Base(f"commit {commit}", schema)


def _git(*arguments: str) -> str | None:
    """None where git, the repository or what is asked of it is missing."""
    try:
        # Whichever git the developer has.
        done = subprocess.run(["git", *arguments], capture_output=True, check=True)  # noqa: S607
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.decode("utf-8")
