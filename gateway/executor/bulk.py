"""Fields that are resolved for all parents of a level at once, whatever the timing of what came before."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

BULK = "bulk"
"""Key in a Strawberry field's metadata."""

Bulk = Callable[..., Awaitable[Sequence[Any]]]


def bulk(resolve: Bulk) -> dict[str, Any]:
    """Metadata for a nullable field: `resolve(parents, info, **arguments)` answers a value or an exception for each.

    The field's own resolver, one parent at a time, is used where the operation is not compiled; both must agree.
    """
    return {BULK: resolve}
