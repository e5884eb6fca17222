"""Whether the servers of Node can take part, and their packages."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "node"
NAMES = ("mercurius", "yoga", "apollo")
PACKAGES = ("mercurius", "graphql-yoga", "@envelop/graphql-jit", "@apollo/server", "graphql-jit", "undici")
_LEAST = 20
_INSTALL_SECONDS = 300


class NoNodeError(Exception):
    """Why not."""


def found(say: Callable[[str], None]) -> tuple[str, ...]:
    """The names of all, or of none when they cannot take part; it is said why."""
    try:
        _install(say)
    except NoNodeError as error:
        say(f"Without the servers of Node: {error}")
        return ()
    return NAMES


def _install(say: Callable[[str], None]) -> None:
    """The packages of the lock, unless they are there. Raises NoNodeError."""
    version = node_version()
    if version < _LEAST:
        raise NoNodeError(f"Node.js {_LEAST} or newer is needed, and this is {version}")
    installed, locked = FOLDER / "node_modules" / ".package-lock.json", FOLDER / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= locked.stat().st_mtime:
        return
    say(f"Installing the packages of {FOLDER.name}/")
    _run("npm", "ci", "--prefer-offline", "--loglevel=error")
    installed.touch()


def node_version() -> int:
    """The major one. Raises NoNodeError."""
    return int(_run("node", "--print", "parseInt(process.versions.node)"))


def versions() -> dict[str, str]:
    """Of what is installed."""
    packages = {name: FOLDER / "node_modules" / name / "package.json" for name in PACKAGES}
    found = {name: json.loads(file.read_bytes())["version"] for name, file in packages.items() if file.exists()}
    return {"node": _run("node", "--print", "process.versions.node"), **found} if found else {}


def _run(program: str, *arguments: str) -> str:
    if shutil.which(program) is None:
        raise NoNodeError(f"there is no {program}")
    done = subprocess.run(
        [program, *arguments], cwd=FOLDER, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    if done.returncode:
        raise NoNodeError(f"{program} {arguments[0]} failed: {done.stderr.strip()[-300:]}")
    return done.stdout.strip()
