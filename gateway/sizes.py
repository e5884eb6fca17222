"""How many items a list has at most, by the argument that sizes it."""

from typing import Any

from graphql import Undefined

from gateway.schema.query import MAX_NODES
from gateway.windows import DEFAULT_FIRST
from kit.paging import MAX_LIMIT


def page_length(first: Any) -> int:
    """Undefined is a value that is not known. What the field would refuse counts as the nearest that it takes."""
    if first is None:
        return DEFAULT_FIRST
    return min(max(first, 1), MAX_LIMIT) if type(first) is int else MAX_LIMIT


def ids_length(ids: Any) -> int:
    """Where a list is due one item is a list of it. Undefined is a value that is not known."""
    length = len(ids) if isinstance(ids, list) else 1
    return MAX_NODES if ids is Undefined else min(length, MAX_NODES)
