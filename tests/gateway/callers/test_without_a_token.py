"""Nobody, and who was somebody: 401 for every root field, and not a word more."""

import re
from collections.abc import Mapping

import httpx
import pytest

from gateway.http.tokens import development_token
from tests.gateway.callers.conftest import Stored
from tests.support.apps import GATEWAY
from tests.support.callers import asked_of
from tests.support.given import TEACHER
from tests.support.school import School
from tests.support.whole_documents import roots

CALLERS: Mapping[str, dict[str, str]] = {
    "nobody": {},
    "an expired token": {"Authorization": f"Bearer {development_token(GATEWAY, TEACHER, -1)}"},
}
ACCEPTED = {"Query": "application/json", "Mutation": "application/json", "Subscription": "text/event-stream"}


@pytest.mark.parametrize("caller", CALLERS)
async def test_without_a_valid_token_nothing_is_told_and_nothing_changes(
    gateway: httpx.AsyncClient, owned: School, stored: Stored, caller: str
) -> None:
    before = await stored()
    said = {}
    for kind, accepted in ACCEPTED.items():
        for name in roots(kind):
            headers = {"Accept": accepted} | CALLERS[caller]
            answer = await gateway.post("/graphql", json=asked_of(kind, name, owned), headers=headers)
            assert answer.status_code == 401, name
            said[name] = re.sub(r'"correlationId":"[^"]+"', "", answer.text)
    assert len(said) == sum(len(roots(kind)) for kind in ACCEPTED)
    [only] = set(said.values())
    assert "AUTHENTICATION_ERROR" in only
    assert '"data"' not in only
    assert await stored() == before
