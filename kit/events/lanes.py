"""Which lanes this relay owns. Relays share them evenly, and take over what one leaves or dies with."""

import random
from collections.abc import Set as AbstractSet

from kit.events.outbox import LANES
from kit.events.session import Session

# Advisory locks (_CLASS, lane); each relay also shares the one after the last lane, to be counted.
_CLASS = 0x6576
_MEMBERS = f"""
    SELECT pid, pid = pg_backend_pid() AS own FROM pg_locks
    WHERE locktype = 'advisory' AND classid = {_CLASS} AND objid = {LANES} AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    ORDER BY pid
"""  # noqa: S608  constants of ours
_JOIN = f"SELECT pg_advisory_lock_shared({_CLASS}, {LANES})"
_TAKE = f"SELECT pg_try_advisory_lock({_CLASS}, $1::int) AS taken"
_LEAVE = f"SELECT pg_advisory_unlock({_CLASS}, lane) FROM unnest($1::int[]) AS lane"  # noqa: S608


def share(rank: int, relays: int) -> int:
    """How many lanes the relay of this rank (from 0) has."""
    each, extra = divmod(LANES, relays)
    return each + (rank < extra)


class Lanes:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._owned: set[int] = set()
        self._leaving: set[int] = set()

    @property
    def active(self) -> frozenset[int]:
        """From which new work may be taken."""
        return frozenset(self._owned - self._leaving)

    async def join(self) -> None:
        await self._session.fetch(_JOIN)

    async def rebalance(self, busy: AbstractSet[int]) -> frozenset[int]:
        """Answers the lanes that are new. A lane is left when nothing of it is under way, which `busy` tells."""
        members = await self._session.fetch(_MEMBERS)
        wanted = share([member["own"] for member in members].index(True), len(members))
        self._leaving = set(sorted(self._owned)[wanted:])
        await self._leave(self._leaving - busy)
        return await self._take(wanted - len(self._owned))

    async def _leave(self, lanes: AbstractSet[int]) -> None:
        if lanes:
            self._owned -= lanes
            self._leaving -= lanes
            await self._session.fetch(_LEAVE, list(lanes))

    async def _take(self, number: int) -> frozenset[int]:
        taken: set[int] = set()
        free = list(set(range(LANES)) - self._owned)
        random.shuffle(free)  # relays that start together do not all ask for the same
        for lane in free:
            if len(taken) >= number:
                break
            if (await self._session.fetch(_TAKE, lane))[0]["taken"]:
                taken.add(lane)
        self._owned |= taken
        return frozenset(taken)
