"""Each mutation: the owner's changes something, and another teacher's changes nothing of the owner's."""

import httpx
import pytest

from tests.gateway.callers.conftest import Stored
from tests.support.callers import mentioned, mutation_of, told_to, unknown
from tests.support.changes import CHANGES
from tests.support.given import OTHER, TEACHER
from tests.support.school import School
from tests.support.whole_documents import roots

OF_SCHOOLS = [each for each in roots("Mutation") if CHANGES[each].of_school]
FOR_EVERYBODY = [each for each in roots("Mutation") if not CHANGES[each].of_school]


def test_the_table_is_the_schema_s() -> None:
    assert [*CHANGES] == roots("Mutation")
    assert FOR_EVERYBODY == ["createClass"]


@pytest.mark.parametrize("name", roots("Mutation"))
async def test_the_owner_changes(gateway: httpx.AsyncClient, owned: School, stored: Stored, name: str) -> None:
    before = await stored()
    answer = await told_to(gateway, TEACHER, mutation_of(name), input=CHANGES[name].by_owner(owned))
    assert "errors" not in answer
    payload = answer["data"][name]
    assert payload.pop("userErrors") == []
    assert None not in payload.values()
    assert await stored() != before


@pytest.mark.parametrize("name", OF_SCHOOLS)
async def test_another_teacher_changes_nothing(
    gateway: httpx.AsyncClient, owned: School, others: School, stored: Stored, name: str
) -> None:
    change, nobodys = CHANGES[name], unknown(owned)
    pairs = [(change.by_owner(owned), change.by_owner(nobodys))]
    pairs += [(attempt(owned, others), attempt(nobodys, others)) for attempt in change.attempts]
    before = await stored()
    for of_owner, of_nobody in pairs:
        answer = await told_to(gateway, OTHER, mutation_of(name), input=of_owner)
        assert "errors" not in answer
        errors = answer["data"][name]["userErrors"]
        assert {each["code"] for each in errors} == {"RESOURCE_NOT_FOUND"}
        assert not mentioned(owned, answer)
        assert answer == await told_to(gateway, OTHER, mutation_of(name), input=of_nobody)
        assert await stored() == before


@pytest.mark.parametrize("name", FOR_EVERYBODY)
async def test_what_another_teacher_makes_leaves_the_owner_s_alone(
    gateway: httpx.AsyncClient, owned: School, stored: Stored, name: str
) -> None:
    before = await stored()
    answer = await told_to(gateway, OTHER, mutation_of(name), input=CHANGES[name].by_owner(owned))
    assert not mentioned(owned, answer)
    after = await stored()
    assert [table for table, kept in before.items() if any(row not in after[table] for row in kept)] == []
    assert after != before
