"""One request, and what has come of its answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from gateway.upstreams.answer import Answer, Landed, Outcome

if TYPE_CHECKING:
    from gateway.upstreams.http1.connection import Connection


class Exchange:
    # Not in __init__, which every call pays for.
    connection: "Connection | None" = None
    """Over which it is sent, once it is."""
    outcome: Outcome | None = None
    status = 0
    content_type = ""
    content_encoding = ""
    size = 0
    head = 0
    fruitless = 0
    """Bytes since the last one of a body."""
    delimited = False
    """It says itself where it ends."""

    def __init__(self, request: bytes, landed: Landed, given_up: "Callable[[Exchange], None]", *, again: bool) -> None:
        self.request = request
        self.again = again
        self.chunks: list[bytes] = []
        self._landed: Landed | None = landed
        self._given_up = given_up

    @property
    def wanted(self) -> bool:
        return self._landed is not None

    def land(self, outcome: Outcome) -> None:
        """Nothing, where it was cancelled."""
        landed, self._landed = self._landed, None  # they refer to each other
        if landed:
            landed(outcome)

    def cancel(self) -> None:
        """Nothing, where it has landed."""
        if self._landed:
            self._landed = None
            self._given_up(self)

    def begin_again(self) -> None:
        """What has come of the answer was provisional."""
        self.status = 0
        self.content_type = self.content_encoding = ""
        self.delimited = False

    def answer(self) -> Answer:
        chunks = self.chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return Answer(self.status, self.content_type, self.content_encoding, body)
