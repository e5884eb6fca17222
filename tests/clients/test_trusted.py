"""What our client sends for a document: its id alone, for as long as the gateway knows it."""

import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from gateway.http.tokens import development_token
from tests.gateway.trusted_callers import FOUND, OTHER, VIEWER, document_id, manifest, serving
from tests.support.apps import GATEWAY
from tests.support.given import TEACHER

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("clients")]

PROGRAM = """
import { TeacherGraph } from "./dist/client.js";
import { TypedDocumentString } from "./dist/generated/graphql.js";

const { GATEWAY_URL, TOKEN, TEXT, ID } = process.env;
const ask = fetch;
const sent = [];
globalThis.fetch = (url, init) => (sent.push(Object.keys(JSON.parse(init.body)).sort()), ask(url, init));
const graph = new TeacherGraph({ url: GATEWAY_URL, token: () => TOKEN, over: "events" });
const told = [];
for (let n = 0; n < 2; n++) {
  await graph.query(new TypedDocumentString(TEXT, { hash: ID }), {}).then(
    ({ data }) => told.push(data),
    ({ code }) => told.push(code),
  );
}
console.log(JSON.stringify({ sent, told }));
"""
BY_ID, BY_TEXT, BY_BOTH = ["documentId", "variables"], ["query", "variables"], ["documentId", "query", "variables"]


async def asked_twice(client: Path, url: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "--eval", PROGRAM),
        cwd=client,
        env=os.environ
        | {"GATEWAY_URL": url, "TOKEN": development_token(GATEWAY, TEACHER), "TEXT": VIEWER, "ID": document_id(VIEWER)},
        stdout=subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found


async def test_a_trusted_document_goes_by_its_id(client: Path, tmp_path: Path) -> None:
    files = (manifest(tmp_path / "manifest.json", VIEWER),)
    async with serving(trusted_documents_files=files, trusted_documents="only") as url:
        assert await asked_twice(client, url) == {"sent": [BY_ID, BY_ID], "told": [FOUND, FOUND]}


async def test_one_that_is_not_known_is_kept_from_then_on(client: Path) -> None:
    async with serving() as url:
        assert await asked_twice(client, url) == {"sent": [BY_ID, BY_BOTH, BY_ID], "told": [FOUND, FOUND]}
        assert await asked_twice(client, url) == {"sent": [BY_ID, BY_ID], "told": [FOUND, FOUND]}


async def test_without_ids_it_goes_by_its_text(client: Path) -> None:
    async with serving(trusted_documents="off") as url:
        assert await asked_twice(client, url) == {"sent": [BY_ID, BY_TEXT, BY_TEXT], "told": [FOUND, FOUND]}


async def test_one_that_is_not_trusted_is_refused(client: Path, tmp_path: Path) -> None:
    files = (manifest(tmp_path / "manifest.json", OTHER),)
    async with serving(trusted_documents_files=files, trusted_documents="only") as url:
        refused = ["AUTHORIZATION_ERROR"] * 2
        assert await asked_twice(client, url) == {"sent": [BY_ID, BY_BOTH, BY_ID, BY_BOTH], "told": refused}
