"""compose.yaml as a document, and its variables replaced as Compose replaces them."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PATH = ROOT / "compose.yaml"
SAMPLES = {
    "INTERNAL_API_KEY": "an-internal-key",
    "CMS_DATABASE_PASSWORD": "cmsSecret1",
    "RAS_DATABASE_PASSWORD": "rasSecret2",
}
"""Those that Compose asks for."""
PASSED_ON = {
    "GATEWAY_JWT_JWKS_URL": "https://identity.test/.well-known/jwks.json",
    "GATEWAY_METRICS_TOKEN": "a-token-of-the-tests",
}
"""Of those that it passes on when they are given."""
OURS = ("cms", "ras", "gateway")
VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?P<operator>:[?-])(?P<rest>[^}]*)\}")

DOCUMENT: dict[str, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]


def replaced(text: str, variables: Mapping[str, str]) -> str:
    """Raises KeyError for a required variable that is not given."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        default = {found["name"]: found["rest"]} if found["operator"] == ":-" else {}
        return {**default, **variables}[found["name"]]

    return VARIABLE.sub(value, text)


def environment(service: str) -> dict[str, str]:
    given: dict[str, Any] = SERVICES[service].get("environment", {})
    written = {name: replaced(str(value), SAMPLES) for name, value in given.items() if value is not None}
    return written | {name: value for name, value in PASSED_ON.items() if name in given}


def variables(service: str) -> set[str]:
    """All that the service may be given."""
    return set(SERVICES[service].get("environment", {}))


def seconds(duration: str) -> int:
    number, unit = int(duration[:-1]), duration[-1]
    return number * {"s": 1, "m": 60}[unit]
