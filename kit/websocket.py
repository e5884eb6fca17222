"""A WebSocket as it comes in: what uvicorn's own reader of frames leaves without an end."""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame

from kit.connection import LAST_SECONDS
from kit.errors import invalid
from kit.heads import refusal_bytes

_SLICE = 4096
"""Bytes looked through at a time: a frame may have 6, and costs much more than they do."""
_FRAMES = 1000
"""Pings, pongs and parts of a message that may come in a row without a message being whole."""
_BEHIND = 1_048_576
"""Bytes that a peer may send into a socket that is being closed."""


class WebSocketConnection(WebSocketsSansIOProtocol):
    """Nothing is read while what was read waits, nor while the peer takes nothing: each ping would add a pong."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._rest = b""
        self._going_on = False
        self._frames = 0

    def data_received(self, data: bytes) -> None:
        if not self.handshake_initiated:
            super().data_received(data)
            if not self.handshake_initiated:
                self.transport.write(refusal_bytes(invalid("request", "is no WebSocket handshake")))
                self.transport.close()
        elif not self._rest:
            self._take(data)
        elif len(self._rest) < _BEHIND:
            self._rest += data
        else:
            self.transport.abort()

    def _take(self, data: bytes) -> None:
        super().data_received(data[:_SLICE])
        self._rest = b"" if self.transport.is_closing() else data[_SLICE:]
        if self._rest or not self.writable.is_set():
            self._hold()
        if self.queue.empty():
            self._go_on()

    def _hold(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self.read_paused = True
            self.transport.pause_reading()

    def _go_on(self) -> None:
        """With what is there, else with what comes."""
        if not self.writable.is_set() or self.transport.is_closing():
            return
        if self._rest:
            if not self._going_on:
                self._going_on = True
                self.loop.call_soon(self._continue)
        elif self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()

    def _continue(self) -> None:
        self._going_on = False
        if not self.transport.is_closing():
            self._take(self._rest)

    def shutdown(self) -> None:
        super().shutdown()
        self.loop.call_later(LAST_SECONDS, self.transport.abort)

    async def receive(self) -> Any:
        message = await self.queue.get()
        if self.queue.empty():
            self._go_on()
        return message

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.queue.empty():
            self._go_on()

    # Frames

    def handle_ping(self) -> None:
        super().handle_ping()
        self._count()

    def handle_pong(self, event: Frame) -> None:
        super().handle_pong(event)
        self._count()

    def handle_cont(self, event: Frame) -> None:
        super().handle_cont(event)
        self._count()

    def send_receive_event_to_app(self) -> None:
        self._frames = 0
        if self.curr_msg_data_type == "text" and not self.close_sent and not in_utf8(b"".join(self.frames)):
            # uvicorn would log each with a traceback, and a client could fill the log.
            self.frames = []
            self.conn.fail(CloseCode.INVALID_DATA, "A text has to be in UTF-8.")
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

    def _count(self) -> None:
        self._frames += 1
        if self._frames > _FRAMES and not self.transport.is_closing():
            self.conn.fail(CloseCode.POLICY_VIOLATION, f"More than {_FRAMES} frames in a row without a message.")
            self.handle_parser_exception()


def in_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
