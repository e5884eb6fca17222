"""What an upstream's status is to a client: one table, whatever its body says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from kit.errors import DeadlineError, ExternalServiceError, ServiceError, UnavailableError


class RefusedError(ExternalServiceError):
    """The upstream found our request wrong. Whoever knows what it asked may tell the client what that means.

    `answered` and `upstream_code` are the upstream's status and error code, `fields` its messages by field: of its own
    words, and never for a client as they are.
    """

    def __init__(self, message: str, answered: int, upstream_code: str, fields: Mapping[str, str]) -> None:
        super().__init__(message)
        self.answered = answered
        self.upstream_code = upstream_code
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Verdict:
    """`said` goes on from "The … service". `alarming`: no request will succeed before somebody of ours mends it."""

    error: type[ServiceError]
    said: str
    alarming: bool = False

    def failure(self, title: str, status: int, body: bytes) -> ServiceError:
        message = f"The {title} {self.said}"
        return refused(message, status, body) if self.error is RefusedError else self.error(message)


REFUSED = Verdict(RefusedError, "did not accept the request.")
BUSY = Verdict(UnavailableError, "is not available at the moment.")
LATE = Verdict(DeadlineError, "did not answer in time.")
UNUSABLE = Verdict(ExternalServiceError, "did not answer as it should.")
OUR_CREDENTIALS = Verdict(ExternalServiceError, "did not answer as it should.", alarming=True)

VERDICTS: Mapping[int, Verdict] = {
    400: REFUSED,
    401: OUR_CREDENTIALS,
    403: OUR_CREDENTIALS,
    404: REFUSED,
    409: REFUSED,
    410: REFUSED,
    413: REFUSED,
    422: REFUSED,
    # The gateway called too often, not its client.
    429: BUSY,
    503: BUSY,
    504: LATE,
}
"""By status; every other one but success is UNUSABLE."""


def verdict_of(status: int) -> Verdict:
    return VERDICTS.get(status, UNUSABLE)


def refused(message: str, status: int, body: bytes) -> RefusedError:
    told = _told(body)
    return RefusedError(message, status, told.code, {each.field: each.message for each in told.fields})


@dataclass
class _Field:
    field: str
    message: str = ""


@dataclass
class _Failure:
    code: str = ""
    fields: list[_Field] = field(default_factory=list)


@dataclass
class _ErrorBody:
    error: _Failure


def _told(body: bytes) -> _Failure:
    try:
        return msgspec.json.decode(body, type=_ErrorBody).error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _Failure()
