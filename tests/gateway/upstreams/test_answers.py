"""Which answers are taken, however they say what they are."""

from typing import Any

import pytest

from gateway.upstreams.answer import Answer
from kit.errors import ExternalServiceError
from tests.support.held import Stage, turns

pytestmark = pytest.mark.asyncio(loop_scope="function")

JSON, BODY = "application/json", b'{"a": 1}'
TAKEN = [
    Answer(200, JSON, "", BODY),
    Answer(201, JSON, "", BODY),
    Answer(200, JSON, "identity", BODY),
    Answer(200, f"{JSON}; charset=utf-8", "", BODY),
    Answer(201, f"{JSON};charset=utf-8", "identity", BODY),
]
GARBAGE = [
    Answer(200, JSON, "gzip", BODY),
    Answer(200, JSON, "identity, gzip", BODY),
    Answer(200, "text/html", "", BODY),
    Answer(200, "", "", BODY),
    Answer(200, f" {JSON}", "", BODY),
    Answer(200, JSON, "", b""),
    Answer(200, JSON, "", b'{"a": "b"}'),
    Answer(202, JSON, "", BODY),
    Answer(204, JSON, "", BODY),
    Answer(206, JSON, "", BODY),
    Answer(302, JSON, "", BODY),
]


async def answered(comes: Answer, **asked: Any) -> Any:
    stage = Stage()
    asking = stage.ask(**asked)
    await turns()
    stage.held.sent[0].reply.set_result(comes)
    return await asking


@pytest.mark.parametrize("comes", TAKEN)
async def test_what_is_taken(comes: Answer) -> None:
    assert await answered(comes) == {"a": 1}


@pytest.mark.parametrize("comes", GARBAGE)
async def test_what_is_not(comes: Answer) -> None:
    with pytest.raises(ExternalServiceError, match="did not answer as it should"):
        await answered(comes)


async def test_no_content() -> None:
    assert await answered(Answer(204), method="DELETE", answer=type(None)) is None
