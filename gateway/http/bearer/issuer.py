"""The issuer's keys: fetched beside the requests, kept, and looked at again when they may have changed."""

import asyncio
import re
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from gateway.http.bearer.jwks import IssuedKeys, issued_keys
from gateway.http.bearer.keys import Key

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger("issuer")

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?(\d{1,9})\b", re.ASCII)
_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `longest` between two looks, `cooldown` at least, whoever asks; `stale` that a set is kept without one.

    `timeout` is a whole look's.
    """

    longest: float
    cooldown: float
    stale: float
    timeout: float


class IssuerKeys:
    """`changed` is called when there is another set, or none any more."""

    def __init__(self, url: str, pace: Pace, max_body: int, changed: Callable[[], None]) -> None:
        self.keys: IssuedKeys | None = None
        self._url = url
        self._pace = pace
        self._max_body = max_body
        self._changed = changed
        self._client: httpx.AsyncClient | None = None
        self._looking: asyncio.Task[None] | None = None
        self._next: asyncio.TimerHandle | None = None
        self._seen = self._cool = 0.0

    @property
    def usable(self) -> bool:
        return self.keys is not None and self.keys.usable

    def find(self, algorithm: str, kid: str | None) -> Key | None:
        return self.keys.find(algorithm, kid) if self.keys else None

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """The first look has begun, and is not waited for: an issuer that is away is no reason not to start."""
        import httpx  # noqa: PLC0415  it takes 5 MiB, and whoever has a key file needs none of it

        async with httpx.AsyncClient(
            headers=_HEADERS,
            timeout=None,  # noqa: S113  a look has a deadline as a whole
            follow_redirects=False,
            trust_env=False,
            verify=ssl.create_default_context(),
        ) as client:
            self._client = client
            self._begin(client)
            try:
                yield
            finally:
                self._client = None
                await self._end()

    async def look(self) -> None:
        """Waits for a look, the one under way if there is one. Nothing, where one ended within the cooldown."""
        looking = self._looking
        if looking is None:
            if self._client is None or time.monotonic() < self._cool:
                return
            looking = self._begin(self._client)
        # Whoever stops waiting does not stop those who wait for the same.
        await asyncio.wait([looking])

    def _begin(self, client: "httpx.AsyncClient") -> asyncio.Task[None]:
        if self._next:
            self._next.cancel()
        # In no request's context: its log lines, and those of the looks that follow, are about none.
        self._looking = asyncio.create_task(self._look(client), context=Context())
        return self._looking

    async def _end(self) -> None:
        if self._looking:
            self._looking.cancel()
            await asyncio.wait([self._looking])
        if self._next:
            self._next.cancel()

    async def _look(self, client: "httpx.AsyncClient") -> None:
        lasts = self._pace.cooldown
        try:
            async with asyncio.timeout(self._pace.timeout):
                document, cache_control = await self._fetched(client)
            self._take(issued_keys(document))
            lasts = lasting(cache_control, self._pace)
        except Exception as error:  # noqa: BLE001  whatever it was, the last good set stays
            log.warning("issuer's keys not loaded", reason=repr(error))
            self._drop_stale()
        finally:
            self._looking = None
        self._cool = time.monotonic() + self._pace.cooldown
        self._next = asyncio.get_running_loop().call_later(lasts, self._begin, client)

    async def _fetched(self, client: "httpx.AsyncClient") -> tuple[bytes, str]:
        """Raises httpx.HTTPError, or ValueError for what is no answer to take."""
        async with client.stream("GET", self._url) as response:
            if response.status_code != 200:
                raise ValueError(f"status {response.status_code}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise ValueError("compressed, unasked")
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._max_body:
                    raise ValueError(f"more than {self._max_body} bytes")
            return bytes(body), response.headers.get("cache-control", "")

    def _take(self, keys: IssuedKeys) -> None:
        self._seen = time.monotonic()
        if keys != self.keys:
            log.info("issuer's keys", kids=sorted(kid for _, kid in keys.named), skipped=keys.skipped)
            self.keys = keys
            self._changed()

    def _drop_stale(self) -> None:
        if self.keys and time.monotonic() - self._seen > self._pace.stale:
            log.error("issuer's keys are stale", seconds=round(time.monotonic() - self._seen))
            self.keys = None
            self._changed()


def lasting(cache_control: str, pace: Pace) -> float:
    """Seconds that an answer is good for: as it says, within our bounds."""
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return pace.cooldown
    found = _MAX_AGE.search(said)
    return max(pace.cooldown, min(pace.longest, int(found[1]) if found else pace.longest))
