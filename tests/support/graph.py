"""Asking the graph."""

import base64
from typing import Any
from uuid import UUID

import httpx


async def ask(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """The whole answer."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    body: dict[str, Any] = answer.json()
    return body


async def data(client: httpx.AsyncClient, query: str, **variables: Any) -> dict[str, Any]:
    """The data of an answer without errors."""
    answer = await ask(client, query, **variables)
    assert "errors" not in answer, answer["errors"]
    found: dict[str, Any] = answer["data"]
    return found


def global_id(type_name: str, uuid: UUID) -> str:
    return base64.b64encode(f"{type_name}:{uuid}".encode()).decode()
