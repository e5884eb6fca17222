"""Clients that are behind with what is sent to them, and hardly take any of it."""

from asyncio import AbstractEventLoop, TimerHandle, Transport

_SLOWEST = 4096
"""Bytes a second that such a client has to take."""
_LOOK_SECONDS = 10


class Behind:
    """From the transport's word to pause until its word to go on."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop = loop
        self._look: TimerHandle | None = None

    def begin(self, transport: Transport) -> None:
        if self._look is None:
            self._wait(transport)

    def end(self) -> None:
        if self._look:
            self._look.cancel()
            self._look = None

    def _wait(self, transport: Transport) -> None:
        left = transport.get_write_buffer_size()
        self._look = self._loop.call_later(_LOOK_SECONDS, self._again, transport, left)

    def _again(self, transport: Transport, before: int) -> None:
        if transport.get_write_buffer_size() > before - _SLOWEST * _LOOK_SECONDS:
            transport.abort()
        else:
            self._wait(transport)
