"""Headers that several endpoints take."""

from typing import Annotated

from msgspec import Meta

from cms_service.idempotency import IDEMPOTENCY_KEY
from kit.openapi import Parameter

IDEMPOTENCY = Parameter(
    IDEMPOTENCY_KEY,
    Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$")],
    "Of your making: what is sent again with the same key within 24 hours is done once, and answered alike.",
)
