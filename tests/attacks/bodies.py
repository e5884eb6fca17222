"""Bodies that are no request, or more than one."""

import gzip
import json

from tests.attacks.wording import (
    AUTHORIZED,
    INVALID,
    TELLING,
    VIEWER,
    Attack,
    Table,
    asked,
    message,
    posted,
)

_OWN = '"userId":"attacker-'
_TYPE = "UNSUPPORTED_MEDIA_TYPE"
_QUERY = json.dumps({"query": VIEWER}).encode()
_OPEN = (AUTHORIZED, TELLING, "Content-Type: application/json", "Connection: close")


def invalid(body: bytes, says: str = "") -> Attack:
    return Attack(posted(body), 400, INVALID, says)


def beside(name: str, value: str) -> bytes:
    """A good query with something more in its body."""
    return _QUERY[:-1] + f', "{name}": {value}}}'.encode()


def of_type(kind: str | None, body: bytes = _QUERY) -> Attack:
    return Attack(posted(body, kind=kind), 415, _TYPE)


def form(name: str) -> bytes:
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{_QUERY.decode()}\r\n--x--\r\n'.encode()


def chunked(*chunks: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in chunks) + end
    return message(*_OPEN, "Transfer-Encoding: chunked", body=body)


KINDS: Table = {
    "null": invalid(b"null"),
    "a number": invalid(b"5"),
    "a text": invalid(b'"{ viewer { userId } }"'),
    "true": invalid(b"true"),
    "an empty list": invalid(b"[]", "must be one operation"),
    "a list of operations": invalid(b"[" + b",".join([_QUERY] * 100) + b"]", "must be one operation"),
    "a list of lists": invalid(b"[[[" + _QUERY + b"]]]", "must be one operation"),
    "an empty object": invalid(b"{}", "query is required"),
    "nothing at all": invalid(b"", "must be JSON in UTF-8"),
    "blanks": invalid(b" " * 200_000, "must be JSON in UTF-8"),
    "NUL": invalid(b"\0" * 1000, "must be JSON in UTF-8"),
    "no JSON": invalid(b"query=%7Bviewer%7D", "must be JSON in UTF-8"),
    "a document as it is": invalid(VIEWER.encode(), "must be JSON in UTF-8"),
    "half an object": invalid(_QUERY[:-1], "must be JSON in UTF-8"),
    "two objects": invalid(_QUERY + _QUERY, "must be JSON in UTF-8"),
    "garbage behind": invalid(_QUERY + b"garbage", "must be JSON in UTF-8"),
    "a comma behind": invalid(_QUERY[:-1] + b",}", "must be JSON in UTF-8"),
    "a comment": invalid(b"/**/" + _QUERY, "must be JSON in UTF-8"),
    "single quotes": invalid(b"{'query': '{ viewer { userId } }'}", "must be JSON in UTF-8"),
    "not UTF-8": invalid(b'{"query": "{ viewer { userId } } # \xff\xfe"}', "must be JSON in UTF-8"),
    "Latin-1": invalid('{"query": "{ viewer { userId } } # å"}'.encode("latin-1"), "must be JSON in UTF-8"),
    "UTF-8 of a surrogate": invalid(b'{"query": "{ viewer { userId } } # \xed\xa0\x80"}', "surrogates"),
    "UTF-8 longer than need be": invalid(b'{"query": "{ viewer { userId } } # \xc0\xaf"}', "must be JSON in UTF-8"),
    "UTF-16": invalid(_QUERY.decode().encode("utf-16"), "must be JSON in UTF-8"),
    "UTF-32": invalid(_QUERY.decode().encode("utf-32"), "must be JSON in UTF-8"),
    "a byte order mark": invalid(b"\xef\xbb\xbf" + _QUERY, "must be JSON in UTF-8"),
    "a line break in a text": invalid(b'{"query": "{ viewer\n{ userId } }"}', "must be JSON in UTF-8"),
    "query null": invalid(b'{"query": null}', "query is required"),
    "query a number": invalid(b'{"query": 1}', "query"),
    "query a list": invalid(b'{"query": ["{ viewer { userId } }"]}', "query"),
    "query an object": invalid(b'{"query": {"kind": "Document"}}', "query"),
    "variables a list": invalid(beside("variables", "[]"), "variables"),
    "variables a text": invalid(beside("variables", '"{}"'), "variables"),
    "variables a number": invalid(beside("variables", "1"), "variables"),
    "operationName a number": invalid(beside("operationName", "1"), "operationName"),
    "operationName a list": invalid(beside("operationName", "[]"), "operationName"),
    "extensions a text": invalid(beside("extensions", '"x"'), "extensions"),
    "extensions a list": invalid(beside("extensions", "[1]"), "extensions"),
    "documentId a list": invalid(beside("documentId", "[]"), "documentId"),
    "all of it wrong": invalid(b'{"query": 1, "variables": 2, "operationName": 3, "extensions": 4}', "variables"),
}

DEEP: Table = {
    "lists in lists": invalid(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "levels of lists and objects"),
    "lists without end": invalid(b"[" * 200_000, "must be one operation"),
    "objects without end": invalid(b'{"a":' * 40_000, "levels of lists and objects"),
    "deep variables": invalid(beside("variables", '{"a": ' + "[" * 60_000 + "]" * 60_000 + "}"), "levels"),
    "deep extensions": invalid(beside("extensions", '{"a": ' * 5_000 + "1" + "}" * 5_000), "levels"),
    "deep, and nobody reads it": invalid(beside("more", "[" * 60_000 + "]" * 60_000), "levels"),
    "deep behind quotes": invalid(b'{"\\"":"\\\\",' + b'"a":[' * 100 + b"]" * 100, "levels"),
    "brackets in a text": Attack(posted(beside("more", '"' + "[" * 100_000 + '"')), 200, "", _OWN),
    "many short lists": Attack(posted(beside("more", "[" + "[]," * 60_000 + "[]]")), 200, "", _OWN),
    "many objects": Attack(posted(beside("variables", '{"a": [' + '{"b": []},' * 20_000 + "{}]}")), 200, "", _OWN),
    "many names": Attack(
        posted(beside("variables", "{" + ",".join(f'"a{each}": {each}' for each in range(15_000)) + "}")), 200, "", _OWN
    ),
    "names that collide": Attack(
        posted(beside("variables", "{" + ",".join(f'"{each * (2**61 - 1)}": 1' for each in range(6_000)) + "}")),
        200,
        "",
        _OWN,
    ),
    "a number of 200,000 digits": invalid(beside("variables", '{"a": ' + "9" * 200_000 + "}"), "variables"),
    "numbers beyond 64 bits": Attack(posted(beside("variables", '{"a": [' + "9" * 4000 + "]}")), 200, "", _OWN),
    "a number beyond all": invalid(beside("variables", '{"a": 1e99999}'), ""),
    "NaN": invalid(beside("variables", '{"a": NaN}'), "must be JSON in UTF-8"),
    "Infinity": invalid(beside("variables", '{"a": -Infinity}'), "must be JSON in UTF-8"),
    "a prototype": Attack(posted(beside("__proto__", '{"admin": true}')), 200, "", _OWN),
    "query twice": Attack(posted(b'{"query": "{ a }", ' + _QUERY[1:]), 200, "", _OWN),
}

LARGE: Table = {
    "a byte above the limit": Attack(
        posted(_QUERY + b" " * (262_145 - len(_QUERY))), 413, "PAYLOAD_TOO_LARGE", "at most 262144 bytes"
    ),
    "a body to the limit": Attack(posted(_QUERY + b" " * (262_144 - len(_QUERY))), 200, "", _OWN),
    "two megabytes": Attack(posted(_QUERY + b" " * 2_000_000), 413, "PAYLOAD_TOO_LARGE"),
    "said to be a terabyte": Attack(
        message(*_OPEN, "Content-Length: 1000000000000", body=b"x" * 300_000), 413, "PAYLOAD_TOO_LARGE"
    ),
    "two megabytes in chunks": Attack(chunked(*[b"x" * 10_000] * 200), 413, "PAYLOAD_TOO_LARGE"),
    "chunks of a byte": Attack(chunked(*(bytes([each]) for each in _QUERY)), 200, "", _OWN),
    "an answer too large for its length": Attack(
        message(*_OPEN, f"Content-Length: {len(_QUERY)}", body=_QUERY + b"GET /metrics HTTP/1.1\r\n\r\n"), 200, "", _OWN
    ),
    "a length too small": Attack(message(*_OPEN, "Content-Length: 5", body=_QUERY), 400, INVALID),
    "no length": Attack(message(*_OPEN, body=_QUERY), 400, INVALID, "must be JSON in UTF-8"),
    "half of it, and the client is gone": Attack(message(*_OPEN, "Content-Length: 1000", body=_QUERY), 0, half=True),
}

TYPES: Table = {
    "no type": of_type(None),
    "an empty type": of_type(""),
    "text/plain": of_type("text/plain"),
    "text/plain with JSON in its name": of_type("text/plain; application/json"),
    "a form": of_type("application/x-www-form-urlencoded", b"query=%7Bviewer%7BuserId%7D%7D"),
    "a form in parts": of_type("multipart/form-data; boundary=x", form("query")),
    "an upload": of_type("multipart/form-data; boundary=x", form("operations") + form("map")),
    "application/graphql": of_type("application/graphql", VIEWER.encode()),
    "application/xml": of_type("application/xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'),
    "application/jsonp": of_type("application/jsonp"),
    "two types in one": of_type("application/json, text/plain"),
    "JSON in UTF-16": of_type("application/json; charset=utf-16", _QUERY.decode().encode("utf-16")),
    "JSON in UTF-7": of_type("application/json; charset=utf-7"),
    "JSON in two charsets": of_type("application/json; charset=utf-8; charset=latin-1"),
    "a very long type": of_type("application/json" + "; a=b" * 3_000, b"{}")._replace(status=400, code=INVALID),
    "compressed": Attack(posted(gzip.compress(_QUERY), "Content-Encoding: gzip"), 400, INVALID, "must be JSON"),
    "a bomb": Attack(posted(gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip"), 400, INVALID, "must be JSON"),
    "a list in a query of CSRF": Attack(posted(b"[" + _QUERY + b"]", kind="text/plain"), 415, _TYPE),
    "a mutation as text": Attack(
        posted(json.dumps({"query": "mutation { __typename }"}).encode(), kind="text/plain"), 415, _TYPE
    ),
    "a mutation by GET": Attack(
        asked("mutation { __typename }").replace(b"POST ", b"QUERY ", 1), 405, "METHOD_NOT_ALLOWED"
    ),
}

ATTACKS: Table = {**KINDS, **DEEP, **LARGE, **TYPES}
