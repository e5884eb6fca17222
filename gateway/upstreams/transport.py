"""One upstream call: identity and deadline out, a typed answer or an error of our own tree back."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import msgspec
import structlog

from gateway.upstreams.refusals import LATE, UNUSABLE, verdict_of
from kit import auth
from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT, current_call
from kit.errors import DeadlineError, ExternalServiceError, ServiceError

T = TypeVar("T")
log = structlog.get_logger("upstream")

_SUCCESSFUL = (200, 201, 204)
RESERVE_SECONDS = 0.1
"""Left of the budget when the last upstream call gives up: time to answer without it."""


@dataclass(slots=True)
class UpstreamCall:
    """One line of `extensions.upstream`; `status` is None when no answer came."""

    service: str
    method: str
    path: str
    keys: int
    status: int | None = None
    ms: float = 0


@dataclass(slots=True)
class Session:
    """On whose behalf one request's upstream calls are made, and which were."""

    user_id: str
    calls: list[UpstreamCall] = field(default_factory=list)
    running: set[asyncio.Task[Any]] = field(default_factory=set)

    def cancel(self) -> None:
        """Batched loads run in tasks of their own, which outlive a cancelled request unless they are told."""
        for task in self.running:
            task.cancel()


@dataclass(frozen=True, slots=True)
class Limits:
    """`timeout` in seconds, `max_body` in bytes."""

    timeout: float
    max_body: int


class Upstream:
    """Errors name `title` to the client, and `name` in their extensions."""

    def __init__(
        self,
        name: str,
        title: str,
        client: httpx.AsyncClient,
        credentials: Mapping[str, str],
        limits: Limits,
    ) -> None:
        self.name = name
        self.title = title
        self.client = client
        self.credentials = credentials
        self.limits = limits

    async def call(
        self,
        session: Session,
        method: str,
        path: str,
        answer: type[T],
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        keys: int = 1,
    ) -> T:
        """`answer` is NoneType where there is none.

        Raises RefusedError, ExternalServiceError, UnavailableError or DeadlineError.
        """
        made = UpstreamCall(self.name, method, path, keys)
        session.calls.append(made)
        request = self.client.build_request(
            method,
            path,
            params=params,
            content=None if body is None else msgspec.json.encode(body),
            headers={**self._headers(session, has_body=body is not None), **(headers or {})},
        )
        begun = time.perf_counter()
        try:
            async with self._translated(made), cancellable(session), asyncio.timeout(self._seconds()):
                received = await self._send(request, made)
                return self._decode(made, received, answer)
        except ServiceError as error:
            error.service = self.name
            raise
        finally:
            made.ms = round((time.perf_counter() - begun) * 1000, 2)

    def _headers(self, session: Session, *, has_body: bool) -> dict[str, str]:
        call = current_call.get()
        headers = {
            **self.credentials,
            auth.USER_ID: session.user_id,
            CORRELATION_ID: call.correlation_id,
            DEADLINE_MS: str(max(0, int(self._seconds() * 1000))),
        }
        if call.traceparent:
            headers[TRACEPARENT] = call.traceparent
        if has_body:
            headers["Content-Type"] = "application/json"
        return headers

    def _seconds(self) -> float:
        return min(self.limits.timeout, current_call.get().remaining() - RESERVE_SECONDS)

    async def _send(self, request: httpx.Request, made: UpstreamCall) -> bytes:
        response = await self.client.send(request, stream=True)
        try:
            made.status = response.status_code
            return await self._read(response)
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response) -> bytes:
        """The body as sent; a compressed one, which we never ask for, could be a bomb."""
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self._garbage("a compressed body")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > self.limits.max_body:
                raise self._garbage(f"more than {self.limits.max_body} bytes")
        if response.is_success and body and not response.headers.get("content-type", "").startswith("application/json"):
            raise self._garbage("another content type than JSON")
        return bytes(body)

    def _decode(self, made: UpstreamCall, body: bytes, answer: type[T]) -> T:
        if made.status not in _SUCCESSFUL:
            raise self._failure(made, body)
        try:
            return msgspec.json.decode(body if made.status != 204 else b"null", type=answer)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._garbage(str(error)) from None

    def _failure(self, made: UpstreamCall, body: bytes) -> ServiceError:
        assert made.status
        verdict = verdict_of(made.status)
        tell = log.error if verdict.alarming else log.warning
        tell("unsuccessful", service=self.name, path=made.path, status=made.status)
        return verdict.failure(self.title, made.status, body)

    def _garbage(self, reason: str) -> ExternalServiceError:
        log.warning("unusable answer", service=self.name, reason=reason)
        return ExternalServiceError(f"The {self.title} {UNUSABLE.said}")

    @asynccontextmanager
    async def _translated(self, made: UpstreamCall) -> AsyncIterator[None]:
        try:
            yield
        except (TimeoutError, httpx.TimeoutException) as error:
            log.warning("timeout", service=self.name, path=made.path)
            raise DeadlineError(f"The {self.title} {LATE.said}") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            log.warning("no answer", service=self.name, path=made.path, reason=repr(error))
            raise ExternalServiceError(f"The {self.title} could not be reached.") from error


@asynccontextmanager
async def cancellable(session: Session) -> AsyncIterator[None]:
    task = asyncio.current_task()
    assert task
    session.running.add(task)
    try:
        yield
    finally:
        session.running.discard(task)
