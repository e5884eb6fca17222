"""A process with the npm clients in it."""

import asyncio
import json
import os
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

from tests.gateway.live.system import SECONDS

PROGRAM = (Path(__file__).parent / "peer.mjs").read_text(encoding="utf-8")


class Peer:
    def __init__(self, process: Process) -> None:
        self._process = process
        self._ids = count(1)
        self._told: defaultdict[int, asyncio.Queue[dict[str, Any]]] = defaultdict(asyncio.Queue)

    async def listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            message = json.loads(line)
            self._told[message.pop("id")].put_nowait(message)

    def operate(self, query: str, /, **variables: Any) -> "Operation":
        """As graphql-ws and graphql-sse do it."""
        return self._begun("operate", query, variables)

    def follow(self, query: str, /, *, seconds: float = 0, **variables: Any) -> "Operation":
        """As our client does it above them. It takes so long to begin."""
        return self._begun("follow", query, variables, seconds)

    def send(self, **command: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(command).encode() + b"\n")

    def _begun(self, does: str, query: str, variables: dict[str, Any], seconds: float = 0) -> "Operation":
        number = next(self._ids)
        self.send(id=number, does=does, query=query, variables=variables, seconds=seconds)
        return Operation(self, number, self._told[number])


class Operation:
    def __init__(self, peer: Peer, id: int, told: "asyncio.Queue[dict[str, Any]]") -> None:
        self._peer = peer
        self._id = id
        self._told = told

    async def hears(self) -> dict[str, Any]:
        """`answer`, `begin` or `end`, whichever comes next."""
        async with asyncio.timeout(SECONDS):
            return await self._told.get()

    async def answer(self) -> dict[str, Any]:
        told = await self.hears()
        assert told.keys() == {"answer"}, told
        answer: dict[str, Any] = told["answer"]
        return answer

    async def next(self) -> dict[str, Any]:
        """The data of the next answer, which has no errors."""
        answer = await self.answer()
        assert not answer.get("errors"), answer
        data: dict[str, Any] = answer["data"]
        return data

    async def end(self) -> Any:
        """What it ended with, unless it is done."""
        told = await self.hears()
        assert told.keys() == {"end"}, told
        return told["end"]

    def stop(self) -> None:
        self._peer.send(id=self._id, does="stop")


@asynccontextmanager
async def peer(client: Path, url: str, over: str, *tokens: str, silence: int = 20_000) -> AsyncIterator[Peer]:
    """Of several tokens each is given once to whoever asks, and the last for ever. `silence` is in milliseconds."""
    process = await asyncio.create_subprocess_exec(
        *("node", "--input-type=module", "--eval", PROGRAM),
        cwd=client,
        env=os.environ | {"GATEWAY_URL": url, "OVER": over, "TOKENS": " ".join(tokens), "SILENCE": str(silence)},
        stdin=PIPE,
        stdout=PIPE,
    )
    made = Peer(process)
    listening = asyncio.create_task(made.listen())
    try:
        yield made
    finally:
        process.kill()
        await process.wait()
        await listening
