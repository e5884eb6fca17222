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


class PersistedQueryNotFoundError(ServiceError):
    status = 404
    code = "PERSISTED_QUERY_NOT_FOUND"
    meaning = "No document of this id or hash is known: send the text."


class PersistedQueryNotSupportedError(ServiceError):
    status = 400
    code = "PERSISTED_QUERY_NOT_SUPPORTED"
    meaning = "Documents are not taken by this id or hash here: send the text, and not the hash again."
