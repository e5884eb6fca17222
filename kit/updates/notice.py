"""What NOTIFY says when a transaction that told a teacher something is committed."""

from typing import NamedTuple, Self

CHANNEL = "teacher_updates"


class Notice(NamedTuple):
    """Between `first` and `last` the teacher has this transaction's updates alone; `origin` names its process."""

    origin: str
    first: int
    last: int
    user_id: str

    @classmethod
    def parse(cls, payload: str) -> Self:
        """Raises ValueError for what is no notice."""
        origin, first, last, user_id = payload.split(" ")
        return cls(origin, int(first), int(last), user_id)
