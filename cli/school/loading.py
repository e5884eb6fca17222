"""Schools into the two databases."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from cli.school.copying import Connection, connect, copy, together
from cli.school.rows import Row, School
from cli.school.sample import sample_school
from cms_service.contract import CourseCode
from cms_service.tables import Base as CmsBase
from ras_service.tables import Base as RasBase


async def load_sample(cms_url: str, ras_url: str) -> None:
    """Nothing happens when one of the databases holds a class or a batch already."""
    async with connect(cms_url) as cms, connect(ras_url) as ras:
        if await has_rows(cms, "classes") or await has_rows(ras, "batch_results"):
            return
        await load(cms, ras, sample_school())
        await together(analyze(cms, CmsBase), analyze(ras, RasBase))


async def has_rows(connection: Connection, table: str) -> bool:
    found: bool = await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608
    return found


async def load(cms: Connection, ras: Connection, school: School) -> None:
    """One transaction in each database; the two are committed one right after the other."""
    async with cms.transaction(), ras.transaction():
        await _enrol(cms, school)
        await together(_copy_all(cms, school.cms_rows()), _copy_all(ras, school.ras_rows()))


async def _copy_all(connection: Connection, tables: Iterable[Sequence[Row]]) -> None:
    for rows in tables:
        await copy(connection, rows)


async def _enrol(cms: Connection, school: School) -> None:
    ids = await course_ids(cms)
    for each in school.classes:
        each.course_id = ids[school.courses[each.id]]


async def course_ids(cms: Connection) -> dict[CourseCode, UUID]:
    rows = await cms.fetch("SELECT course_code, id FROM courses")
    return {CourseCode(row["course_code"]): row["id"] for row in rows}


async def analyze(connection: Connection, base: type[Row]) -> None:
    """The service's own tables: a role may not do more."""
    await connection.execute(f"ANALYZE {', '.join(base.metadata.tables)}")
