"""Ports, looked at before anything slow is started."""

import errno
import socket
import time
from collections.abc import Iterable
from contextlib import ExitStack

from cli.errors import CommandError
from kit.settings import Settings


def require_free(services: Iterable[Settings], *, patience: float = 0) -> None:
    """Raises CommandError for a port that cannot be had, when it is in use only after `patience` seconds."""
    give_up = time.monotonic() + patience
    # All are held at once: two services on one port is a port in use, too.
    with ExitStack() as held:
        for service in services:
            while not _take(service, held):
                if time.monotonic() >= give_up:
                    raise CommandError(f"port {service.port} is in use ({service.variables()['port']} sets another)")
                time.sleep(0.1)


def _take(service: Settings, held: ExitStack) -> bool:
    """False while it is in use."""
    try:
        held.enter_context(socket.create_server((service.host, service.port)))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return False
        raise CommandError(f"cannot listen on {service.host} port {service.port}: {error.strerror or error}") from None
    return True
