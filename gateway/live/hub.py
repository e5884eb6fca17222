"""Everybody who follows a teacher, and the channels that they share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.context import Upstreams
from gateway.live.channel import Channel, Member
from gateway.live.cursor import Cursor
from gateway.live.inbox import Inbox, Slowness
from gateway.live.source import POLL_SECONDS, Source, Update
from gateway.settings import GatewaySettings
from gateway.upstreams.sending import Sender
from gateway.upstreams.transport import Upstream
from kit.errors import UnavailableError

START_SECONDS = 5
"""That a subscriber waits for a service which does not say where it stands."""


@dataclass(frozen=True, slots=True)
class Told:
    """`cursor`: pass it on to be told what comes after."""

    update: Update
    cursor: Cursor


class Subscriber:
    def __init__(self, inbox: Inbox, members: Mapping[str, Member], after: Cursor) -> None:
        self._inbox = inbox
        self._members = members
        self._cursor = after
        self._patient_until = asyncio.get_running_loop().time() + START_SECONDS

    async def next(self) -> Told:
        """Raises CursorExpiredError."""
        await self._begun()
        update = await self._inbox.take()
        # Its own sequence, and of the other service what was told or passed over before it.
        others = {name: self._passed(name, member) for name, member in self._members.items()}
        self._cursor = self._cursor._replace(**(others | {update.service: update.seq}))
        return Told(update, self._cursor)

    async def _begun(self) -> None:
        """A cursor without a place in one service would lose what that tells until the cursor is used.

        So nothing is told before there is one in each; but a service that is away may not silence the other for long.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._patient_until):
                for member in self._members.values():
                    await member.known.wait()

    def _passed(self, name: str, member: Member) -> int | None:
        """Never what still waits to be told."""
        if not self._inbox.waiting[name]:
            return member.position
        told: int | None = getattr(self._cursor, name)
        return member.start if told is None else told


@dataclass(slots=True)
class Shared:
    channel: Channel
    polling: "asyncio.Task[None]"
    subscribers: int = 0


@dataclass
class Hub:
    """`teachers`: how many can be followed at once. `limit`: updates that are kept for a slow subscriber."""

    sources: Sequence[Source]
    teachers: int
    limit: int
    slowness: Slowness = field(default_factory=Slowness)
    _shared: dict[tuple[str, str], Shared] = field(default_factory=dict)
    _tasks: "set[asyncio.Task[None]]" = field(default_factory=set)

    @contextmanager
    def follow(self, user_id: str, after: Cursor, wanted: Callable[[Update], bool]) -> Iterator[Subscriber]:
        """Raises UnavailableError when too many teachers are followed already."""
        inbox = Inbox(self.limit, self.slowness)
        with ExitStack() as stack:
            members = {
                source.name: stack.enter_context(self._member(source, user_id, after, inbox, wanted))
                for source in self.sources
            }
            yield Subscriber(inbox, members, after)

    @property
    def channels(self) -> int:
        return len(self._shared)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Hub"]:
        """At its end nothing is polled any more."""
        try:
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @contextmanager
    def _member(
        self, source: Source, user_id: str, after: Cursor, inbox: Inbox, wanted: Callable[[Update], bool]
    ) -> Iterator[Member]:
        with self._channel(source, user_id) as channel:
            member = Member(channel, inbox, getattr(after, source.name), wanted)
            following = self._start(member.run())
            try:
                yield member
            finally:
                following.cancel()
                member.leave()

    @contextmanager
    def _channel(self, source: Source, user_id: str) -> Iterator[Channel]:
        key = source.name, user_id
        shared = self._shared.get(key)
        if shared is None or shared.channel.failure:
            shared = self._shared[key] = self._opened(source, user_id)
        shared.subscribers += 1
        try:
            yield shared.channel
        finally:
            shared.subscribers -= 1
            if not shared.subscribers:
                shared.polling.cancel()
                if self._shared.get(key) is shared:
                    del self._shared[key]

    def _opened(self, source: Source, user_id: str) -> Shared:
        if len(self._shared) >= self.teachers * len(self.sources):
            raise UnavailableError(f"No more than {self.teachers} teachers can be followed at once.")
        channel = Channel(source, user_id)
        return Shared(channel, self._start(channel.run()))

    def _start(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def make_hub(settings: GatewaySettings, upstreams: Upstreams, cms_polls: Sender, ras_polls: Sender) -> Hub:
    """The senders are for polls that wait."""
    sources = [patient(upstreams.cms, cms_polls), patient(upstreams.ras, ras_polls)]
    return Hub(sources, settings.live_connections, settings.max_waiting_updates)


def patient(upstream: Upstream, polls: Sender) -> Source:
    limits = replace(upstream.limits, timeout=POLL_SECONDS)
    waiting = Upstream(upstream.name, upstream.title, polls, upstream.credentials, limits, metrics=upstream.metrics)
    return Source(upstream, waiting)
