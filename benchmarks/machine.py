"""What it was measured on."""

import os
import platform
from dataclasses import dataclass, field
from importlib.metadata import version

from benchmarks.stubbed import node
from kit.embedded_programs import MAJOR_VERSION

_PACKAGES = (
    "strawberry-graphql",
    "graphql-core",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "httpx",
    "msgspec",
    "fastapi",
    "pydantic",
)


def _versions() -> dict[str, str]:
    """Node's too, where it is installed with the packages of its servers."""
    return {name: version(name) for name in _PACKAGES} | node.versions()


@dataclass(frozen=True, slots=True)
class Machine:
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    system: str = field(default_factory=lambda: f"{platform.system()} {platform.machine()}")
    python: str = field(default_factory=platform.python_version)
    postgresql: int = MAJOR_VERSION
    versions: dict[str, str] = field(default_factory=_versions)
