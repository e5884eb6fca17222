"""Errors that only the graph knows, beside the tree of kit/errors.py."""

from kit.errors import ServiceError


class NotConfiguredError(ServiceError):
    status = 501
    code = "NOT_CONFIGURED"
    meaning = "The service that knows it has no address here: an operator must set it."


class CursorExpiredError(ServiceError):
    status = 410
    code = "CURSOR_EXPIRED"
    meaning = "The updates after the cursor are gone: read anew, and subscribe without it."
