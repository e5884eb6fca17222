"""One upstream call: identity and deadline out, a typed answer or an error of our own tree back."""

import asyncio
import time
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar
from urllib.parse import quote

import msgspec
import structlog
from msgspec import Struct

from gateway import tracing
from gateway.metrics.calls import CallMetrics, outcome_of
from gateway.upstreams.answer import Answer, GarbageError, NoAnswerError
from gateway.upstreams.http1.request import Always, Request
from gateway.upstreams.joining import Flight, Flights, Key
from gateway.upstreams.refusals import LATE, UNUSABLE, verdict_of
from gateway.upstreams.sending import Sender
from kit import auth
from kit.call import CORRELATION_ID, DEADLINE_MS, Call, current_call
from kit.errors import DeadlineError, ExternalServiceError, ServiceError
from kit.incoming import incoming
from kit.responses import encode_json
from kit.tracing import AnySpan, outgoing
from kit.tracing.spans import Silent, Span

T = TypeVar("T")
log = structlog.get_logger("upstream")

_SUCCESSFUL = (200, 201, 204)
RESERVE_SECONDS = 0.1
"""Left of the budget when the last upstream call gives up: time to answer without it."""


class UpstreamCall(Struct, gc=False):
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


class Session(Struct, eq=False):
    """On whose behalf one request's upstream calls are made, and which were."""

    user_id: str
    calls: list[UpstreamCall] = []
    running: set[asyncio.Future[Any]] = set()

    def cancel(self) -> None:
        """Batched loads run in tasks of their own, which outlive a cancelled request unless they are told."""
        for each in self.running:
            each.cancel()


@dataclass(frozen=True, slots=True)
class Limits:
    """In seconds. `join_within`: how long after its beginning a read can be joined by others that are the same."""

    timeout: float
    join_within: float = 0


class Asked(Struct, frozen=True, gc=False):
    """What `Upstream.call` is asked for. `key`: of those that may share it, None for nobody."""

    method: str
    endpoint: str
    path: str
    query: str
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
        self.always = Always(credentials, (auth.USER_ID, CORRELATION_ID, DEADLINE_MS))
        self.limits = limits
        self.metrics = metrics
        self.flights = Flights(limits.join_within)

    def call(
        self,
        session: Session,
        method: str,
        endpoint: str,
        answer: type[T],
        *,
        at: Mapping[str, object] | None = None,
        query: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        keys: int | None = None,
        again: bool | None = None,
        join: bool = True,
    ) -> Awaitable[T]:
        """`endpoint` is the path, with the names of what `at` holds in braces. `keys`: how many it asks for at once.

        `query`: of `query_of`. `answer` is NoneType where there is none.
        `again`: it does no harm to be sent twice, as a GET does none.
        `join`: an answer will do that another caller of the same teacher waits for already.
        Raises RefusedError, ExternalServiceError, UnavailableError or DeadlineError.
        """
        path = _filled(endpoint, *at.items()) if at else endpoint
        content = None if body is None else encode_json(body)
        repeatable = method == "GET" if again is None else again
        # Headers are not in it: those of a read that differ are the teacher's, and what follows a trace.
        key = (session.user_id, method, path, query, content) if repeatable and join and not headers else None
        return self._asked(
            session, Asked(method, endpoint, path, query, headers, content, keys, repeatable, key), answer
        )

    async def _asked(self, session: Session, asked: Asked, answer: type[T]) -> T:
        """Again where somebody else's call was joined, and ended for want of the time that is still left here."""
        while True:
            made = UpstreamCall(self.name, asked.method, asked.path, asked.keys or 1)
            session.calls.append(made)
            call, now = current_call.get(), time.monotonic()
            until = min(now + self.limits.timeout, call.expires_at - RESERVE_SECONDS)
            told = tracing.calling(self.name, self.sender.address, asked.method, asked.endpoint)
            flight = self.flights.of(asked.key, now, until)
            if flight.sent:
                made.joined = True
                self.metrics.joined(self.name, asked.method, asked.endpoint)
            else:
                flight.send(self.sender, self._request(session, asked, call, told, until - now))
            failure: BaseException | None = None
            waiter = flight.board(until)
            session.running.add(waiter)
            try:
                await waiter
                received = flight.received()
                made.status = received.status
                if not flight.outlived(until):
                    return self._decoded(made, flight, received, answer)
            except (TimeoutError, NoAnswerError, GarbageError) as error:
                failure = self._translated(made, error)
                if not flight.outlived(until):
                    raise failure from error
            except BaseException as error:
                failure = self._named(error)
                raise
            finally:
                session.running.discard(waiter)
                self._end(asked, made, told, failure, time.monotonic() - now, counts=flight.leave(waiter))
                if not asked.repeatable:
                    self.flights.changed(session.user_id)

    def _end(
        self,
        asked: Asked,
        made: UpstreamCall,
        told: Span | Silent,
        failure: BaseException | None,
        seconds: float,
        *,
        counts: bool,
    ) -> None:
        made.ms = int(seconds * 100_000) / 100
        outcome = outcome_of(made.status, failure)
        if counts:
            self.metrics.called(self.name, asked.method, asked.endpoint, outcome, seconds, keys=asked.keys)
        if told.recording:
            tracing.called(told, made.status, outcome)

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, ServiceError):
            error.service = self.name
        return error

    def _request(self, session: Session, asked: Asked, call: Call, told: AnySpan, seconds: float) -> Request:
        more = outgoing(call.traceparent, told)
        if asked.content is not None:
            more["Content-Type"] = "application/json"
        if asked.headers:
            more.update(asked.headers)
        values = session.user_id, call.correlation_id, str(max(0, int(seconds * 1000)))
        return Request(
            asked.method, asked.path, asked.query, more, asked.content, asked.repeatable, self.always, values
        )

    def _decoded(self, made: UpstreamCall, flight: Flight, received: Answer, answer: type[T]) -> T:
        """Once for all who wait. Not a compressed one, which we never ask for."""
        wanted: Any = answer
        value: T
        if flight.decoded and flight.decoded[0] == wanted:
            value = flight.decoded[1]
            return value
        usual = received.status == 200 and received.content_type == "application/json" and not received.content_encoding
        body = received.body if usual else self._checked(made, received)
        try:
            value = _decoder(wanted).decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._garbage(str(error)) from None
        flight.decoded = wanted, value
        return value

    def _checked(self, made: UpstreamCall, received: Answer) -> bytes:
        status, body = received.status, received.body
        if received.content_encoding not in ("", "identity"):
            raise self._garbage("a compressed body")
        if 200 <= status < 300 and body and not received.content_type.startswith("application/json"):
            raise self._garbage("another content type than JSON")
        if status not in _SUCCESSFUL:
            raise self._failure(made, body)
        return body if status != 204 else b"null"

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


@lru_cache
def _decoder(of: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(incoming(of))


@lru_cache(maxsize=4096)
def _filled(endpoint: str, *at: tuple[str, object]) -> str:
    return endpoint.format_map({name: quote(str(value), safe="") for name, value in at})
