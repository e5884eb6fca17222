"""A page of each of several lists, keyed by the lists' parent, in one statement.

A statement is made once for each of its shapes: putting one together takes longer than running it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Subquery,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kit.driver import Prepared, Reading
from kit.paging import Window, encode_cursor

T = TypeVar("T")

PARENTS = any_(bindparam("parents", type_=ARRAY(Uuid)))
"""For `column == PARENTS`."""
USER_ID = bindparam("user_id", type_=Text)
LIMIT = bindparam("limit", type_=Integer)


@dataclass(frozen=True, slots=True)
class Asked:
    """The same window of each parent's list, as far as the user's own."""

    parents: Sequence[UUID]
    user_id: str | None
    window: Window

    @property
    def shape(self) -> tuple[bool, bool]:
        """Whether it is scoped to a user, and whether it goes on after a cursor."""
        return self.user_id is not None, self.window.after is not None


@dataclass(slots=True)
class Page(Generic[T]):
    """One parent's: `keys` are what its items are sorted by, `total` counts the whole list."""

    items: list[T] = field(default_factory=list)
    keys: list[tuple[Any, ...]] = field(default_factory=list)
    total: int = 0
    more: bool = False

    @property
    def cursors(self) -> list[str]:
        return [encode_cursor(each) for each in self.keys]

    @property
    def next(self) -> str | None:
        return encode_cursor(self.keys[-1]) if self.more else None


class PageRows(NamedTuple):
    """To select `head` and then an item's columns from, in the order of `rows.c.nth`."""

    rows: Subquery
    head: tuple[ColumnElement[Any], ...]


def page_rows(listed: Subquery, keys: type[tuple[Any, ...]], *, onward: bool, newest_first: bool = False) -> PageRows:
    """`listed` has a column `parent`, and one for each field of `keys`, a NamedTuple, which are unique in a parent.

    A parent that has only rows before the cursor keeps its first one, to carry the total.
    """
    names = tuple(keys.__annotations__)
    numbered = _numbered(listed, [listed.c[name] for name in names], onward=onward, newest_first=newest_first)
    nth, passed = numbered.c.nth, numbered.c.passed
    in_page = and_(nth > passed, nth <= passed + LIMIT)
    rows = select(numbered).where(or_(nth == 1, in_page)).subquery("page")
    return PageRows(rows, (rows.c.parent, rows.c.total, rows.c.passed, rows.c.nth, *(rows.c[name] for name in names)))


def _numbered(listed: Subquery, keys: Sequence[ColumnElement[Any]], *, onward: bool, newest_first: bool) -> Subquery:
    """`passed` counts the rows of the parent that the cursor leaves behind."""
    parent, key = listed.c.parent, tuple_(*keys)
    passed: ColumnElement[int] = literal_column("0", Integer)
    if onward:
        after = tuple_(*(bindparam(f"after_{n}", type_=each.type) for n, each in enumerate(keys)))
        behind = key >= after if newest_first else key <= after
        passed = func.count().filter(behind).over(partition_by=parent)
    nth = func.row_number().over(partition_by=parent, order_by=[each.desc() if newest_first else each for each in keys])
    total = func.count().over(partition_by=parent)
    return select(listed, total.label("total"), passed.label("passed"), nth.label("nth")).subquery("numbered")


async def read_pages(
    connection: Reading,
    statement: Prepared,
    asked: Asked,
    keys: type[tuple[Any, ...]],
    item: Callable[..., T],
) -> dict[UUID, Page[T]]:
    """A page for each parent, in the order asked; `item` takes the columns after the head."""
    limit, after = asked.window.limit, asked.window.after or ()
    parameters = {"parents": asked.parents, "user_id": asked.user_id, "limit": limit}
    rows = await statement.rows(connection, **parameters, **{f"after_{n}": each for n, each in enumerate(after)})
    found: dict[UUID, Page[T]] = {parent: Page() for parent in asked.parents}
    width = 4 + len(keys.__annotations__)
    for row in rows:
        parent, total, passed, nth = row[:4]
        page = found[parent]
        page.total, page.more = total, total - passed > limit
        if nth > passed:
            page.keys.append(tuple(row[4:width]))
            page.items.append(item(*row[width:]))
    return found
