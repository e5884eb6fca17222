"""Ports for servers that come and go within a test."""

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """Below those that outgoing connections take: one of them would have it while the server is away."""
    while True:
        port = random.randint(15_000, 32_000)  # noqa: S311  hides nothing
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
