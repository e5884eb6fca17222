"""Edges that are read by key: one definition, for a parent alone and for all parents of a level."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, TypeVar

import strawberry

from gateway.context import GraphInfo
from gateway.executor import bulk
from gateway.loaders import Loaders
from gateway.loading import Loader
from gateway.schema.connection import After, First, Listed, Page, connect_found, page_of_parent
from gateway.windows import DEFAULT_FIRST, Window, window

V = TypeVar("V")


Read = Callable[[Loader[Any, Any], Sequence[Any]], Awaitable[Sequence[Any]]]
"""A value or an exception for each key."""
Edges = Callable[[Sequence[Any], Loaders, Read], Awaitable[Sequence[Any]]]
"""A value or an exception for each parent."""
PagesOf = Callable[[Sequence[Any], Loaders, Read, Window], Awaitable[Sequence[Any]]]


def edge(resolve: Edges, **told: Any) -> Any:
    """A nullable field. `told` is what Strawberry's `field` takes."""

    async def one(root: Any, info: GraphInfo) -> Any:
        return of_one(await resolve([root], info.context.loaders, reading(info)))

    def of_all(roots: Sequence[Any], info: GraphInfo) -> Awaitable[Sequence[Any]]:
        return resolve(roots, info.context.loaders, Loader.load_all)

    return strawberry.field(resolver=one, metadata=bulk(of_all), **told)


def page_edge(resolve: PagesOf, **told: Any) -> Any:
    """The same with a window."""

    async def one(root: Any, info: GraphInfo, first: First = DEFAULT_FIRST, after: After = strawberry.UNSET) -> Any:
        return of_one(await resolve([root], info.context.loaders, reading(info), window(first, after)))

    def of_all(
        roots: Sequence[Any], info: GraphInfo, first: int | None = DEFAULT_FIRST, after: str | None = strawberry.UNSET
    ) -> Awaitable[Sequence[Any]]:
        return resolve(roots, info.context.loaders, Loader.load_all, window(first, after))

    return strawberry.field(resolver=one, metadata=bulk(of_all), **told)


def reading(info: GraphInfo) -> Read:
    """For one of a field's parents: the loader brings it together with the others."""

    async def read(loader: Loader[Any, Any], keys: Sequence[Any]) -> Sequence[Any]:
        found = await asyncio.gather(*(loader.load(info, key) for key in keys), return_exceptions=True)
        return [raised(each) if isinstance(each, asyncio.CancelledError) else each for each in found]

    return read


def raised(error: BaseException) -> Any:
    raise error


def of_one(values: Sequence[Any]) -> Any:
    [value] = values
    return raised(value) if isinstance(value, Exception) else value


async def where_known(read: Read, loader: Loader[Any, Any], keys: Sequence[Any]) -> Sequence[Any]:
    found = iter(await read(loader, [each for each in keys if each is not None]))
    return [None if each is None else next(found) for each in keys]


def pages(found: Iterable[Page[V] | Exception], asked: Window) -> Sequence[Listed[V] | Exception]:
    return [each if isinstance(each, Exception) else page_of_parent(each, asked) for each in found]


async def lists(
    read: Read, loader: Loader[Any, V | None], keys: Sequence[Sequence[Any] | Exception]
) -> Sequence[list[V | None] | Exception]:
    """Of each parent what its keys name; the first of them that failed fails the list."""
    found = iter(await read(loader, [key for each in keys if not isinstance(each, Exception) for key in each]))
    return [each if isinstance(each, Exception) else whole([next(found) for _ in each]) for each in keys]


def whole(values: list[Any]) -> list[Any] | Exception:
    return next((each for each in values if isinstance(each, Exception)), values)


async def pages_of_keys(
    read: Read,
    loader: Loader[Any, V | None],
    found: Sequence[Page[Any] | Exception],
    key: Callable[[Any], Any],
    asked: Window,
) -> Sequence[Listed[V] | Exception]:
    """Of pages that name their items: what cannot be found is left out."""
    keys = [each if isinstance(each, Exception) else [key(item) for item in each.items] for each in found]
    nodes = await lists(read, loader, keys)
    return [
        page if isinstance(page, Exception) else of if isinstance(of, Exception) else connect_found(of, page, asked)
        for page, of in zip(found, nodes, strict=True)
    ]
