"""The ids and deadlines that go from service to service."""

import time
from uuid import UUID

import pytest

from kit.call import begin_call


def test_an_id_is_made_as_uuid4_makes_it() -> None:
    made = {begin_call(None, None, 10).correlation_id for _ in range(500)}
    assert len(made) == 500
    for each in made:
        known = UUID(each)
        assert (str(known), known.version, known.variant) == (each, 4, "specified in RFC 4122")
    assert {each[19] for each in made} == set("89ab")


@pytest.mark.parametrize(
    "given", ["", "7", "{7e9bb0b4-5ce3-4d5d-9a52-7e9bb0b45ce3}", "7e9bb0b4-5ce3-4d5d-9a52-7e9bb0b45ce３"]
)
def test_what_is_no_id_is_replaced(given: str) -> None:
    assert str(UUID(begin_call(given, None, 10).correlation_id)) != given


def test_an_id_is_kept_in_small_letters() -> None:
    given = "7E9BB0B4-5CE3-4D5D-9A52-7E9BB0B45CE3"
    assert begin_call(given, None, 10).correlation_id == given.lower()


def test_another_deadline_changes_nothing_else() -> None:
    call = begin_call(None, f"00-{'a' * 32}-{'b' * 16}-01", 10)
    later = call.until(time.monotonic() + 60)
    assert (later.correlation_id, later.traceparent) == (call.correlation_id, call.traceparent)
    assert 59 < later.remaining() <= 60
    assert 9 < call.remaining() <= 10
