"""Documents by name: ids and hashes that are none, that are wrong, or that somebody else should be given."""

import hashlib
import json
from typing import Any
from urllib.parse import quote

from tests.attacks.wording import AUTHORIZED, INVALID, TELLING, VIEWER, Attack, Table, got, message, posted

_OTHER = "{ viewer { orgId } }"
_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
_EXTENSION = "extensions.persistedQuery must be"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def extended(hash: Any, version: Any = 1, **more: Any) -> bytes:
    persisted = {"version": version, "sha256Hash": hash}
    return posted(json.dumps({"extensions": {"persistedQuery": persisted}, **more}).encode())


def invalid(hash: Any, version: Any = 1) -> Attack:
    return Attack(extended(hash, version), 400, INVALID, _EXTENSION)


def by_id(id: Any, status: int = 400, code: str = INVALID, says: str = "documentId must be", **more: Any) -> Attack:
    return Attack(posted(json.dumps({"documentId": id, **more}).encode()), status, code, says)


def behind(first: bytes, second: bytes) -> bytes:
    """On one connection."""
    return first.replace(b"Connection: close\r\n", b"", 1) + second


def by_url(**parameters: str) -> bytes:
    return got("/graphql?" + "&".join(f"{name}={quote(value)}" for name, value in parameters.items()))


HASHES: Table = {
    "a hash that nobody sent": Attack(extended("0" * 64), 404, _NOT_FOUND, "PersistedQueryNotFound"),
    "the hash of another text": Attack(
        extended(digest(_OTHER), query=VIEWER), 400, INVALID, "is not the SHA-256 hash of query"
    ),
    "the hash of another text, and then the hash": Attack(
        behind(extended(digest("{ a }"), query=VIEWER), extended(digest("{ a }"))), 404, _NOT_FOUND
    ),
    "a wrong text, and then its hash": Attack(
        behind(extended(digest("{ b }"), query="{ b }"), extended(digest("{ b }"))), 404, _NOT_FOUND
    ),
    "an expensive text, and then its hash": Attack(
        behind(extended(digest("{" * 90), query="{" * 90), extended(digest("{" * 90))), 404, _NOT_FOUND
    ),
    "the hash of nothing": Attack(extended(digest("")), 404, _NOT_FOUND),
    "a hash in upper case": invalid("A" * 64),
    "a short hash": invalid("a" * 63),
    "a long hash": invalid("a" * 200_000),
    "a hash with a line break": invalid("a" * 64 + "\n"),
    "a hash in other digits": invalid("\uff11" * 64),
    "a hash that is a path": invalid("../../../etc/passwd"),
    "a hash that is null": invalid(None),
    "a hash that is a list": invalid(["a" * 64]),
    "a hash that is an object": invalid({"$ne": ""}),
    "version 2": invalid("a" * 64, 2),
    "version 0": invalid("a" * 64, 0),
    "version true": invalid("a" * 64, version=True),
    "a version in a text": invalid("a" * 64, "1"),
    "no version": Attack(
        posted(b'{"extensions": {"persistedQuery": {"sha256Hash": "%b"}}}' % (b"a" * 64)), 400, INVALID, _EXTENSION
    ),
    "an empty extension": Attack(posted(b'{"extensions": {"persistedQuery": {}}}'), 400, INVALID, _EXTENSION),
    "an extension that is a text": Attack(posted(b'{"extensions": {"persistedQuery": "a"}}'), 400, INVALID, _EXTENSION),
    "an extension that is null": Attack(posted(b'{"extensions": {"persistedQuery": null}}'), 400, INVALID, "query is"),
}

IDS: Table = {
    "an id that nobody gave": by_id("sha256:" + "0" * 64, 404, _NOT_FOUND, "names no document"),
    "an empty id": by_id(""),
    "an id of another hash": by_id("md5:" + "0" * 32),
    "an id without its kind": by_id("0" * 64),
    "an id that is a path": by_id("../../schema.graphql"),
    "an id that is an address": by_id("https://attacker.test/query.graphql"),
    "a long id": by_id("sha256:" + "0" * 200_000),
    "an id with NUL": by_id("sha256:" + "0" * 64 + "\0"),
    "an id with half a surrogate": by_id("\ud800", says="surrogates"),
    "an id and the text of another": by_id(
        "sha256:" + "0" * 64, says="is not the SHA-256 hash of query", query="{ viewer { userId } }"
    ),
    "an id and another hash": by_id(
        "sha256:" + "0" * 64,
        says="must name the same document",
        extensions={"persistedQuery": {"version": 1, "sha256Hash": "1" * 64}},
    ),
}

BY_URL: Table = {
    "a hash by GET": Attack(
        by_url(extensions=json.dumps({"persistedQuery": {"version": 1, "sha256Hash": "2" * 64}})), 404, _NOT_FOUND
    ),
    "two queries by GET": Attack(
        got("/graphql?query=%7Ba%7D&query=%7Bb%7D"), 400, INVALID, "query may be given only once"
    ),
    "two ids by GET": Attack(got("/graphql?documentId=a&documentId=b"), 400, INVALID, "documentId may be given only"),
    "variables by GET that are none": Attack(by_url(query=VIEWER, variables="{"), 400, INVALID, "variables must be"),
    "variables by GET that are a list": Attack(by_url(query=VIEWER, variables="[]"), 400, INVALID, "variables"),
    "deep variables by GET": Attack(by_url(query=VIEWER, variables="[" * 5_000), 400, INVALID, "variables has more"),
    "extensions by GET that are none": Attack(by_url(query=VIEWER, extensions="x"), 400, INVALID, "extensions must"),
    "no query by GET": Attack(got("/graphql"), 400, INVALID, "query is required"),
    "a query that is not UTF-8": Attack(got("/graphql?query=%FF%FE%7B"), 400, INVALID),
    "a query with broken escapes": Attack(got("/graphql?query=%7%%zz"), 400, INVALID),
    "a change by GET": Attack(by_url(query="mutation { __typename }"), 405, "METHOD_NOT_ALLOWED"),
    "a change by HEAD": Attack(got("/graphql?query=mutation%7B__typename%7D", method="HEAD"), 405),
    "a subscription by GET": Attack(by_url(query="subscription { teacherUpdates { at } }"), 405, "METHOD_NOT_ALLOWED"),
    "6,000 parameters": Attack(got("/graphql?" + "a=&" * 5_000), 400, INVALID, "query is required"),
    "a body by GET": Attack(
        message(
            AUTHORIZED,
            TELLING,
            "Content-Type: application/json",
            "Content-Length: 33",
            "Connection: close",
            first="GET /graphql HTTP/1.1",
            body=json.dumps({"query": VIEWER}).encode(),
        ),
        400,
        INVALID,
        "query is required",
    ),
}

ATTACKS: Table = {**HASHES, **IDS, **BY_URL}
