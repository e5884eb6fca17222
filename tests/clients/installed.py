"""The TypeScript client, installed and compiled as `make typescript` does it."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENT = ROOT / "clients" / "typescript"


def require_node() -> None:
    missing = [name for name in ("node", "npm", "make") if shutil.which(name) is None]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")


def compiled() -> Path:
    """The folder of the client. Once at a time, however many workers there are."""
    require_node()
    with (CLIENT / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        succeeded("make", "--silent", "clients/typescript/node_modules/installed", cwd=ROOT)
        succeeded("node_modules/.bin/tsc", cwd=CLIENT)
    return CLIENT


def succeeded(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
