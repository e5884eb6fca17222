"""The upstream calls that an answer of the gateway tells of."""

from collections import Counter
from typing import Any

Call = tuple[str, str, str]
"""Service, method, path."""


def calls(answer: dict[str, Any]) -> Counter[Call]:
    return Counter(
        (each["service"], each["method"], each["path"].removeprefix("/internal"))
        for each in answer["extensions"]["upstream"]
    )


def keys(answer: dict[str, Any]) -> dict[Call, int]:
    """How many were asked for, of calls that are made once."""
    found = {
        (each["service"], each["method"], each["path"].removeprefix("/internal")): each["keys"]
        for each in answer["extensions"]["upstream"]
    }
    assert len(found) == len(answer["extensions"]["upstream"]), answer["extensions"]["upstream"]
    return found


def cms(*paths: str) -> set[Call]:
    """By POST."""
    return {("cms", "POST", f"/v1{path}") for path in paths}


def ras(*paths: str) -> set[Call]:
    """By POST."""
    return {("ras", "POST", f"/v1{path}") for path in paths}


CLASS_INFO: Call = ("cms", "GET", "/v1/batches/class-info")
VALIDATION: Call = ("cms", "GET", "/v1/batches/validation-status")
