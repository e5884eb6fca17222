"""A connection that a network forgot: nobody ends it, and nothing comes through."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kit.background import background
from kit.listener import Listener


class Network:
    """Between a client and the server; `forget` swallows what the connections of now still say."""

    def __init__(self, host: str, port: int) -> None:
        self.server = (host, port)
        self.forgotten = 0
        self.connections = 0
        self.port = 0

    def forget(self) -> None:
        self.forgotten = self.connections

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with await asyncio.start_server(self._connect, "127.0.0.1", 0) as listening:
            self.port = listening.sockets[0].getsockname()[1]
            yield

    async def _connect(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        there, here = await asyncio.open_connection(*self.server)
        nth = self.connections
        try:
            await asyncio.gather(self._carry(nth, reader, here), self._carry(nth, there, writer))
        finally:
            here.close()
            writer.close()

    async def _carry(self, nth: int, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                if nth > self.forgotten:
                    writer.write(data)
        except ConnectionError:
            pass
        writer.close()


async def notify(url: str, payload: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SELECT pg_notify('tests', :payload)"), {"payload": payload})
    await engine.dispose()


async def test_a_silent_connection_is_found_out_and_made_again(ras_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.listener._BEAT_SECONDS", 0.1)
    monkeypatch.setattr("kit.listener._BEAT_ANSWER_SECONDS", 0.2)
    url = make_url(ras_url)
    assert url.host
    assert url.port
    network = Network(url.host, url.port)
    heard = asyncio.Queue[str]()
    async with network.open():
        listener = Listener(url.set(host="127.0.0.1", port=network.port).render_as_string(hide_password=False))
        listener.on("tests", heard.put_nowait, lambda: heard.put_nowait("connected"))
        async with background(listener.run()), asyncio.timeout(10):
            assert await heard.get() == "connected"
            await notify(ras_url, "1")
            assert await heard.get() == "1"
            network.forget()
            await notify(ras_url, "2")
            assert await heard.get() == "connected"
            await notify(ras_url, "3")
            assert await heard.get() == "3"
