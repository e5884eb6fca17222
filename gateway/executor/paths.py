"""Paths as the plan's functions hand them on, which become graphql-core's only where one is needed."""

from typing import Any, TypeAlias

from graphql.pyutils import Path

from gateway.executor.plan import Selected

Chain: TypeAlias = tuple[Any, str | int, str | None]
"""(previous, key, type name); a Path is one, too."""


def path_of(chain: Chain | None) -> Path | None:
    return None if chain is None else chained(chain)


def chained(chain: Chain) -> Path:
    return Path(path_of(chain[0]), chain[1], chain[2])


def path_at(field: Selected, chain: Chain | None) -> Path:
    """Of a field of the object there."""
    return Path(path_of(chain), field.key, field.parent.name)
