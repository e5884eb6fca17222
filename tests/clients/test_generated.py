"""What is generated is committed, whole, and what the documents say."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from graphql import Lexer, OperationDefinitionNode, Source, TokenKind, parse, validate

from gateway.schema import schema
from tests.clients.installed import CLIENT, ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("clients")]

GENERATED = CLIENT / "src" / "generated"
DOCUMENTS = [*ROOT.glob("gateway/documents/*.graphql"), *CLIENT.glob("documents/*.graphql")]


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def manifest() -> dict[str, str]:
    """Documents by their ids."""
    found: dict[str, str] = json.loads((GENERATED / "persisted-documents.json").read_text(encoding="utf-8"))
    return found


def operation(text: str) -> str:
    [definition] = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    assert definition.name
    return definition.name.value


def tokens(text: str) -> list[str]:
    """In no order: the manifest sorts fields and arguments."""
    lexer, found = Lexer(Source(text)), []
    while lexer.advance().kind != TokenKind.EOF:
        found.append(str(lexer.token))
    return sorted(found)


def test_what_is_committed_is_what_the_documents_make(client: Path, tmp_path: Path) -> None:
    subprocess.run(["node", "codegen.mjs", tmp_path / "made"], cwd=client, check=True, timeout=60)
    assert contents(GENERATED) == contents(tmp_path / "made"), "run `make typescript` and commit the result"


def test_a_document_that_the_graph_does_not_know_is_refused(client: Path, tmp_path: Path) -> None:
    """In a copy of what it reads, with a schema that lacks a field."""
    read = ("clients/typescript/codegen.mjs", "clients/typescript/documents", "gateway/documents")
    for name in read:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-r", ROOT / name, tmp_path / name], check=True)
    (tmp_path / "clients/typescript/node_modules").symlink_to(client / "node_modules")
    sdl = (ROOT / "schema.graphql").read_text(encoding="utf-8")
    (tmp_path / "schema.graphql").write_text(
        sdl.replace("processingPhase: PhaseName", "phase: PhaseName", 1), encoding="utf-8"
    )
    done = subprocess.run(["node", tmp_path / read[0]], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert 'Cannot query field "processingPhase" on type "Batch".' in done.stderr


def test_the_manifest_holds_each_document_under_its_hash() -> None:
    for key, text in manifest().items():
        assert key == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert {operation(text): tokens(text) for text in manifest().values()} == {
        operation(text): tokens(text) for text in (path.read_text(encoding="utf-8") for path in DOCUMENTS)
    }


def test_the_manifest_is_valid() -> None:
    assert [error for text in manifest().values() for error in validate(schema._schema, parse(text))] == []


def test_the_typed_documents_carry_the_manifests_ids_and_texts() -> None:
    typed = (GENERATED / "graphql.ts").read_text(encoding="utf-8")
    assert sorted(re.findall(r'\{"hash":"([^"]+)"\}', typed)) == sorted(manifest())
    carried = re.findall(r'new TypedDocumentString\((".*"), \{"hash":"([^"]+)"\}\)', typed)
    assert {key: json.loads(text) for text, key in carried} == manifest()


def test_every_change_that_the_graph_knows_has_a_document() -> None:
    roots = {
        name for text in manifest().values() for name in re.findall(r"^(?:mutation|subscription)[^{]*\{ (\w+)", text)
    }
    kinds = (schema._schema.mutation_type, schema._schema.subscription_type)
    assert roots == {field for kind in kinds if kind for field in kind.fields}


@pytest.mark.parametrize(
    ("statement", "complaint"),
    [
        ("graph.query(DashboardDocument, { first: 'x' })", "Type 'string' is not assignable to type 'number'"),
        ("graph.query(BatchPageDocument, {})", "Property 'id' is missing"),
        ("graph.mutate(CreateClassDocument, { input: { name: 'x', courseCode: 'FR1' } })", "Type '\"FR1\"' is not"),
        ("graph.query(DashboardDocument, {}).then(({ data }) => data.batches.totalCount)", "is possibly 'null'"),
        ("graph.follow(DashboardDocument, {})", "not assignable"),
    ],
)
def test_a_wrong_use_does_not_compile(client: Path, tmp_path: Path, statement: str, complaint: str) -> None:
    program = f"""
        import {{ TeacherGraph }} from "{client}/src/client.js";
        import {{ BatchPageDocument, CreateClassDocument, DashboardDocument }} from "{client}/src/generated/graphql.js";
        export const graph = new TeacherGraph({{ url: "", token: () => "" }});
        export const used = [BatchPageDocument, CreateClassDocument, DashboardDocument];
        export const made = {statement};
    """
    (tmp_path / "wrong.ts").write_text(program, encoding="utf-8")
    config = {
        "extends": f"{client}/tsconfig.json",
        "compilerOptions": {"rootDir": "/", "noEmit": True, "typeRoots": [f"{client}/node_modules/@types"]},
        "include": ["wrong.ts"],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    done = subprocess.run([client / "node_modules/.bin/tsc"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [line for line in done.stdout.splitlines() if not line.startswith(("wrong.ts", " "))] == []
    assert complaint in done.stdout
