"""What is measured: how each is asked for a page of a teacher's dashboard, and how its answer is read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from gateway.documents import document

PAGE_SIZES = (20, 100)
GRAPH_ROW = '"batchId"'
BFF_ROW = '"batch_id"'


@dataclass(frozen=True, slots=True)
class Row:
    """What every answer holds of a batch, however it spells it."""

    batch_id: str
    title: str | None
    class_name: str | None
    status: str
    phase: str | None
    essays: tuple[int, int, int]
    created_at: datetime
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    total: int
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """`request` takes a caller and a page size, and answers a whole HTTP request; `row_mark` stands once in each row.

    A caller is a token, or what the target's `request` finds one by.
    """

    name: str
    port: int
    request: Callable[[str, int], str]
    page: Callable[[Any], Page]
    row_mark: str


def targets(ports: Mapping[str, int]) -> list[Target]:
    """In the order in which they take turns. `ports` by name."""
    return [
        Target("gateway", ports["gateway"], graph_request, graph_page, GRAPH_ROW),
        Target("bff", ports["bff"], bff_request, bff_page, BFF_ROW),
        Target("floor", ports["floor"], graph_request, graph_page, GRAPH_ROW),
    ]


def graph_request(token: str, first: int) -> str:
    body = json.dumps({"query": document("dashboard"), "variables": {"first": first}})
    return _http("POST", "/graphql", token, body)


def graph_page(answer: Any) -> Page:
    batches = answer["data"]["batches"]
    return Page(batches["totalCount"], tuple(_graph_row(node) for node in batches["nodes"]))


def _graph_row(node: Any) -> Row:
    return Row(
        node["batchId"],
        node["title"],
        node["classInfo"] and node["classInfo"]["className"],
        node["status"].lower(),
        node["processingPhase"] and node["processingPhase"].lower(),
        (node["totalEssays"], node["completedEssays"], node["failedEssays"]),
        datetime.fromisoformat(node["createdAt"]),
        _moment(node["completedAt"]),
    )


def bff_request(token: str, limit: int) -> str:
    return _http("GET", f"/bff/v1/teacher/dashboard?{urlencode({'limit': limit, 'offset': 0})}", token)


def bff_page(answer: Any) -> Page:
    return Page(answer["total_count"], tuple(_bff_row(item) for item in answer["batches"]))


def _bff_row(item: Any) -> Row:
    return Row(
        item["batch_id"],
        item["title"],
        item["class_name"],
        item["status"],
        item["processing_phase"],
        (item["total_essays"], item["completed_essays"], item["failed_essays"]),
        datetime.fromisoformat(item["created_at"]),
        _moment(item["completed_at"]),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _http(method: str, target: str, token: str, body: str = "") -> str:
    headers = ["Host: 127.0.0.1", "Accept: application/json", f"Authorization: Bearer {token}"]
    if body:
        headers += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *headers, "", body])
