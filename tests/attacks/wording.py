"""What the tables are written with. `@TOKEN@` stands for the token of a teacher whom nothing else knows."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

AUTHORIZED = "Authorization: Bearer @TOKEN@"
TELLING = "Accept: application/graphql-response+json"
"""Then the status tells of request errors, too."""
INVALID = "VALIDATION_ERROR"
VIEWER = "{ viewer { userId } }"


class Attack(NamedTuple):
    """What is sent on a connection of its own, and the last answer: `status` 0 is a connection closed without one.

    `says` is in the answer, `lacks` is not. `half`: the client sends no more after it, and says so.
    """

    sent: bytes
    status: int
    code: str = ""
    says: str = ""
    lacks: str = ""
    half: bool = False


Table = Mapping[str, Attack]


def message(
    *fields: str, first: str = "POST /graphql HTTP/1.1", body: bytes = b"", host: str = "gateway.test"
) -> bytes:
    """As it stands: lengths, hosts and all are the caller's business."""
    lines = [first, *([f"Host: {host}"] if host else []), *fields]
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + b"\r\n" + body


def posted(
    body: bytes, *fields: str, kind: str | None = "application/json", path: str = "/graphql", method: str = "POST"
) -> bytes:
    own = [AUTHORIZED, TELLING, *([f"Content-Type: {kind}"] if kind else [])]
    length = f"Content-Length: {len(body)}"
    return message(*own, *fields, length, "Connection: close", first=f"{method} {path} HTTP/1.1", body=body)


def asked(query: str, *fields: str, **more: Any) -> bytes:
    return posted(json.dumps({"query": query, **more}).encode(), *fields)


def got(target: str, *fields: str, method: str = "GET") -> bytes:
    return message(AUTHORIZED, TELLING, *fields, "Connection: close", first=f"{method} {target} HTTP/1.1")


def refused(documents: Mapping[str, tuple[str, str]]) -> dict[str, Attack]:
    """Each a document and what is said of it."""
    return {name: Attack(asked(query), 400, INVALID, says) for name, (query, says) in documents.items()}


def answered(documents: Mapping[str, tuple[str, str]]) -> dict[str, Attack]:
    """What looks worse than it is: each a document and what is in the answer."""
    return {name: Attack(asked(query), 200, "", says) for name, (query, says) in documents.items()}
