"""PostgreSQL's notifications: one connection per process, however many channels and listeners."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import asyncpg
import structlog
from sqlalchemy import make_url

log = structlog.get_logger("listener")
_CONNECT_SECONDS = 5
# A connection that a network forgot looks alive until somebody uses it.
_BEAT_SECONDS = 10
_BEAT_ANSWER_SECONDS = 5
_FIRST_RETRY_SECONDS = 0.05
_LAST_RETRY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Channel:
    name: str
    heard: Callable[[str], None]
    connected: Callable[[], None]


class Listener:
    """Hears what is committed while it is connected, so each time it is, `connected` says: look for yourself once."""

    def __init__(self, url: str) -> None:
        """`url` is SQLAlchemy's."""
        self._arguments = _arguments(url)
        self._channels: list[Channel] = []
        self._failures = 0

    def on(self, channel: str, heard: Callable[[str], None], connected: Callable[[], None]) -> None:
        """Before `run`. Both are called in the event loop and may not block."""
        self._channels.append(Channel(channel, heard, connected))

    async def run(self) -> None:
        """Until cancelled; a lost connection is made again for as long as that takes."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001  whatever it was, nobody else would listen
                log.warning("not listening", reason=repr(error), failures=self._failures)
            await asyncio.sleep(self._pause())
            self._failures += 1

    def _pause(self) -> float:
        longest = min(_FIRST_RETRY_SECONDS * 2.0 ** min(self._failures, 20), _LAST_RETRY_SECONDS)
        return longest * random.uniform(0.5, 1)  # noqa: S311  spreads replicas, hides nothing

    async def _listen(self) -> None:
        # Not from the pool: that would cost the requests one of theirs, and closes badly when it is cancelled.
        connection = await asyncpg.connect(**self._arguments)
        try:
            await self._hear(connection)
        finally:
            # Nothing is in flight, and a server that is gone would not answer a farewell.
            connection.terminate()

    async def _hear(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        for channel in self._channels:
            await connection.add_listener(channel.name, partial(_pass_on, channel.heard))
        self._failures = 0
        log.info("listening", channels=[channel.name for channel in self._channels])
        for channel in self._channels:
            channel.connected()
        while not ended.is_set():
            try:
                async with asyncio.timeout(_BEAT_SECONDS):  # wait_for of Python 3.11 may swallow a cancellation
                    await ended.wait()
            except TimeoutError:
                await connection.execute("SELECT", timeout=_BEAT_ANSWER_SECONDS)
        log.warning("not listening", reason="the server ended the connection", failures=0)


def _pass_on(heard: Callable[[str], None], _: object, __: int, ___: str, payload: object) -> None:
    heard(str(payload))


def _arguments(url: str) -> dict[str, Any]:
    """What SQLAlchemy would give the driver, without what it keeps for itself."""
    parsed = make_url(url)
    _, arguments = parsed.get_dialect()().create_connect_args(parsed)
    given = {name: value for name, value in arguments.items() if not name.startswith("prepared_statement_")}
    return {**given, "timeout": _CONNECT_SECONDS, "server_settings": {"application_name": "listener"}}
