"""One upstream call: identity and deadline out, a typed answer or an error of our own tree back."""

import asyncio
import time
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeVar, cast
from urllib.parse import quote

import msgspec
import structlog

from gateway import tracing
from gateway.metrics.calls import CallMetrics, outcome_of
from gateway.upstreams.answer import Answer, GarbageError, NoAnswerError
from gateway.upstreams.joining import Flight, Flights, Key, key_of
from gateway.upstreams.refusals import LATE, UNUSABLE, verdict_of
from gateway.upstreams.sending import Sender
from kit import auth
from kit.call import CORRELATION_ID, DEADLINE_MS, current_call
from kit.errors import DeadlineError, ExternalServiceError, ServiceError
from kit.responses import encode_json
from kit.tracing import AnySpan, outgoing

T = TypeVar("T")
log = structlog.get_logger("upstream")

_SUCCESSFUL = (200, 201, 204)
RESERVE_SECONDS = 0.1
"""Left of the budget when the last upstream call gives up: time to answer without it."""


@dataclass(slots=True)
class UpstreamCall:
    """One line of `extensions.upstream`; `status` is None when no answer came.

    `joined`: not sent, for the same was under way for the same teacher.
    """

    service: str
    method: str
    path: str
    keys: int
    status: int | None = None
    ms: float = 0
    joined: Literal[True] | msgspec.UnsetType = msgspec.UNSET


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
    """In seconds. `join_within`: how long after its beginning a read can be joined by others that are the same."""

    timeout: float
    join_within: float = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What `Upstream.call` is asked for. `key`: of those that may share it, None for nobody."""

    method: str
    endpoint: str
    path: str
    params: Mapping[str, Any] | None
    headers: Mapping[str, str] | None
    content: bytes | None
    keys: int | None
    repeatable: bool
    key: Key | None


class Upstream:
    """Errors name `title` to the client, and `name` in their extensions."""

    def __init__(
        self,
        name: str,
        title: str,
        sender: Sender,
        credentials: Mapping[str, str],
        limits: Limits,
        *,
        metrics: CallMetrics,
    ) -> None:
        self.name = name
        self.title = title
        self.sender = sender
        self.credentials = credentials
        self.limits = limits
        self.metrics = metrics
        self.flights = Flights(limits.join_within)

    async def call(
        self,
        session: Session,
        method: str,
        endpoint: str,
        answer: type[T],
        *,
        at: Mapping[str, object] | None = None,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        keys: int | None = None,
        again: bool | None = None,
        join: bool = True,
    ) -> T:
        """`endpoint` is the path, with the names of what `at` holds in braces. `keys`: how many it asks for at once.

        `answer` is NoneType where there is none. `again`: it does no harm to be sent twice, as a GET does none.
        `join`: an answer will do that another caller of the same teacher waits for already.
        Raises RefusedError, ExternalServiceError, UnavailableError or DeadlineError.
        """
        path = filled(endpoint, at) if at else endpoint
        content = None if body is None else encode_json(body)
        repeatable = method == "GET" if again is None else again
        key = key_of(session.user_id, method, path, params, content) if repeatable and join and not headers else None
        asked = Asked(method, endpoint, path, params, headers, content, keys, repeatable, key)
        answered = await self._asked(session, asked, answer)
        while answered is None:
            answered = await self._asked(session, asked, answer)
        [value] = answered
        return value

    async def _asked(self, session: Session, asked: Asked, answer: type[T]) -> tuple[T] | None:
        """None where somebody else's call was joined, and ended for want of the time that is still left here."""
        made = UpstreamCall(self.name, asked.method, asked.path, asked.keys or 1)
        session.calls.append(made)
        failure: BaseException | None = None
        seconds = self._seconds()
        told = tracing.calling(self.name, self.sender.address, asked.method, asked.endpoint)

        def send() -> Awaitable[Answer]:
            sent = self._headers(session, seconds, asked.headers, told, has_body=asked.content is not None)
            return self.sender.send(asked.method, asked.path, asked.params, sent, asked.content, again=asked.repeatable)

        loop = asyncio.get_running_loop()
        flight, until, joined = self.flights.join(loop, asked.key, seconds, send)
        if joined:
            made.joined = True
        begun = time.perf_counter()
        try:
            with cancellable(session, loop):
                received = await flight.answer(loop, until)
            made.status = received.status
            if flight.outlived(until):
                return None
            return (flight.decoded(answer, lambda: self._decode(made, self._body(received), answer)),)
        except (TimeoutError, NoAnswerError, GarbageError) as error:
            failure = self._translated(made, error)
            if flight.outlived(until):
                return None
            raise failure from error
        except BaseException as error:
            failure = self._named(error)
            raise
        finally:
            self._end(session, asked, made, flight, failure, seconds=time.perf_counter() - begun)
            tracing.called(told, made.status, outcome_of(made.status, failure))

    def _end(
        self,
        session: Session,
        asked: Asked,
        made: UpstreamCall,
        flight: Flight,
        failure: BaseException | None,
        *,
        seconds: float,
    ) -> None:
        made.ms = round(seconds * 1000, 2)
        outcome = outcome_of(made.status, failure)
        if made.joined:
            self.metrics.joined(self.name, asked.method, asked.endpoint)
        if flight.count():
            self.metrics.called(self.name, asked.method, asked.endpoint, outcome, seconds)
            self.metrics.asked(self.name, asked.endpoint, asked.keys)
        if not asked.repeatable:
            self.flights.changed(session.user_id)

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, ServiceError):
            error.service = self.name
        return error

    def _headers(
        self, session: Session, seconds: float, more: Mapping[str, str] | None, told: AnySpan, *, has_body: bool
    ) -> dict[str, str]:
        call = current_call.get()
        headers = {
            **self.credentials,
            auth.USER_ID: session.user_id,
            CORRELATION_ID: call.correlation_id,
            DEADLINE_MS: str(max(0, int(seconds * 1000))),
            **outgoing(call.traceparent, told),
        }
        if has_body:
            headers["Content-Type"] = "application/json"
        if more:
            headers.update(more)
        return headers

    def _seconds(self) -> float:
        return min(self.limits.timeout, current_call.get().remaining() - RESERVE_SECONDS)

    def _body(self, received: Answer) -> bytes:
        """Not a compressed one, which we never ask for."""
        if received.content_encoding not in ("", "identity"):
            raise self._garbage("a compressed body")
        successful = 200 <= received.status < 300
        if successful and received.body and not received.content_type.startswith("application/json"):
            raise self._garbage("another content type than JSON")
        return received.body

    def _decode(self, made: UpstreamCall, body: bytes, answer: type[T]) -> T:
        if made.status not in _SUCCESSFUL:
            raise self._failure(made, body)
        try:
            decoded: T = _decoder(cast(Any, answer)).decode(body if made.status != 204 else b"null")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._garbage(str(error)) from None
        return decoded

    def _failure(self, made: UpstreamCall, body: bytes) -> ServiceError:
        assert made.status
        verdict = verdict_of(made.status)
        tell = log.error if verdict.alarming else log.warning
        tell("unsuccessful", service=self.name, path=made.path, status=made.status)
        return verdict.failure(self.title, made.status, body)

    def _garbage(self, reason: str) -> ExternalServiceError:
        log.warning("unusable answer", service=self.name, reason=reason)
        return ExternalServiceError(f"The {self.title} {UNUSABLE.said}")

    def _translated(self, made: UpstreamCall, error: Exception) -> ServiceError:
        failure: ServiceError
        if isinstance(error, TimeoutError):
            log.warning("timeout", service=self.name, path=made.path)
            failure = DeadlineError(f"The {self.title} {LATE.said}")
        elif isinstance(error, NoAnswerError):
            log.warning("no answer", service=self.name, path=made.path, reason=repr(error))
            failure = ExternalServiceError(f"The {self.title} could not be reached.")
        else:
            failure = self._garbage(str(error))
        failure.service = self.name
        return failure


@contextmanager
def cancellable(session: Session, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    task = asyncio.current_task(loop)
    assert task
    session.running.add(task)
    try:
        yield
    finally:
        session.running.discard(task)


@lru_cache
def _decoder(of: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(of)


def filled(endpoint: str, at: Mapping[str, object]) -> str:
    return endpoint.format_map({name: quote(str(value), safe="") for name, value in at.items()})
