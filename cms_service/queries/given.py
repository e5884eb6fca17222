"""Values as a relation, so that one statement takes however many there are."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, Text, Uuid, column, func, literal
from sqlalchemy.sql.selectable import NamedFromClause
from sqlalchemy.types import TypeEngine

UUIDS, TEXTS = Uuid(), Text()


def given(name: str, **columns: tuple[TypeEngine[Any], Sequence[Any]]) -> NamedFromClause:
    """Columns of one length, and `nth`: the place of each row, from 1."""
    arrays = [literal(list(values), ARRAY(kind, dimensions=1)) for kind, values in columns.values()]
    typed = [column(each, kind) for each, (kind, _) in columns.items()]
    return func.unnest(*arrays).table_valued(*typed, with_ordinality="nth", name=name).render_derived()
