"""`serve`: one service, until SIGTERM."""

# ruff: noqa: PLC0415
# Each process loads its own service and no other, and only when the folder of its metrics is known.

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cli.environment import load
from cli.errors import CommandError
from cli.ports import require_free
from kit.settings import Settings

if TYPE_CHECKING:
    from starlette.applications import Starlette

_STDIN = 0
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY = Path("/dev/shm")  # noqa: S108  writable where nothing else is; a folder of our own is made in it


def serve(service: str, *, with_parent: bool) -> int:
    settings, create = {"cms": _cms, "ras": _ras}.get(service, _gateway)()
    with _shared_metrics(settings.workers):
        app = create()
        from kit.app import serve as serve_app

        require_free([settings])
        serve_app(app, settings, lifeline=_STDIN if with_parent else None)
    return 0


# Each: its settings, and what makes the application of them.


def _cms() -> "tuple[Settings, Callable[[], Starlette]]":
    from cms_service.settings import CmsSettings

    settings = load(CmsSettings, os.environ)

    def create() -> "Starlette":
        from cms_service.app import create_app

        return create_app(settings)

    return settings, create


def _ras() -> "tuple[Settings, Callable[[], Starlette]]":
    from ras_service.settings import RasSettings

    settings = load(RasSettings, os.environ)

    def create() -> "Starlette":
        from ras_service.app import create_app

        return create_app(settings)

    return settings, create


def _gateway() -> "tuple[Settings, Callable[[], Starlette]]":
    from gateway.settings import GatewaySettings

    settings = load(GatewaySettings, os.environ)

    def create() -> "Starlette":
        from gateway.app import create_app

        try:
            return create_app(settings)
        except (OSError, ValueError) as error:
            raise CommandError(str(error), status=2) from None

    return settings, create


@contextmanager
def _shared_metrics(workers: int) -> Iterator[None]:
    """A folder in which the workers add up what they count. The library looks for it when it is imported."""
    if workers == 1:
        yield
        return
    parent = os.environ.get(_METRICS) or (_MEMORY if os.access(_MEMORY, os.W_OK) else None)
    try:
        folder = tempfile.TemporaryDirectory(prefix="teacher-graph-", dir=parent)
    except OSError as error:
        raise CommandError(f"no folder for the workers' metrics ({_METRICS} names another): {error}") from None
    with folder as name:
        os.environ[_METRICS] = name
        yield
