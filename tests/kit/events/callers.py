"""Callers of CMS that change classes as fast as they can, and know what was acknowledged."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import httpx

from tests.support.apps import INTERNAL
from tests.support.given import TEACHER

Change = tuple[str, str]
"""A class's id and the name that it was given; no two changes give the same."""


class Callers:
    """`at` has the URLs of the services to ask, `served` how often each answered.

    Each caller's acknowledged changes are in their order; `lost` has the names of those that were cut off.
    """

    def __init__(self, number: int) -> None:
        self.at: list[str] = []
        self.served: Counter[str] = Counter()
        self.acknowledged: dict[int, list[Change]] = defaultdict(list)
        self.lost: set[str] = set()
        self._number = number
        self._names = map(str, count())
        self._classes: list[str] = []
        self._stopping = False

    @asynccontextmanager
    async def calling(self, client: httpx.AsyncClient) -> AsyncIterator[None]:
        """At the end of the block everybody finishes what is begun."""
        async with asyncio.TaskGroup() as tasks:
            for n in range(self._number):
                tasks.create_task(self._call(n, client))
            try:
                yield
            finally:
                self._stopping = True

    async def _call(self, n: int, client: httpx.AsyncClient) -> None:
        while not self._stopping:
            name = next(self._names)
            new = not self._classes or random.random() < 0.1  # noqa: S311
            made = await (self._create(client, name) if new else self._update(client, name))
            if made is None:
                self.lost.add(name)
                continue
            assert made["name"] == name
            self.acknowledged[n].append((made["id"], name))
            if new:
                self._classes.append(made["id"])

    async def _create(self, client: httpx.AsyncClient, name: str) -> Any:
        """Sent again until it is acknowledged, under one key."""
        body, key = {"name": name, "course_codes": ["SV1"]}, {"Idempotency-Key": name}
        while True:
            answer = await self._ask(client, "POST", "/v1/classes", body, key)
            if answer is not None and answer.status_code == 201:
                return answer.json()
            # The one that was cut off may not have ended yet.
            assert answer is None or answer.status_code == 409, answer.text

    async def _update(self, client: httpx.AsyncClient, name: str) -> Any:
        """Sent once; what was not acknowledged may have happened or not."""
        class_id = random.choice(self._classes)  # noqa: S311
        answer = await self._ask(client, "PUT", f"/v1/classes/{class_id}", {"name": name}, {})
        assert answer is None or answer.status_code == 200, answer.text
        return answer and answer.json()

    async def _ask(
        self, client: httpx.AsyncClient, method: str, path: str, body: Any, headers: dict[str, str]
    ) -> httpx.Response | None:
        """None when it was cut off."""
        url = random.choice(self.at)  # noqa: S311
        try:
            answer = await client.request(
                method, url + path, json=body, headers={**INTERNAL, "X-User-ID": TEACHER, **headers}
            )
        except httpx.TransportError:
            return None
        self.served[url] += 1
        return answer
