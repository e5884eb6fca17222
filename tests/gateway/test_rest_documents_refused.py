"""Documents and descriptions that stop the process, which names them."""

from pathlib import Path

import pytest

from gateway.rest.description import DocumentError
from tests.gateway.test_rest_documents import BATCH, BATCH_TOML, routes, served

SOME_TOML = """
path = "/bff/v1/some"
summary = "Some."
[parameters.ids]
description = "Which."
[answer]
"""
WRONG = {
    "syntax": (BATCH + "}", BATCH_TOML, "batch.graphql: Syntax Error"),
    "unknown field": (BATCH.replace("classId", "klass"), BATCH_TOML, "batch.graphql: Cannot query field 'klass'"),
    "a mutation": ("mutation { __typename }", BATCH_TOML, "batch.graphql: "),
    "two operations": (BATCH + "query Two { viewer { userId } }", BATCH_TOML, "batch.graphql: must be one query"),
    "a directive": (
        BATCH.replace("batchId\n", "batchId @include(if: true)\n"),
        BATCH_TOML,
        "batch.graphql: must have neither fragments nor directives",
    ),
    "a fragment": (
        BATCH.replace("batchId\n", "... on Batch { batchId }\n"),
        BATCH_TOML,
        "batch.graphql: must have neither fragments nor directives",
    ),
    "no TOML": (BATCH, "path", "batch.toml: "),
    "a misspelt key": (BATCH, BATCH_TOML.replace("summary", "sumary"), "batch.toml: Object contains unknown field"),
    "nothing answered": (
        BATCH,
        BATCH_TOML.partition("[answer]")[0],
        "batch.toml: Object missing required field `answer`",
    ),
    "another place": (BATCH, BATCH_TOML.replace("/bff/", "/v1/"), "batch.toml: path must begin with /bff/"),
    "a parameter too many": (
        BATCH,
        BATCH_TOML.replace("[answer]", '[parameters.x]\ndescription = "X."\n[answer]'),
        "batch.toml: the document has no variable for the parameter x",
    ),
    "a parameter missing": (
        BATCH.replace("$after: String", "$after: String, $x: Int").replace("first: 2", "first: $x"),
        BATCH_TOML,
        "batch.toml: no parameter is for the variable $x",
    ),
    "required in the query": (
        BATCH.replace("$after: String", "$after: String!"),
        BATCH_TOML,
        "batch.toml: the parameter after must be in the path when it is required, and only then",
    ),
    "optional in the path": (
        BATCH,
        BATCH_TOML.replace("{batch_id}", "{batch_id}/{after}"),
        "batch.toml: the parameter after must be in the path when it is required, and only then",
    ),
    "in the path, unknown": (
        BATCH,
        BATCH_TOML.replace("{batch_id}", "{batch_id}/{page}"),
        "batch.toml: no parameter is for {page} in the path",
    ),
    "a type that no parameter has": (
        "query Some($ids: [ID!] = []) { nodes(ids: $ids) { id } }",
        SOME_TOML,
        "batch.toml: the parameter ids cannot be of the type [ID!]",
    ),
    "a default that is refused": (
        "query Some($ids: Int = 5) { batches(first: $ids) { totalCount } }",
        SOME_TOML.replace("[answer]", "maximum = 4\n[answer]"),
        "batch.toml: the parameter ids has a default that it would refuse: Expected `int` <= 4",
    ),
    "a default of an enumeration": (
        "query Some($ids: [BatchStatus!] = [READY]) { batches(status: $ids) { totalCount } }",
        SOME_TOML,
        "batch.toml: the parameter ids has a default that it would refuse: Invalid enum value 'READY'",
    ),
    "a limit that no whole number has": (
        "query Some($ids: Int = 5) { batches(first: $ids) { totalCount } }",
        SOME_TOML.replace("[answer]", "maximum = 2147483648\n[answer]"),
        "batch.toml: Expected `int` <= 2147483647",
    ),
    "a number in the path": (
        "query Some($ids: Int!) { batches(first: $ids) { totalCount } }",
        SOME_TOML.replace("/some", "/some/{ids}"),
        "batch.toml: the parameter ids is in the path, so it must be an ID",
    ),
    "not selected": (
        BATCH,
        BATCH_TOML.replace('"className"', '"courseCode"'),
        "batch.toml: courseCode: leads to courseCode, which the document does not select",
    ),
    "by another name": (
        BATCH,
        BATCH_TOML.replace("found.classInfo", "batch.classInfo"),
        "batch.toml: batch.classInfo: leads to batch, which the document does not select",
    ),
    "behind a text": (
        BATCH,
        BATCH_TOML.replace("found!.batchId", "found!.batchId.x"),
        "batch.toml: found!.batchId.x: leads to x, which the document does not select",
    ),
    "through a list": (
        BATCH,
        BATCH_TOML.replace("found.essays.edges", "found.essays.edges.node"),
        "batch.toml: found.essays.edges.node: leads through a list before node: it needs fields",
    ),
    "an object without fields": (
        BATCH,
        BATCH_TOML.replace('"node.nlp.stage"', '"node.nlp"'),
        "batch.toml: node.nlp: needs fields",
    ),
    "fields of a text": (
        BATCH,
        BATCH_TOML.replace('"node.nlp.stage"', '{ path = "cursor", fields = { x = "y" } }'),
        "batch.toml: cursor: fields are for an object, and String is none",
    ),
    "fields of an enumerated value": (
        BATCH,
        BATCH_TOML.replace('"node.nlp.stage"', '{ path = "node.nlp.stage", fields = { x = "y" } }'),
        "batch.toml: node.nlp.stage: fields are for an object, and ProcessingStage is none",
    ),
    "a default of another type": (
        BATCH,
        BATCH_TOML.replace('default = "?"', "default = 5"),
        "batch.toml: node.filename: Expected `str`, got `int`",
    ),
    "an unknown parameter": (
        BATCH,
        BATCH_TOML.replace("$batch_id", "$batch"),
        "batch.toml: $batch: there is no such parameter",
    ),
}


@pytest.mark.parametrize(("document", "description", "message"), WRONG.values(), ids=WRONG)
def test_a_bad_document_stops_the_process_and_is_named(
    tmp_path: Path, document: str, description: str, message: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        routes(served(tmp_path, document, description))
    assert str(refused.value).startswith(message)


@pytest.mark.parametrize("name", ["batch.graphql", "batch.toml"])
def test_one_file_without_the_other_stops_the_process(tmp_path: Path, name: str) -> None:
    (served(tmp_path) / name).unlink()
    with pytest.raises(DocumentError, match=f"^{name}: is missing$"):
        routes(tmp_path)
