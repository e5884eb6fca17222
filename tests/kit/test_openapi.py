"""What `/openapi.json` and `/docs` say, and that they say it alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html.parser import HTMLParser
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from jsonschema import Draft202012Validator
from msgspec import UNSET, Meta, UnsetType
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from kit.auth import InternalCredentials
from kit.errors import ConflictError, NotFoundError
from kit.openapi import Answer, Parameter, operation
from kit.openapi.document import document
from kit.openapi.page import page
from kit.openapi.parameters import LIMIT

Document = dict[str, Any]


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass
class NewCup:
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    colour: Colour = Colour.RED


@dataclass
class Cup:
    """Of a `kitchen`.

    With & without <handles>.
    """

    id: UUID
    made_at: datetime
    washed_at: datetime | None
    broken_at: datetime | UnsetType = UNSET


@operation(summary="Cups.", query=[LIMIT, Parameter("colour", list[Colour])], answers={200: list[Cup]})
async def list_cups(_: Request) -> Response:
    return Response()


@operation(
    summary="Make a cup.",
    headers=[Parameter("Idempotency-Key", str)],
    body=NewCup,
    answers={201: Cup},
    errors=[ConflictError],
)
async def make_cup(_: Request) -> Response:
    return Response()


@operation(method="GET", summary="A cup.", answers={200: Answer(Cup, "The <cup>.")}, errors=[NotFoundError])
@operation(method="DELETE", summary="Break a cup.", answers={204: None}, errors=[NotFoundError])
async def cup(_: Request) -> Response:
    return Response()


async def undescribed(_: Request) -> Response:
    return Response()


def routes(*more: BaseRoute) -> list[BaseRoute]:
    guard = Middleware(InternalCredentials, key="key", services=["gateway"], user_required=True)
    cups = [
        Route("/cups", list_cups),
        Route("/cups", make_cup, methods=["POST"]),
        Route("/cups/{cup_id}", cup, methods=["GET", "DELETE"]),
    ]
    return [Mount("/v1", routes=[*cups, *more], middleware=[guard])]


@pytest.fixture(scope="module")
def cups() -> Document:
    return document(routes(), "Cups", "1.0")


ALWAYS = {"400", "401", "500", "503", "504"}


def test_each_method_of_a_path_has_its_own_operation(cups: Document) -> None:
    assert {path: {*item} for path, item in cups["paths"].items()} == {
        "/v1/cups": {"get", "post"},
        "/v1/cups/{cup_id}": {"get", "delete"},
    }
    named = [each["operationId"] for item in cups["paths"].values() for each in item.values()]
    assert named == ["list_cups", "make_cup", "delete_cup", "get_cup"]


def test_an_operation_says_what_it_takes_and_answers(cups: Document) -> None:
    listed, made = cups["paths"]["/v1/cups"]["get"], cups["paths"]["/v1/cups"]["post"]
    assert [each for each in listed["parameters"] if "$ref" not in each] == [
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
            "description": "How many items a page holds.",
        },
        {
            "name": "colour",
            "in": "query",
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Colour"}},
        },
    ]
    assert made["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewCup"}}},
    }
    assert made["security"] == [{"InternalKey": [], "Service": [], "User": []}]
    assert {*listed["responses"]} == ALWAYS | {"200"}
    assert {*made["responses"]} == ALWAYS | {"201", "409", "413", "415"}
    assert {*made["responses"]["201"]["headers"]} == {"Location", "X-Correlation-ID"}
    assert {*made["responses"]["401"]["headers"]} == {"WWW-Authenticate", "X-Correlation-ID"}
    assert {*made["responses"]["409"]["headers"]} == {"X-Correlation-ID"}
    [identified] = (
        each for each in cups["paths"]["/v1/cups/{cup_id}"]["get"]["parameters"] if each.get("in") == "path"
    )
    assert (identified["schema"], identified["required"]) == ({"type": "string", "format": "uuid"}, True)
    assert "content" not in cups["paths"]["/v1/cups/{cup_id}"]["delete"]["responses"]["204"]


def test_schemas_are_the_contracts_with_their_moments(cups: Document) -> None:
    moment = {"type": "string", "format": "date-time"}
    assert cups["components"]["schemas"]["Cup"] == {
        "title": "Cup",
        "description": "Of a `kitchen`.\n\nWith & without <handles>.",
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "made_at": moment,
            "washed_at": {"anyOf": [moment, {"type": "null"}]},
            "broken_at": moment,
        },
        "required": ["id", "made_at", "washed_at"],
    }
    assert cups["components"]["schemas"]["Colour"] == {"title": "Colour", "type": "string", "enum": ["blue", "red"]}


def test_an_error_has_the_rest_body_with_its_own_code(cups: Document) -> None:
    conflict = cups["paths"]["/v1/cups"]["post"]["responses"]["409"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**conflict, "components": cups["components"]})
    body: Document = {"code": "CONFLICT", "message": "", "correlation_id": "e3e70682-c209-1cac-a29f-6fbed82c07cd"}
    assert validator.is_valid({"error": body})
    assert not validator.is_valid({"error": {**body, "code": "GONE"}})
    assert not validator.is_valid({"error": {**body, "fields": ["name"]}})
    assert not validator.is_valid({"detail": "no"})
    wrong = cups["paths"]["/v1/cups"]["post"]["responses"]["400"]["content"]["application/json"]["schema"]
    validator = Draft202012Validator({**wrong, "components": cups["components"]})
    assert not validator.is_valid({"error": {**body, "code": "VALIDATION_ERROR"}})
    assert validator.is_valid(
        {"error": {**body, "code": "VALIDATION_ERROR", "fields": [{"field": "name", "message": "no"}]}}
    )


def test_an_endpoint_that_nobody_described_is_no_document() -> None:
    with pytest.raises(LookupError, match=r"undescribed has no description for GET"):
        document(routes(Route("/saucers", undescribed)), "Cups", "1.0")
    with pytest.raises(ValueError, match=r"GET /v1/cups is there twice"):
        document(routes(Route("/cups", list_cups)), "Cups", "1.0")


async def test_every_schema_and_reference_of_the_services_holds(cms: httpx.AsyncClient, ras: httpx.AsyncClient) -> None:
    for service in (cms, ras):
        answer = await service.get("/openapi.json", headers={"X-Internal-API-Key": "", "X-Service-ID": ""})
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
        told = answer.json()
        assert told["openapi"] == "3.1.0"
        assert {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"} < {*told["paths"]}
        for schema in told["components"]["schemas"].values():
            Draft202012Validator.check_schema(schema)
        for reference in _references(told):
            found = told
            for part in reference.removeprefix("#/").split("/"):
                found = found[part]
        named = [each["operationId"] for item in told["paths"].values() for each in item.values()]
        assert len(named) == len({*named})


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def test_a_document_is_the_same_in_every_process() -> None:
    script = (
        "from hashlib import sha256; from tests.support.apps import *; from kit.openapi.document import document;"
        "from kit.responses import encode_json;"
        "app = create_cms(CmsSettings(internal_api_key=SecretStr(KEY), database_url=UNUSED_URL));"
        "print(sha256(encode_json(document(app.routes, 'CMS', '1'))).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


class Reader(HTMLParser):
    """The page's text, its anchors, and the elements that were not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.ids, self.links = "", set[str](), set[str]()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(name)
        self.ids |= {given["id"] or ""} if "id" in given else set()
        self.links |= {given["href"] or ""} if "href" in given else set()
        if name not in {"meta", "link"}:
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_has_it_all_and_what_it_tells_is_text(cups: Document) -> None:
    read = Reader(page(cups))
    assert not read.open
    assert {"list_cups", "make_cup", "get_cup", "delete_cup", "schema-Cup", "schema-NewCup"} <= read.ids
    assert {each[1:] for each in read.links if each.startswith("#")} <= read.ids
    for told in ("The <cup>.", "With & without <handles>.", "/v1/cups/{cup_id}", "CONFLICT", "Location", "≥ 1"):
        assert told in read.text
    assert {"script", "cup", "handles"}.isdisjoint(read.tags)


async def test_the_page_may_do_nothing(ras: httpx.AsyncClient) -> None:
    answer = await ras.get("/docs", headers={"X-Internal-API-Key": "", "X-Service-ID": ""})
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert policy[1].startswith("style-src 'sha256-")
    assert policy[2:] == ["img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]
