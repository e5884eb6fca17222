"""Values that are none, or that some layer behind could take for something else."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.attacks.wording import INVALID, VIEWER, Attack, Table, asked

_ID = "4f8b3f2e-6b0e-4c0e-9f7e-0a1b2c3d4e5f"
_FIRST = "query ($v: Int) { batches(first: $v) { totalCount } }"
_NEEDED = "query ($v: ID!) { batch(id: $v) { id } }"
_NODE = "query ($v: ID!) { node(id: $v) { id } }"
_NODES = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
_AFTER = "query ($v: String) { classes(after: $v) { totalCount } }"
_BATCHES = "query ($v: String) { batches(after: $v) { totalCount } }"
_SEARCH = "query ($v: String) { students(search: $v) { totalCount } }"
_STATUS = "query ($v: [BatchStatus!]) { batches(status: $v) { totalCount } }"
_CLASS = "mutation ($v: CreateClassInput!) { createClass(input: $v) { class { id } userErrors { code field } } }"
_STUDENT = (
    "mutation ($v: CreateStudentInput!) { createStudent(input: $v) { student { id } userErrors { code field } } }"
)
_DELETE = "mutation ($v: DeleteInput!) { deleteClass(input: $v) { deletedId userErrors { code } } }"
_CONFIRM = (
    "mutation ($v: ConfirmStudentAssociationsInput!) "
    "{ confirmStudentAssociations(input: $v) { confirmed userErrors { code field } } }"
)
_INJECTION = "' OR 1=1; DROP TABLE classes; --"
_NULL = '"classes":null'


def given(query: str, value: Any) -> bytes:
    return asked(query, variables={"v": value})


def refused(query: str, values: Mapping[str, Any]) -> dict[str, Attack]:
    """Before anything is executed, at the variable."""
    return {name: Attack(given(query, value), 400, INVALID, "$v") for name, value in values.items()}


def told(query: str, says: str, values: Mapping[str, Any]) -> dict[str, Attack]:
    return {name: Attack(given(query, value), 200, "", says) for name, value in values.items()}


def failed(query: str, says: str, values: Mapping[str, Any]) -> dict[str, Attack]:
    """By the field's resolver."""
    return {name: Attack(given(query, value), 200, INVALID, says) for name, value in values.items()}


def cursor(keys: Any) -> str:
    raw = keys if isinstance(keys, bytes) else json.dumps(keys).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def named(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


NUMBERS: Table = refused(
    _FIRST,
    {
        "a text for a number": "1",
        "a fraction for a number": 1.5,
        "true for a number": True,
        "a list for a number": [1],
        "an object for a number": {"$gt": 0},
        "a number beyond 32 bits": 2**31,
        "a number below 32 bits": -(2**31) - 1,
        "a number beyond 64 bits": 2**64,
        "a number of 4,000 digits": 10**4000,
    },
) | failed(
    _FIRST,
    "first must be from 1 to 100",
    {"a page of none": 0, "a negative page": -1, "a page of 101": 101, "a huge page": 2**31 - 1},
)

IDS: Table = (
    refused(
        _NEEDED,
        {
            "null for an id": None,
            "a fraction for an id": 1.5,
            "true for an id": True,
            "a list for an id": [_ID],
            "an object for an id": {"$ne": None},
        },
    )
    | told(
        _NEEDED,
        '{"data":{"batch":null}}',
        {
            "an empty id": "",
            "an id of SQL": _INJECTION,
            "an id that is a path": "../../../../etc/passwd",
            "an id that is an address": "http://169.254.169.254/latest/meta-data",
            "an id of a template": "{{7*7}}${7*7}",
            "an id with NUL": f"{_ID}\0",
            "an id with a line break": f"{_ID}\n",
            "an id of 200,000 letters": "a" * 200_000,
            "an id in braces": f"{{{_ID}}}",
            "an id as a URN": f"urn:uuid:{_ID}",
            "an id without dashes": _ID.replace("-", ""),
            "an id of full-width digits": _ID.replace("4", "４"),
            "an id of another type": named(f"SchoolClass:{_ID}"),
            "an id of SQL, encoded": named(f"Batch:{_INJECTION}"),
            "an id of a path, encoded": named(f"Batch:../{_ID}"),
            "an id of others' letters, encoded": named(f"Bätch:{_ID}"),
            "a number for an id": 7,
            "a huge number for an id": 10**300,
            "an id that nobody has": _ID,
        },
    )
    | told(
        _NODE,
        '{"data":{"node":null}}',
        {
            "a node of no type": named(f":{_ID}"),
            "a node of a type that is none": named(f"Teacher:{_ID}"),
            "a node of the query": named(f"Query:{_ID}"),
        },
    )
    | failed(_NODES, "at most 100", {"101 nodes": [_ID] * 101, "5,000 nodes": [named(f"Batch:{_ID}")] * 3_500})
    | told(_NODES, '{"data":{"nodes":[null', {"100 times a node": [named(f"Batch:{_ID}")] * 100})
)

CURSORS: Table = {
    f"a cursor {name}, of {what}": each
    for what, query in (("classes", _AFTER), ("batches", _BATCHES))
    for name, each in failed(
        query,
        "after",
        {
            "that is empty": "",
            "that is none": "garbage",
            "of SQL": _INJECTION,
            "with NUL": "\0",
            "of null": cursor(None),
            "of an object": cursor({"a": 1}),
            "of SQL, encoded": cursor([_INJECTION, _INJECTION]),
            "of too many keys": cursor(["2026-01-01T00:00:00Z", _ID, 1]),
            "before all time": cursor(["0001-01-01T00:00:00+23:59", _ID]),
            "after all time": cursor(["9999-12-31T23:59:59-23:59", _ID]),
            "without a zone": cursor(["2026-01-01T00:00:00", _ID]),
            "of deep lists": cursor(b"[" * 10_000),
            "of a huge number": cursor(b"[" + b"9" * 5_000 + b"," + b"9" * 5_000 + b"]"),
            "not in UTF-8": cursor(b'["\xff", "\xff"]'),
            "that is long": "A" * 20_000,
        },
    ).items()
}

TEXTS: Table = (
    told(
        _SEARCH,
        '"totalCount":0',
        {
            "a search of SQL": _INJECTION,
            "a search of wildcards": "%_%_%_%_%_%_%_%_%_%_%\\",
            "a search of a pattern": "(a+)+$",
            "a search of signs that combine": "a" + "\u0301" * 90,
            "a search of one sign for many": "\ufdfa" * 100,
        },
    )
    | failed(
        _SEARCH,
        "search",
        {"a search with NUL": "a\0b", "a search of 101 letters": "a" * 101},
    )
    | refused(_SEARCH, {"a search by an object": {"$regex": ".*"}, "a search by a number": 1})
    | refused(
        _STATUS,
        {"a status in lower case": ["ready"], "a status that is none": ["__proto__"], "a status of a number": [0]},
    )
    | told(_STATUS, '"totalCount":0', {"a status 15,000 times": ["READY"] * 15_000, "one status for a list": "READY"})
)

CHANGES: Table = (
    refused(
        _CLASS,
        {
            "no input": None,
            "a list for an input": [],
            "an input without its fields": {},
            "an input with others": {"name": "a", "courseCode": "SV1", "teacherId": "victim"},
            "an input with a prototype": {"name": "a", "courseCode": "SV1", "__proto__": {"admin": True}},
            "a name that is an object": {"name": {"$ne": ""}, "courseCode": "SV1"},
            "a name that is null": {"name": None, "courseCode": "SV1"},
            "a course that is none": {"name": "a", "courseCode": _INJECTION},
        },
    )
    | told(
        _CLASS,
        '"class":null,"userErrors":[{"code":',
        {
            "an empty name": {"name": " ", "courseCode": "SV1"},
            "a name with NUL": {"name": "a\0", "courseCode": "SV1"},
            "a name of 101 letters": {"name": "a" * 101, "courseCode": "SV1"},
            "a name of 200,000 letters": {"name": "a" * 200_000, "courseCode": "SV1"},
        },
    )
    | told(
        _STUDENT,
        '"student":null,"userErrors":[{"code":',
        {
            "an address with a header": {"firstName": "a", "lastName": "b", "email": "a@b.test\r\nBcc: c@d.test"},
            "an address of 100,000 letters": {"firstName": "a", "lastName": "b", "email": "a" * 100_000 + "@b.test"},
            "a student in 5,000 classes": {"firstName": "a", "lastName": "b", "classIds": [_ID] * 5_000},
            "a student in others' classes": {"firstName": "a", "lastName": "b", "classIds": [_ID]},
        },
    )
    | told(
        _DELETE,
        '"deletedId":null,"userErrors":[{"code":',
        {
            "deleting what is SQL": {"id": _INJECTION},
            "deleting what is a path": {"id": "../students"},
            "deleting what is nobody's": {"id": _ID},
        },
    )
    | told(
        _CONFIRM,
        "userErrors",
        {
            "1,001 answers": {
                "batchId": _ID,
                "associations": [{"essayId": _ID, "confirmed": False}] * 1_001,
            },
            "no answers": {"batchId": _ID, "associations": []},
        },
    )
)

SURROGATES: Table = {
    "half a surrogate": Attack(given(_SEARCH, "\ud800"), 400, INVALID, "must be JSON in UTF-8"),
    "the other half": Attack(given(_NEEDED, "\udfff"), 400, INVALID, "must be JSON in UTF-8"),
    "half a surrogate for a name": Attack(
        asked(VIEWER, variables={"\ud800": 1}), 400, INVALID, "must be JSON in UTF-8"
    ),
    "half a surrogate, deep inside": Attack(given(_CLASS, {"name": ["\udc00"]}), 400, INVALID, "must be JSON in UTF-8"),
}

OTHERS: Table = {
    "a variable that nobody asked for": Attack(
        asked(VIEWER, variables={"a": 1, "__proto__": {"admin": True}, "constructor": {"prototype": {}}}),
        200,
        "",
        '"userId":"attacker-',
    ),
    "a variable that is missing": Attack(asked(_NEEDED, variables={}), 400, INVALID, "$v"),
    "150 variables of which each is wrong": Attack(
        asked(
            "query ("
            + " ".join(f"$a{each}: Int!" for each in range(150))
            + ") { viewer { userId } "
            + "batches(status: []) { totalCount } "
            + "classes(first: $a0) { totalCount } }"
        ),
        400,
        INVALID,
    ),
}

ATTACKS: Table = {**NUMBERS, **IDS, **CURSORS, **TEXTS, **CHANGES, **SURROGATES, **OTHERS}
