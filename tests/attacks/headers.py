"""Heads of requests that say too much, or two things at once, or that they are somebody else's."""

import json

from tests.attacks.wording import (
    AUTHORIZED,
    INVALID,
    TELLING,
    VIEWER,
    Attack,
    Table,
    asked,
    got,
    message,
    posted,
)

_OWN = '"userId":"attacker-'
_QUERY = json.dumps({"query": VIEWER}).encode()
_LENGTH = f"Content-Length: {len(_QUERY)}"
_OPEN = (AUTHORIZED, TELLING, "Content-Type: application/json", "Connection: close")
_ELSEWHERE = "https://attacker.test"
_CLASSES = "{ classes { totalCount } }"
_ID = "4f8b3f2e-6b0e-4c0e-9f7e-0a1b2c3d4e5f"


def ignored(*fields: str, lacks: str = "") -> Attack:
    """The answer is as without them."""
    return Attack(asked(VIEWER, *fields), 200, "", _OWN, lacks)


def malformed(*fields: str, says: str = "is not HTTP/1.1") -> Attack:
    return Attack(message(*_OPEN, *fields, body=_QUERY), 400, INVALID, says)


def hosted(*hosts: str, says: str) -> Attack:
    fields = [f"Host: {each}" for each in hosts]
    return Attack(message(*fields, *_OPEN, _LENGTH, host="", body=_QUERY), 400, INVALID, says)


def accepting(value: str, status: int = 406, code: str = "NOT_ACCEPTABLE") -> Attack:
    raw = message(
        AUTHORIZED, f"Accept: {value}", "Content-Type: application/json", _LENGTH, "Connection: close", body=_QUERY
    )
    return Attack(raw, status, code)


SIZES: Table = {
    "a large field": Attack(asked(VIEWER, f"X: {'x' * 17_000}"), 431, "HEADERS_TOO_LARGE", "at most 16384 bytes"),
    "a field of a megabyte": Attack(asked(VIEWER, f"X: {'x' * 1_000_000}"), 431, "HEADERS_TOO_LARGE"),
    "a field with a long name": Attack(asked(VIEWER, f"{'x' * 17_000}: x"), 431, "HEADERS_TOO_LARGE"),
    "a field without end": Attack(message(body=b"")[:-2] + b"X: " + b"x" * 17_000, 431, "HEADERS_TOO_LARGE"),
    "many fields": Attack(asked(VIEWER, *["X: x"] * 100), 431, "HEADERS_TOO_LARGE", "at most 100 header fields"),
    "fields without end": Attack(message()[:-2] + b"X: x\r\n" * 1_000, 431, "HEADERS_TOO_LARGE"),
    "many cookies": ignored(*["Cookie: a=b"] * 80),
    "a long cookie": ignored(f"Cookie: {'a=b; ' * 2_500}"),
    "a long address": Attack(got(f"/graphql?query={'x' * 33_000}"), 414, "URL_TOO_LONG", "at most 32768 bytes"),
    "an address without end": Attack(b"GET /graphql?" + b"x" * 100_000, 414, "URL_TOO_LONG"),
    "a method without end": Attack(b"G" * 100_000, 400, INVALID),
}

FRAMING: Table = {
    "a length and chunks": malformed(_LENGTH, "Transfer-Encoding: chunked"),
    "chunks and a length": malformed("Transfer-Encoding: chunked", _LENGTH),
    "two lengths": malformed(_LENGTH, "Content-Length: 5"),
    "a length twice": malformed(_LENGTH, _LENGTH),
    "two lengths in one": malformed(f"{_LENGTH}, {len(_QUERY)}"),
    "a negative length": malformed("Content-Length: -1"),
    "a length with a sign": malformed(f"Content-Length: +{len(_QUERY)}"),
    "a length in hexadecimals": malformed("Content-Length: 0x20"),
    "a length beyond 64 bits": malformed(f"Content-Length: {2**64 + len(_QUERY)}"),
    "chunks, said with a tab": malformed("Transfer-Encoding:\x0bchunked"),
    "chunks, said before a blank": malformed("Transfer-Encoding : chunked"),
    "chunks of another kind": malformed("Transfer-Encoding: xchunked"),
    "chunks twice": malformed("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "chunks before compression": malformed("Transfer-Encoding: chunked, gzip"),
    "chunks and nothing": malformed("Transfer-Encoding: chunked, identity"),
    "a folded field": malformed("X: a\r\n b: c", _LENGTH),
    "a line feed in a field": malformed("X: a\nX-User-ID: victim", _LENGTH, says=""),
    "a carriage return in a field": malformed("X: a\rX-User-ID: victim", _LENGTH),
    "NUL in a field": malformed("X: a\0b", _LENGTH),
    "NUL in a field's name": malformed("X\0: b", _LENGTH),
    "a field without a name": malformed(": b", _LENGTH),
    "a line without a colon": malformed("what is this", _LENGTH),
    "a blank before a colon": malformed("X : a", _LENGTH),
    "an upgrade to HTTP/2 with a body": malformed(
        "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", _LENGTH, says="may be to WebSocket only"
    ),
    "line feeds alone": Attack(asked(VIEWER).replace(b"\r\n", b"\n"), 400, INVALID),
}

HOSTS: Table = {
    "no host": hosted(says="must be given once"),
    "two hosts": hosted("gateway.test", "attacker.test", says="must be given once"),
    "a host with a path": hosted("gateway.test/../admin", says="must be a name"),
    "a host with a user": hosted("me@attacker.test", says="must be a name"),
    "a host with a script": hosted('"><script>', says="must be a name"),
    "a host with a large port": hosted("gateway.test:999999", says="must be a name"),
    "an empty host": hosted("", says="must be a name"),
    "another host": Attack(message(*_OPEN, _LENGTH, host="attacker.test", body=_QUERY), 200, "", _OWN, "attacker.test"),
    "another host behind a proxy": ignored("X-Forwarded-Host: attacker.test", lacks="attacker.test"),
    "another host in the address": Attack(
        message(*_OPEN, _LENGTH, first="POST http://attacker.test/graphql HTTP/1.1", body=_QUERY),
        200,
        "",
        _OWN,
        "attacker.test",
    ),
}

IDENTITIES: Table = {
    "somebody else's id": ignored("X-User-ID: victim", lacks="victim"),
    "somebody else's id twice": ignored("X-User-ID: victim", "x_user_id: victim", lacks="victim"),
    "somebody else's classes": Attack(
        asked(_CLASSES, "X-User-ID: victim", "X-Service-ID: gateway"), 200, "", '{"classes":{"totalCount":0}}'
    ),
    "a key of the services": ignored("X-Internal-API-Key: guessed", "X-Service-ID: class_management_service"),
    "the proxy's word for who it is": ignored("X-Forwarded-User: victim", "Remote-User: victim", lacks="victim"),
    "the proxy's word for where it is": ignored("X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Via: 1.1 a"),
    "another address behind a proxy": ignored("X-Original-URL: /metrics", "X-Rewrite-URL: /internal/v1/batches"),
    "another method": ignored("X-HTTP-Method-Override: DELETE", "X-Method-Override: PUT"),
    "another method for a change": Attack(
        got("/graphql?query=mutation%7B__typename%7D", "X-HTTP-Method-Override: POST"), 405, "METHOD_NOT_ALLOWED"
    ),
    "a role": ignored("X-Roles: admin", "X-Hasura-Role: admin", "X-Admin: true"),
}

CALLS: Table = {
    "a deadline of nothing": Attack(asked(_CLASSES, "X-Request-Deadline-Ms: 0"), 504, "TIMEOUT"),
    "a deadline of a millisecond": Attack(asked(_CLASSES, "X-Request-Deadline-Ms: 1"), 504, "TIMEOUT"),
    "a negative deadline": ignored("X-Request-Deadline-Ms: -1"),
    "a deadline in a year": ignored("X-Request-Deadline-Ms: 999999999"),
    "a deadline of many digits": ignored(f"X-Request-Deadline-Ms: {'9' * 5_000}"),
    "a deadline that is no number": ignored("X-Request-Deadline-Ms: NaN"),
    "a deadline in other digits": ignored("X-Request-Deadline-Ms: \xb2"),
    "a correlation id with a script": ignored("X-Correlation-ID: <script>alert(1)</script>", lacks="script"),
    "a correlation id with a line break": ignored("X-Correlation-ID: a%0d%0aSet-Cookie:b", lacks="Set-Cookie"),
    "a long correlation id": ignored(f"X-Correlation-ID: {'a' * 10_000}", lacks="aaaa"),
    "a correlation id beyond ASCII": ignored("X-Correlation-ID: \xe5\xe4\xf6", lacks="\xe5"),
    "a trace that is none": ignored(f"traceparent: {'0' * 10_000}", "tracestate: \xff"),
    "a trace of zeros": ignored(f"traceparent: 00-{'0' * 32}-{'0' * 16}-00"),
    "no key for a retry": Attack(asked(VIEWER, "Idempotency-Key: "), 400, INVALID, "Idempotency-Key"),
    "a long key for a retry": Attack(asked(VIEWER, f"Idempotency-Key: {'a' * 201}"), 400, INVALID, "Idempotency-Key"),
    "two keys for a retry": Attack(
        asked(VIEWER, "Idempotency-Key: a", "Idempotency-Key: b"), 400, INVALID, "Idempotency-Key"
    ),
    "a key for a retry beyond ASCII": Attack(asked(VIEWER, "Idempotency-Key: \xe5"), 400, INVALID, "Idempotency-Key"),
    "a part of the answer": ignored("Range: bytes=0-0,0-1,0-2", "If-Range: x"),
    "only if it changed": ignored("If-None-Match: *", "If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT"),
    "an expectation": ignored("Expect: 100-continue"),
    "an expectation that is none": ignored("Expect: 200-ok"),
    "all encodings": ignored(f"Accept-Encoding: {'gzip, br, ' * 1_000}"),
    "Apollo's names, long": ignored(f"apollographql-client-name: {'a' * 10_000}"),
}

ACCEPTED: Table = {
    "plain text wanted": accepting("text/plain"),
    "nothing wanted": accepting("*/*;q=0"),
    "nothing of it wanted": accepting("application/json;q=0"),
    "a web page wanted": accepting("text/html,application/xhtml+xml"),
    "many types wanted": accepting("a/b, " * 3_000),
    "many parameters wanted": accepting("text/plain" + "; a=b" * 3_000),
    "many commas": accepting("," * 15_000, 200, ""),
    "many semicolons": accepting("*/*" + ";" * 15_000, 200, ""),
    "a quote without end": accepting('text/plain; a="' + "b" * 15_000),
    "escaped quotes without end": accepting('text/plain; a="' + '\\"' * 7_500),
    "quotes": accepting('text/plain; a="' + '"' * 15_000),
    "a weight of many digits": accepting("*/*;q=0." + "1" * 15_000),
    "a weight that is none": accepting("*/*;q=NaN"),
    "a weight above one": accepting("application/json;q=2"),
    "text/xml and a hint": accepting("text/xml;q=0.9, application/json+graphql"),
}

CROSS_SITE: Table = {
    "a page of another site": ignored(f"Origin: {_ELSEWHERE}", lacks="access-control-allow"),
    "a page of no site": ignored("Origin: null", lacks="access-control-allow"),
    "a page of two sites": ignored(
        f"Origin: {_ELSEWHERE}", "Origin: http://gateway.test", lacks="access-control-allow"
    ),
    "a page of a site with a longer name": ignored("Origin: http://gateway.test.attacker.test", lacks="access-control"),
    "a page that asks first": Attack(
        message(
            f"Origin: {_ELSEWHERE}",
            "Access-Control-Request-Method: POST",
            "Connection: close",
            first="OPTIONS /graphql HTTP/1.1",
        ),
        204,
        lacks="access-control-allow",
    ),
    "a long origin": ignored(f"Origin: https://{'a' * 10_000}.test", lacks="access-control-allow"),
    "an origin with a script": ignored("Origin: https://a.test/<script>", lacks="script"),
    "a query that a cookie would sign": Attack(
        got("/graphql?query=%7B__typename%7D", "Cookie: session=1"), 403, "AUTHORIZATION_ERROR", "must have one of"
    ),
    "a query that a cookie would sign, from another site": Attack(
        got("/graphql?query=%7B__typename%7D", "Cookie: a", "Sec-Fetch-Site: cross-site"), 403, "AUTHORIZATION_ERROR"
    ),
    "a query that a cookie would sign, without an answer": Attack(
        got("/graphql?query=%7B__typename%7D", "Cookie: a", method="HEAD"), 403
    ),
    "a change by an image": Attack(
        got("/graphql?query=mutation%7B__typename%7D", "Sec-Fetch-Dest: image"), 405, "METHOD_NOT_ALLOWED"
    ),
    "a form of another site": Attack(
        posted(b"query=%7B__typename%7D", f"Origin: {_ELSEWHERE}", kind="application/x-www-form-urlencoded"),
        415,
        "UNSUPPORTED_MEDIA_TYPE",
    ),
}

ATTACKS: Table = {**SIZES, **FRAMING, **HOSTS, **IDENTITIES, **CALLS, **ACCEPTED, **CROSS_SITE}
