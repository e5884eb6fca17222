"""What callers ask, made from the schema: a root field that says nothing here of its arguments fails by its name."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.support.apps import GATEWAY, bearer
from tests.support.changes import CHANGES
from tests.support.graph import global_id
from tests.support.school import School
from tests.support.whole_documents import document, object_type, selection

ORG = "school-9"
SECRET = OctKey.import_key(GATEWAY.jwt_secret.get_secret_value() if GATEWAY.jwt_secret else "")


def nothing(_: School) -> str:
    return ""


ARGUMENTS: Mapping[str, Callable[[School], str]] = {
    "viewer": nothing,
    "batches": nothing,
    "batch": lambda of: f'(id: "{global_id("Batch", of.batches[0])}")',
    "classes": nothing,
    "class": lambda of: f'(id: "{of.classes[0]}")',
    "students": nothing,
    "student": lambda of: f'(id: "{of.students[0]}")',
    "courses": nothing,
    "node": lambda of: f'(id: "{global_id("Essay", of.essays[0])}")',
    "nodes": lambda of: f"(ids: {json.dumps(of.nodes)})",
}
"""By field of Query, with the ids of a school."""


def query_of(name: str, of: School) -> str:
    return document((name,), ARGUMENTS[name](of), selection(object_type("Query").fields[name].type, 1))


def mutation_of(name: str, depth: int = 1) -> str:
    field = object_type("Mutation").fields[name]
    return f"mutation ($input: {field.args['input'].type}) {{ {name}(input: $input){selection(field.type, depth)} }}"


def asked_of(kind: str, name: str, of: School) -> dict[str, Any]:
    """The body of a request for a root field, with all that it takes."""
    match kind:
        case "Query":
            return {"query": query_of(name, of)}
        case "Mutation":
            return {"query": mutation_of(name), "variables": {"input": CHANGES[name].by_owner(of)}}
        case _:
            return {"query": f"subscription {{ {name}{selection(object_type(kind).fields[name].type, 0)} }}"}


def unknown(like: School) -> School:
    """As large, of ids that are nobody's."""
    return School("nobody", *([uuid4() for _ in ids] for ids in like.kinds.values()))


def signed_in(user_id: str) -> dict[str, str]:
    token = jwt.decode(bearer(user_id)["Authorization"].removeprefix("Bearer "), SECRET)
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'HS256'}, token.claims | {'org_id': ORG}, SECRET)}"}


async def told_to(client: httpx.AsyncClient, user_id: str, query: str, **variables: Any) -> dict[str, Any]:
    """The answer, less what no two answers share."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables}, headers=signed_in(user_id))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    del body["extensions"]["upstream"]
    for error in body.get("errors", []):
        del error["extensions"]["correlationId"]
    return body


def mentioned(school: School, answer: dict[str, Any]) -> list[str]:
    """What is said of a school."""
    uuids = [str(each) for ids in school.kinds.values() for each in ids]
    return [each for each in (*uuids, *school.nodes, f"{school.user_id}.") if each in str(answer)]
