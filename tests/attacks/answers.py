"""Answers as they come, and what each of them has to be whatever was asked."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n")
_LONGEST = 1100
"""Characters of a message: an answer is no way to make much of little."""
_OURS = (b"Traceback", b"site-packages", b".py", b"postgresql", b"asyncpg", b"sqlalchemy", b"strawberry", b"uvicorn")
_TOLD = {401: "www-authenticate", 405: "allow", 429: "retry-after", 503: "retry-after"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def code(self) -> str:
        """Of the first error; empty where there is none."""
        if not self.headers.get("content-type", "").startswith("application/"):
            return ""
        body = json.loads(self.body) if self.body else {}
        found: Any = body.get("error") or (body.get("errors") or [{}])[0].get("extensions", {})
        return str(found.get("code", ""))


def answers(raw: bytes) -> list[Answer]:
    """One behind the other, as a connection brings them; what only says to go on is left out."""
    found = []
    while raw:
        head, separator, rest = raw.partition(b"\r\n\r\n")
        status = _STATUS.match(head + b"\r\n")
        assert status, head[:200]
        assert separator, head[:200]
        lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        headers = {name.decode().lower(): value.decode("latin-1").strip() for name, _, value in lines}
        body, raw_rest = _body(rest, int(status[1]), headers)
        if int(status[1]) >= 200:
            found.append(Answer(int(status[1]), headers, body, head + separator + body))
        raw = raw_rest
    return found


def _body(rest: bytes, status: int, headers: dict[str, str]) -> tuple[bytes, bytes]:
    if headers.get("transfer-encoding") == "chunked":
        return _chunks(rest)
    if status < 200 or status in (204, 304):
        return b"", rest
    length = int(headers["content-length"])
    if not rest:
        return b"", b""  # of a HEAD
    assert len(rest) >= length, "cut off"
    return rest[:length], rest[length:]


def _chunks(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while True:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line, 16)
        body, rest = body + rest[:size], rest[size + 2 :]
        if not size:
            return body, rest


def check_form(answer: Answer, secrets: Sequence[bytes]) -> None:
    """Nothing of ours is in it; a refusal is JSON, with codes, and says what the status has to say."""
    for each in (*_OURS, *secrets):
        assert each not in answer.raw, each
    assert not {"server", "x-powered-by"} & answer.headers.keys()
    if answer.status < 400:
        return
    assert answer.headers["content-type"].startswith(("application/json", "application/graphql-response+json"))
    assert answer.status not in _TOLD or _TOLD[answer.status] in answer.headers
    if answer.body:
        check_errors(json.loads(answer.body))


def check_errors(body: Any) -> None:
    """Of a request that was not executed: as GraphQL has it, or as REST has it on another path."""
    if "error" in body:
        assert {"code", "message", "correlation_id"} <= body["error"].keys()
        return
    assert body["errors"]
    assert len(body["errors"]) <= 11, "ten, and that there are more"
    assert "data" not in body
    for each in body["errors"]:
        assert each["message"]
        assert len(each["message"]) <= _LONGEST
        assert {"code", "retryable", "correlationId"} <= each["extensions"].keys()
