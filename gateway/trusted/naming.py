"""How a request names a document without its text."""

import re
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from gateway.http.request import GraphQLRequest
from gateway.trusted.manifest import PREFIX
from kit.errors import invalid

DOCUMENT_ID = "documentId"
EXTENSION = "extensions.persistedQuery"
_ID = re.compile(rf"{PREFIX}([0-9a-f]{{64}})", re.ASCII)


class PersistedQuery(Struct, rename="camel"):
    """Apollo's extension."""

    version: Literal[1]
    sha256_hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]


class Named(NamedTuple):
    """`where` is what of the request names it."""

    digest: str
    where: str


def named(asked: GraphQLRequest) -> Named | None:
    """None where the text alone is given. Raises ValidationError."""
    by_id = _of_id(asked.document_id) if asked.document_id is not None else None
    extension = asked.extensions.get("persistedQuery") if asked.extensions else None
    if extension is None:
        return by_id
    by_extension = _of_extension(extension)
    if by_id and by_id.digest != by_extension.digest:
        raise invalid(DOCUMENT_ID, f"must name the same document as {EXTENSION}")
    return by_id or by_extension


def _of_id(document_id: str) -> Named:
    found = _ID.fullmatch(document_id)
    if not found:
        raise invalid(DOCUMENT_ID, f"must be {PREFIX} and the document's hash, 64 hexadecimal digits in lower case")
    return Named(found[1], DOCUMENT_ID)


def _of_extension(extension: Any) -> Named:
    try:
        return Named(msgspec.convert(extension, PersistedQuery).sha256_hash, EXTENSION)
    except msgspec.ValidationError:
        shape = '{"version": 1, "sha256Hash": …} with 64 hexadecimal digits in lower case'
        raise invalid(EXTENSION, f"must be {shape}") from None
