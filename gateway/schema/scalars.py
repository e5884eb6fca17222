"""The scalars that GraphQL itself does not have."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import msgspec
import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.types.base_scalars import DateTimeDefinition

from kit.ids import parse_uuid

NATIVE: Mapping[str, type] = {"UUID": UUID, "DateTime": datetime}
"""By scalar the class whose values msgspec writes as the scalar itself would."""


def uuid_value(value: object) -> UUID:
    """Strawberry's own also takes braces, `urn:uuid:` and full-width digits."""
    found = parse_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise GraphQLError("A UUID is 32 hexadecimal digits as 8-4-4-4-12.")
    return found


def moment(value: datetime) -> str:
    """As the services write it."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is no moment")
    text: str = msgspec.to_builtins(value)
    return text


CONFIG = StrawberryConfig(
    scalar_map={
        UUID: strawberry.scalar(
            name="UUID",
            description="A UUID: 32 hexadecimal digits as 8-4-4-4-12, in lower case on the way out.",
            serialize=str,
            parse_value=uuid_value,
        ),
        datetime: replace(
            DateTimeDefinition,
            description="A moment as ISO 8601 has it, with its offset from UTC.",
            serialize=moment,
        ),
    }
)
