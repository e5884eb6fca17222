"""Relay's forward connections, with `nodes` and `totalCount`, over the pages that the services answer."""

from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

import strawberry
from msgspec import Struct, UnsetType

from cms_service import contract as cms
from gateway.windows import Window
from kit.paging import MAX_LIMIT
from ras_service import contract as ras

T = TypeVar("T")
Page: TypeAlias = cms.KeyedPage[T] | ras.KeyedPage[T]

First = Annotated[
    int | None, strawberry.argument(description=f"How many items at most: 1 to {MAX_LIMIT}; null is the default.")
]
After = Annotated[
    str | None, strawberry.argument(description="The cursor of the item that the page follows; null begins the list.")
]
Offset = Annotated[
    int | None,
    strawberry.argument(description="How many items to skip, for page numbers; not together with `after`."),
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more items follow.")
    has_previous_page: bool = strawberry.field(description="Whether the page begins behind the first item.")
    start_cursor: str | None = strawberry.field(description="The first item's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Pass it as `after` for the next page; null on an empty page."
    )


@strawberry.type(description="An item, and where it stands in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this item.")
    node: T = strawberry.field(description="The item.")


class Ends(Struct):
    """What PageInfo tells."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


class Listed(Struct, Generic[T]):
    """What Connection tells: Python makes one in a fourth of the time."""

    nodes: list[T]
    page_info: Ends
    total_count: int
    cursors: Sequence[str]


def edges_of(root: Listed[T]) -> list[Edge[T]]:
    return [Edge(cursor=cursor, node=node) for cursor, node in zip(root.cursors, root.nodes, strict=True)]


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(resolver=edges_of, description="The items, each with its cursor.")
    nodes: list[T] = strawberry.field(description="The items without their edges.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the list.")
    total_count: int = strawberry.field(description="Length of the whole list.")


def connect(
    nodes: list[T],
    cursors: Sequence[str] | UnsetType,
    total: int,
    following: str | None,
    asked: Window,
) -> Listed[T]:
    """`following` is the last cursor when more items follow."""
    told = cursors or []
    start, end = (told[0], told[-1]) if told else (None, None)
    return Listed(nodes, Ends(following is not None, asked.has_previous, start, end), total, told)


def connect_found(nodes: Sequence[T | None], page: Page[Any], asked: Window) -> Listed[T]:
    """None among the nodes is left out, and its cursor may still be an end of the page: from there the list goes on,
    even if nothing of the page is left.
    """
    found = [node for node in nodes if node is not None]
    listed = connect(found, page.cursors, page.total, page.next, asked)
    if len(found) < len(nodes):
        told = listed.cursors
        listed.cursors = [told[n] for n, node in enumerate(nodes) if node is not None]
    return listed


def page_of_parent(page: Page[T], asked: Window) -> Listed[T]:
    return connect(page.items, page.cursors, page.total, page.next, asked)
