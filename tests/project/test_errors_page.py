"""docs/errors.md is what the code tells, and every code of the contract is there."""

import re
from pathlib import Path

import pytest

from cli.main import main
from gateway import errors as of_graph
from gateway.catalogue import catalogue
from gateway.upstreams.refusals import UNUSABLE, VERDICTS
from kit import errors as of_all
from kit.errors import ServiceError, kinds

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"

CODES = {
    "VALIDATION_ERROR": 400,
    "AUTHENTICATION_ERROR": 401,
    "AUTHORIZATION_ERROR": 403,
    "RESOURCE_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "REQUEST_TIMEOUT": 408,
    "CONFLICT": 409,
    "GONE": 410,
    "PAYLOAD_TOO_LARGE": 413,
    "URL_TOO_LONG": 414,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMIT": 429,
    "HEADERS_TOO_LARGE": 431,
    "INTERNAL_SERVER_ERROR": 500,
    "EXTERNAL_SERVICE_ERROR": 502,
    "SERVICE_UNAVAILABLE": 503,
    "TIMEOUT": 504,
    # Of the graph alone
    "NOT_CONFIGURED": 501,
    "CURSOR_EXPIRED": 410,
    "PERSISTED_QUERY_NOT_FOUND": 404,
    "PERSISTED_QUERY_NOT_SUPPORTED": 400,
}


def test_the_page_is_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["errors"]) == 0
    assert capsys.readouterr().out == PAGE.read_text(encoding="utf-8"), "run `make errors` and commit the result"


def test_every_code_is_told_once_with_its_status() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| (?:yes|no) \| \S.* \|$", catalogue(), re.MULTILINE)
    assert len(rows) == len(dict(rows))
    assert {code: int(status) for code, status in rows} == CODES


def test_a_class_elsewhere_has_no_code_of_its_own() -> None:
    """It would be missing in the catalogue."""
    catalogued = {of_all.__name__, of_graph.__name__}
    elsewhere = [
        each for each in kinds() if each.__module__ not in catalogued and each.__module__.startswith("gateway")
    ]
    assert elsewhere
    assert [each for each in elsewhere if "code" in vars(each)] == []


def test_each_class_says_what_it_means_itself() -> None:
    own = [each for each in kinds(ServiceError) if each.__module__ in {of_all.__name__, of_graph.__name__}]
    assert len({each.meaning for each in own}) == len({each.code for each in own}) == len(own)


def test_what_an_upstream_says_is_never_the_clients_fault() -> None:
    assert {each.error.status // 100 for each in (*VERDICTS.values(), UNUSABLE)} == {5}
