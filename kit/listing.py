"""Pages of one list, each with the length of the whole, in one statement."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import Integer, Label, Select, SQLColumnExpression, bindparam, func, select, true, tuple_

from kit.driver import Prepared, Reading
from kit.keyed import Page
from kit.paging import Window

T = TypeVar("T")
Columns = Sequence[SQLColumnExpression[Any]]


class ListQuery(Generic[T]):
    """Made once: to build such a statement takes longer than to send it.

    `listed` has the list's rows, by `select().select_from(…)`, with parameters by name; `keys` sort them and are unique
    together; `item` takes the columns.
    """

    def __init__(
        self,
        listed: Select[*tuple[Any, ...]],
        *,
        keys: Columns,
        columns: Columns,
        item: Callable[..., T],
        newest_first: bool = False,
    ) -> None:
        self._item = item
        self._end = 1 + len(keys)
        key, after = (
            tuple_(*keys),
            tuple_(*(bindparam(f"after_{n}", type_=each.label(None).type) for n, each in enumerate(keys))),
        )
        following = listed.where(key < after if newest_first else key > after)
        total = listed.with_only_columns(func.count().label("total"))
        page = _pages(keys, columns, newest_first=newest_first)
        self._from_start, self._following = Prepared(page(total, listed)), Prepared(page(total, following))

    async def read(self, connection: Reading, window: Window, **values: Any) -> Page[T]:
        """`values` are the parameters of `listed`."""
        after = {} if window.after is None else {f"after_{n}": each for n, each in enumerate(window.after)}
        statement = self._following if after else self._from_start
        size = {"page_limit": window.limit + 1, "page_offset": window.offset}
        rows = await statement.rows(connection, **values, **after, **size)
        found = [row for row in rows if row[1] is not None][: window.limit]
        return Page(
            items=[self._item(*row[self._end :]) for row in found],
            keys=[tuple(row[1 : self._end]) for row in found],
            total=rows[0][0],
            more=len(rows) > window.limit,
        )


AnySelect = Select[*tuple[Any, ...]]


def _pages(keys: Columns, columns: Columns, *, newest_first: bool) -> Callable[[AnySelect, AnySelect], AnySelect]:
    """A page holds one row more than it is asked for when there are more."""
    named: list[Label[Any]] = [each.label(f"column_{n}") for n, each in enumerate((*keys, *columns))]

    def statement(total: AnySelect, listed: AnySelect) -> AnySelect:
        counted, page = (
            total.subquery("counted"),
            (
                listed.with_only_columns(*named)
                .order_by(*(each.desc() if newest_first else each for each in keys))
                .offset(bindparam("page_offset", type_=Integer))
                .limit(bindparam("page_limit", type_=Integer))
                .subquery("page")
            ),
        )
        in_page = list(page.c)
        # One statement is one snapshot; the outer join keeps the total of a page without rows.
        return (
            select(counted.c.total, *in_page)
            .join_from(counted, page, true(), isouter=True)
            .order_by(*(each.desc() if newest_first else each for each in in_page[: len(keys)]))
        )

    return statement
