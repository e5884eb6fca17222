"""Relay's forward connections, with `nodes` and `totalCount`, over the pages that the services answer."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry

from kit.errors import invalid
from kit.paging import MAX_LIMIT, MAX_OFFSET

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this item.")
    node: T


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]]
    nodes: list[T] = strawberry.field(description="The items without their edges.")
    page_info: PageInfo
    total_count: int = strawberry.field(description="Length of the whole list.")


@dataclass(frozen=True, slots=True)
class Window:
    """The page that a field's arguments ask for, checked."""

    first: int
    after: str | None
    offset: int

    @property
    def has_previous(self) -> bool:
        return self.after is not None or self.offset > 0


def window(first: int | None, after: str | None, offset: int | None) -> Window:
    """Absent and null are the default. Raises ValidationError that names the argument and its limits."""
    asked = Window(20 if first is None else first, None if after is strawberry.UNSET else after, offset or 0)
    if not 1 <= asked.first <= MAX_LIMIT:
        raise invalid("first", f"must be from 1 to {MAX_LIMIT}, not {asked.first}")
    if not 0 <= asked.offset <= MAX_OFFSET:
        raise invalid("offset", f"must be from 0 to {MAX_OFFSET}, not {asked.offset}")
    if asked.offset and asked.after is not None:
        raise invalid("offset", "must be 0 together with after")
    return asked


def connect(nodes: list[T], cursors: list[str], total: int, *, has_next: bool, has_previous: bool) -> Connection[T]:
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        total_count=total,
    )
