"""A manifest that is not in order stops the start, and says which document of which file it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.app import create_app
from gateway.context import Identity
from gateway.execution import Engine
from gateway.http.request import GraphQLRequest
from gateway.schema import schema
from gateway.trusted.documents import Documents
from gateway.trusted.kept import Kept
from gateway.trusted.manifest import ManifestError, digest_of, listed
from tests.gateway.trusted_callers import VIEWER, document_id, manifest
from tests.support.apps import GATEWAY

EXAMPLE = "query ($id: ID!) {\n  user(id: $id) {\n    name\n  }\n}"
MANIFEST = Path(__file__).parents[2] / "clients/typescript/src/generated/persisted-documents.json"


def start(*paths: Path, mode: str = "prefer") -> None:
    create_app(GATEWAY.model_copy(update={"trusted_documents": mode, "trusted_documents_files": paths}))


def complaint(*paths: Path) -> str:
    with pytest.raises(ManifestError) as caught:
        start(*paths)
    return str(caught.value)


def test_the_hash_is_the_specifications() -> None:
    """Its own example."""
    assert digest_of(EXAMPLE) == "7dba4bd717b41f10434822356a93c32b1fb4907b983e854300ad839f84cdcd6e"


def test_what_the_typescript_build_writes_is_in_order() -> None:
    start(MANIFEST)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b'{"a": 1}', b"\xff", b'{"a": "b"', b"[" * 100_000, b'{"a": {"b": "c"}}']
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    assert complaint(path) == f'{path} is no manifest, which is JSON: {{"sha256:…": "text"}}'


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none") == f"{tmp_path / 'none'} cannot be read: No such file or directory"


def test_an_empty_one_is_refused(tmp_path: Path) -> None:
    path = manifest(tmp_path / "empty.json")
    assert complaint(path) == f"{path} lists no documents"


@pytest.mark.parametrize("key", [document_id(EXAMPLE), document_id(VIEWER)[7:], document_id(VIEWER).upper(), "x", ""])
def test_a_document_under_another_hash_is_refused(tmp_path: Path, key: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({key: VIEWER}), encoding="utf-8")
    assert complaint(path) == f"{path}: {key!r} is not the hash of its document, which is {document_id(VIEWER)}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ viewer {", "Syntax Error"),
        ("", "Syntax Error"),
        ("{ nothing }", "Cannot query field 'nothing' on type 'Query'."),
        ("{ " + "viewer { userId } " * 400 + "}", "Syntax Error: Document contains more than 1000 tokens."),
    ],
)
def test_a_document_that_the_graph_refuses_is_named(tmp_path: Path, text: str, reason: str) -> None:
    good, bad = manifest(tmp_path / "good.json", VIEWER), manifest(tmp_path / "bad.json", VIEWER, text)
    assert complaint(good, bad).startswith(f"{bad}: {document_id(text)}: {reason}")


def test_in_the_mode_off_no_manifest_is_read(tmp_path: Path) -> None:
    start(tmp_path / "none", mode="off")


def test_trusted_documents_are_planned_before_anybody_asks(tmp_path: Path) -> None:
    engine = Engine(schema, GATEWAY.document_limits, GATEWAY.max_deferred_parts)
    trusted = listed([manifest(tmp_path / "manifest.json", VIEWER)])
    documents = Documents(engine, "prefer", trusted=trusted, kept=Kept(1, 1000))
    # With the operation's name and without, since a request may leave it out.
    assert engine.plans.statistics.compiled == 2
    asked = [GraphQLRequest(query=text) for text in (VIEWER, VIEWER + " ")]
    teacher = Identity("teacher-1", None, ("teacher",))
    assert [documents.prepared(each, teacher).trusted for each in asked] == [True, False]


def use(kept: Kept, *uses: Any) -> str:
    """A text is kept under itself; a set of one is looked up. What is left, in any order."""
    for each in uses:
        if isinstance(each, set):
            kept.get(*each)
        else:
            kept.keep(each, each)
    return "".join(sorted(each for each in "abcdef" if kept.get(each)))


def test_the_least_used_text_goes_first() -> None:
    assert use(Kept(2, 10_000), "a", "b", {"a"}, "c") == "ac"
    assert use(Kept(2, 10_000), "a", "b", "a", "c") == "ac"
    assert use(Kept(0, 10_000), "a") == ""


def test_what_is_kept_takes_no_more_bytes_than_it_may() -> None:
    kept = Kept(1000, 2000)
    for n in range(100):
        kept.keep(str(n), str(n) * 100)
        assert kept.used <= 2000
    assert 5 <= len(kept) <= 12
    kept.keep("large", "x" * 2000)
    assert kept.get("large") is None
    assert kept.get("99")
