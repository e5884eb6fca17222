"""A teacher's reads that are the same and under way at once are sent once.

The first caller's is sent, and whoever asks the same meanwhile waits for its answer, each for as long as they have
time; it is given up when nobody waits any more. Nobody joins what began before a change of the same teacher was over.
"""

import asyncio
from types import TracebackType
from typing import Any, TypeAlias

from gateway.upstreams.answer import Answer, Outcome
from gateway.upstreams.deadlines import Deadlines
from gateway.upstreams.http1.request import Request
from gateway.upstreams.sending import Sender, Sending

Key: TypeAlias = tuple[str, str, str, str, bytes | None]
"""The teacher, and what is asked for: method, path, query, body."""
LATE_STATUS = 504


class Flight:
    """One call under way. `begun` and `until`, which is what the upstream was told, are of `time.monotonic()`."""

    # Not in __init__, which every call pays for.
    decoded: tuple[Any, Any] | None = None
    """As what, and the value: once for all who wait, for nobody changes what an upstream answered."""
    sent = False
    _counted = False
    _outcome: Outcome | None = None
    _traceback: TracebackType | None = None
    _sending: Sending | None = None

    def __init__(self, key: Key | None, flights: "Flights", begun: float, until: float) -> None:
        self.key = key
        self.flights = flights
        self.begun = begun
        self.until = until
        self._waiting: list[asyncio.Future[None]] = []

    def send(self, sender: Sender, request: Request) -> None:
        self.sent = True
        try:
            sending = sender.send(request, self._land)
        except Exception as error:  # noqa: BLE001  raised where somebody waits
            self._land(error)
        else:
            if self._outcome is None:
                self._sending = sending

    def board(self, until: float) -> asyncio.Future[None]:
        """What to wait for, until then at most; whoever does has to leave."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        if self._outcome is None:
            self.flights.deadlines.add(waiter, until)
        else:
            waiter.set_result(None)
        return waiter

    def received(self) -> Answer:
        """After the wait. Raises TimeoutError where that was too long, and what sending it raised."""
        outcome = self._outcome
        if isinstance(outcome, Answer):
            return outcome
        raise TimeoutError if outcome is None else outcome.with_traceback(self._traceback)  # without others' additions

    def outlived(self, until: float) -> bool:
        """Whether it ended for want of time, as far as the upstream was told, for one who has more."""
        if self.until >= until:
            return False
        outcome = self._outcome
        return outcome.status == LATE_STATUS if isinstance(outcome, Answer) else isinstance(outcome, TimeoutError)

    def leave(self, waiter: asyncio.Future[None]) -> bool:
        """True once: when it has an outcome, or when nobody waits for one any more, which gives it up."""
        self.flights.deadlines.remove(waiter)
        self._waiting.remove(waiter)
        if not self._waiting and self._sending:
            self.flights.close(self)
            self._sending.cancel()
        if self._counted or (self._waiting and self._outcome is None):
            return False
        self._counted = True
        return True

    def _land(self, outcome: Outcome) -> None:
        self._outcome, self._sending = outcome, None
        if isinstance(outcome, Exception):
            self._traceback = outcome.__traceback__
        self.flights.close(self)
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)


class Flights:
    """Of one upstream. `within`: how many seconds after its beginning a read can be joined; 0 joins none.

    It bounds what one that hangs takes along, and how old an answer can be after a change that another process made.
    """

    def __init__(self, within: float) -> None:
        self.deadlines = Deadlines()
        self._within = within
        self._open: dict[Key, Flight] = {}

    def of(self, key: Key | None, now: float, until: float) -> Flight:
        """The one that is under way already, or one still to be sent; without a key, nobody else's."""
        if key is None:
            return Flight(None, self, now, until)
        flight = self._open.get(key)
        if flight is None or now - flight.begun >= self._within:
            flight = self._open[key] = Flight(key, self, now, until)
        return flight

    def close(self, flight: Flight) -> None:
        """Nobody joins it any more."""
        if flight.key is not None and self._open.get(flight.key) is flight:
            del self._open[flight.key]

    def changed(self, user_id: str) -> None:
        """What is under way for this teacher may have been read before the change."""
        for key in [each for each in self._open if each[0] == user_id]:
            del self._open[key]
