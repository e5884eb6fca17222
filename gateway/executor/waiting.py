"""Lines by which objects wait for their bulk fields: a list's items together, in lists of them and of their sources."""

from collections.abc import Iterator

from gateway.executor.plan import Selection


def places_of(selection: Selection) -> list[int]:
    """Of the bulk fields among its own."""
    return [each.bulk.index for each in selection.fields if each.bulk]


def alone(selection: Selection, path: str) -> Iterator[str]:
    """`found`, made of `source`."""
    for index in places_of(selection):
        yield f"alone, sources = run.waiting[{index}]"
        yield f"alone.append(((found,), {path}, None))"
        yield "sources.append(source)"


def together(selection: Selection) -> Iterator[str]:
    """All `items` that do not yet; the next one is to wait alone, if it does."""
    if places_of(selection):
        yield f"first = run.wait({places_of(selection)}, here, items, values, first)"
