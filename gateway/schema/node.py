"""Global object identification: `id` is base64 of `Type:uuid`; arguments also take the bare UUID."""

import base64
import binascii
from operator import attrgetter
from typing import Any
from uuid import UUID

import strawberry
from msgspec import to_builtins

from gateway.executor import OfClasses
from kit.ids import parse_uuid
from kit.incoming import incoming

GLOBAL_ID = "The global id: it names the object among all of the graph's."


@strawberry.interface(description="An object with a global id.")
class Node:
    # Contracts have an `id` of their own, so in Python it is called otherwise.
    node_id: strawberry.ID = strawberry.field(name="id", description=GLOBAL_ID)


def global_id(head: bytes, uuid: UUID) -> strawberry.ID:
    """`head` is the type's name and a colon."""
    # msgspec writes bytes as base64, and a UUID ten times as fast as str does.
    text: Any = to_builtins(head + to_builtins(uuid).encode())
    return text  # type: ignore[no-any-return]  # calling ID would take as long as the text


def identified(type_name: str, key: str) -> Any:
    """The `id` of objects that have their UUID under this key."""
    head, uuid_of_root = f"{type_name}:".encode(), attrgetter(key)

    def node_id(root: Any) -> strawberry.ID:
        return global_id(head, uuid_of_root(root))

    return strawberry.field(resolver=node_id, name="id", description=GLOBAL_ID)


def records(of: type) -> OfClasses:
    """`is_type_of` of what upstreams answer as this contract."""
    return OfClasses(of, incoming(of))


def typed_uuid(text: str) -> tuple[str, UUID] | None:
    """The type and UUID of a global id; None for what is none."""
    try:
        type_name, _, rest = base64.b64decode(text, validate=True).decode("ascii").partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    uuid = parse_uuid(rest)
    return (type_name, uuid) if uuid else None


def uuid_of(type_name: str, text: str) -> UUID | None:
    """From a global id of this type, or a bare UUID. Another type's id, or no id at all, is unknown: None."""
    bare = parse_uuid(text)
    if bare:
        return bare
    found = typed_uuid(text)
    return found[1] if found and found[0] == type_name else None
