"""Each root field, and each field of each type below: the owner reads it, and to another teacher it does not exist."""

import httpx
import pytest

from tests.support.callers import ARGUMENTS, mentioned, query_of, told_to, unknown
from tests.support.given import OTHER, TEACHER
from tests.support.school import School
from tests.support.whole_documents import document, object_type, roots, selection, told, ways

WAYS = ways(("batch", "class", "student"))


def test_the_table_is_the_schema_s() -> None:
    assert [*ARGUMENTS] == roots("Query")
    assert WAYS.keys() >= {"Credits", "Course", "PhaseResult", "StudentAssociationEdge", "SchoolClassEdge"}


@pytest.mark.parametrize("name", roots("Query"))
async def test_the_owner_reads(gateway: httpx.AsyncClient, owned: School, name: str) -> None:
    answer = await told_to(gateway, TEACHER, query_of(name, owned))
    assert "errors" not in answer
    found = answer["data"][name]
    assert found
    assert None not in (found if isinstance(found, list) else [found])


@pytest.mark.parametrize("name", roots("Query"))
async def test_another_teacher_is_told_what_is_told_of_nothing(
    gateway: httpx.AsyncClient, owned: School, others: School, name: str
) -> None:
    answer = await told_to(gateway, OTHER, query_of(name, owned))
    assert not mentioned(owned, answer)
    assert answer == await told_to(gateway, OTHER, query_of(name, unknown(owned)))
    if ARGUMENTS[name](owned):
        assert "errors" not in answer
        found = answer["data"][name]
        assert set(found if isinstance(found, list) else [found]) == {None}


@pytest.mark.parametrize("of", WAYS)
async def test_every_field_of_a_type_tells_its_owner_and_nobody_else(
    gateway: httpx.AsyncClient, owned: School, others: School, of: str
) -> None:
    way, inside = WAYS[of], selection(object_type(of), 1)
    arguments = ARGUMENTS[way[0]]

    answer = await told_to(gateway, TEACHER, document(way, arguments(owned), inside))
    assert "errors" not in answer
    assert {f"{of}.{name}" for name in object_type(of).fields} - set(told(answer["data"])) == set()

    hidden = await told_to(gateway, OTHER, document(way, arguments(owned), inside))
    assert not mentioned(owned, hidden)
    assert hidden == await told_to(gateway, OTHER, document(way, arguments(unknown(owned)), inside))
