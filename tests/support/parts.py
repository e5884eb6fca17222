"""An answer in parts, read as a client reads it."""

import json
import re
from collections.abc import Sequence
from typing import Any

import httpx

PARTS = {"Accept": "multipart/mixed;incrementalSpec=v0.2, application/json"}
CONTENT_TYPE = 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
_PART = re.compile(rb"Content-Type: application/json; charset=utf-8\r\n\r\n(.*?)\r\n---", re.DOTALL)
_WHOLE = re.compile(rb"\r\n---\r\n(?:[^\r]+\r\n\r\n[^\r]+\r\n---\r\n)*[^\r]+\r\n\r\n[^\r]+\r\n-----\r\n")

Part = dict[str, Any]


def parts(body: bytes) -> list[Part]:
    """All that are there, of an answer that may go on."""
    return [json.loads(each) for each in _PART.findall(body)]


async def in_parts(client: httpx.AsyncClient, query: str, /, **variables: Any) -> list[Part]:
    answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=PARTS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, CONTENT_TYPE), answer.text
    assert _WHOLE.fullmatch(answer.content), answer.text
    found = parts(answer.content)
    assert [each["hasNext"] for each in found] == [*[True] * (len(found) - 1), False]
    return found


def put_together(found: Sequence[Part]) -> tuple[Any, list[Any]]:
    """Data and errors, as if nothing had been deferred; what is announced is told once, and nothing else is."""
    data, errors = found[0]["data"], list(found[0].get("errors", []))
    waiting: dict[str, list[str | int]] = {}
    for part in found:
        waiting |= {each["id"]: each["path"] for each in part.get("pending", [])}
        for each in part.get("incremental", []):
            _at(data, [*waiting[each["id"]], *each.get("subPath", [])]).update(each["data"])
            errors += each.get("errors", [])
        for each in part.get("completed", []):
            del waiting[each["id"]]
            errors += each.get("errors", [])
    assert not waiting
    return data, errors


def _at(data: Any, path: Sequence[str | int]) -> Any:
    for key in path:
        data = data[key]
    return data
