"""Paths as the plan's functions hand them on, which become graphql-core's only where one is needed."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from graphql.pyutils import Path

from gateway.executor.plan import Selected

Chain: TypeAlias = tuple[Any, str | int, str | None]
"""(previous, key, type name); a Path is one, too."""

Objects: TypeAlias = tuple[Sequence[dict[str, Any]], Chain, int | None]
"""Those made of successive items of the list that is there, with the number of the first; or one object, and None."""


def path_of(chain: Chain | None) -> Path | None:
    return None if chain is None else chained(chain)


def chained(chain: Chain) -> Path:
    return Path(path_of(chain[0]), chain[1], chain[2])


def path_at(field: Selected, chain: Chain | None) -> Path:
    """Of a field of the object there."""
    return Path(path_of(chain), field.key, field.parent.name)


def of_first(objects: Objects) -> Chain:
    _, chain, first = objects
    return chain if first is None else (chain, first, None)
