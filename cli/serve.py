"""`serve`: one service, until SIGTERM."""

# ruff: noqa: PLC0415
# Each process loads its own service and no other.

import os
import signal
import threading
from contextlib import suppress

from starlette.applications import Starlette

from cli.environment import load
from cli.errors import CommandError
from cli.ports import require_free
from kit.app import serve as serve_app
from kit.settings import Settings


def serve(service: str, *, with_parent: bool) -> int:
    if with_parent:
        threading.Thread(target=_stop_with_parent, name="parent", daemon=True).start()
    app, settings = _application(service)
    require_free([settings])
    serve_app(app, settings)
    return 0


def _application(service: str) -> tuple[Starlette, Settings]:
    match service:
        case "cms":
            from cms_service.app import create_app as create_cms
            from cms_service.settings import CmsSettings

            cms = load(CmsSettings, os.environ)
            return create_cms(cms), cms
        case "ras":
            from ras_service.app import create_app as create_ras
            from ras_service.settings import RasSettings

            ras = load(RasSettings, os.environ)
            return create_ras(ras), ras
        case _:
            from gateway.app import create_app as create_gateway
            from gateway.settings import GatewaySettings

            gateway = load(GatewaySettings, os.environ)
            try:
                return create_gateway(gateway), gateway
            except (OSError, ValueError) as error:
                raise CommandError(str(error), status=2) from None


def _stop_with_parent() -> None:
    with suppress(OSError):
        while os.read(0, 1024):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
