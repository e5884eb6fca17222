"""The errors that a caller may be told, as one tree.

ServiceError
├── ValidationError          400  some input is wrong; `fields` names each
├── AuthenticationError      401
├── AuthorizationError       403  the signed-in role may not
├── NotFoundError            404
├── MethodNotAllowedError    405
├── NotAcceptableError       406
├── RequestTimeoutError      408
├── ConflictError            409
├── GoneError                410
├── PayloadTooLargeError     413
├── UrlTooLongError          414
├── UnsupportedMediaError    415
├── RateLimitError           429
├── HeadersTooLargeError     431
├── ExternalServiceError     502  an upstream refused, broke down or answered garbage
├── UnavailableError         503
└── DeadlineError            504

Everything else is INTERNAL_SERVER_ERROR to a caller, and only the log has the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


@dataclass(frozen=True, slots=True)
class FieldError:
    field: str
    message: str


class ServiceError(Exception):
    """`headers` travel with the HTTP answer; `service` is the upstream that failed, where one did.

    `reason` is a word of ours for the metrics: the limit or rule that refused. `meaning` is for the documents;
    `retryable`: the same request may succeed later.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = INTERNAL_SERVER_ERROR
    meaning: ClassVar[str] = "Something went wrong on our side; the log has the rest."
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers or {}
        self.service: str | None = None
        self.reason = ""


class ValidationError(ServiceError):
    status = 400
    code = "VALIDATION_ERROR"
    meaning = "Some input is wrong; `fields` names all of it."

    def __init__(self, fields: Iterable[FieldError]) -> None:
        self.fields = tuple(fields)
        super().__init__("; ".join(f"{each.field} {each.message}" for each in self.fields))


class AuthenticationError(ServiceError):
    status = 401
    code = "AUTHENTICATION_ERROR"
    meaning = "The credentials are missing or wrong."


class AuthorizationError(ServiceError):
    status = 403
    code = "AUTHORIZATION_ERROR"
    meaning = "The signed-in role may not."


class NotFoundError(ServiceError):
    status = 404
    code = "RESOURCE_NOT_FOUND"
    meaning = "It does not exist, or is somebody else's."


class MethodNotAllowedError(ServiceError):
    status = 405
    code = "METHOD_NOT_ALLOWED"
    meaning = "The path does not take this method; `Allow` names those that it takes."


class NotAcceptableError(ServiceError):
    status = 406
    code = "NOT_ACCEPTABLE"
    meaning = "No media type that the request accepts is offered."


class RequestTimeoutError(ServiceError):
    status = 408
    code = "REQUEST_TIMEOUT"
    meaning = "The request itself did not arrive in time."
    retryable = True


class ConflictError(ServiceError):
    """`fields` names what is taken, where it is some input's fault."""

    status = 409
    code = "CONFLICT"
    meaning = "It contradicts what is stored."

    def __init__(
        self, message: str, *, fields: Iterable[FieldError] = (), headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message, headers=headers)
        self.fields = tuple(fields)


class GoneError(ServiceError):
    status = 410
    code = "GONE"
    meaning = "It is not there any more."


class PayloadTooLargeError(ServiceError):
    status = 413
    code = "PAYLOAD_TOO_LARGE"
    meaning = "The body is too large."


class UrlTooLongError(ServiceError):
    status = 414
    code = "URL_TOO_LONG"
    meaning = "The URL is too long; POST takes more."


class UnsupportedMediaError(ServiceError):
    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"
    meaning = "The body is not application/json."


class RateLimitError(ServiceError):
    status = 429
    code = "RATE_LIMIT"
    meaning = "Too many requests; later ones are taken again."
    retryable = True


class HeadersTooLargeError(ServiceError):
    status = 431
    code = "HEADERS_TOO_LARGE"
    meaning = "The header fields are too large, or too many."


class ExternalServiceError(ServiceError):
    status = 502
    code = "EXTERNAL_SERVICE_ERROR"
    meaning = "A service behind this one refused, broke down or answered garbage."
    retryable = True


class UnavailableError(ServiceError):
    status = 503
    code = "SERVICE_UNAVAILABLE"
    meaning = "Not at the moment; the same request may succeed later."
    retryable = True


class DeadlineError(ServiceError):
    status = 504
    code = "TIMEOUT"
    meaning = "The deadline passed first; the same request may succeed later."
    retryable = True


def kinds(root: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    """The tree, as far as it is imported."""
    yield root
    for each in root.__subclasses__():
        yield from kinds(each)


def invalid(field: str, message: str) -> ValidationError:
    return ValidationError([FieldError(field, message)])
