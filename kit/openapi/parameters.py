"""Parameters that many operations take, as `kit.query`, `kit.auth` and `kit.boundary` read them."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta

from kit.auth import USER_ID
from kit.call import CORRELATION_ID, DEADLINE_MS, TRACEPARENT
from kit.openapi.operation import Parameter
from kit.paging import MAX_CURSOR, MAX_LIMIT, MAX_OFFSET

UserId = Annotated[str, Meta(pattern=r"^(?!\.{1,2}$)[A-Za-z0-9_.:|@-]{1,128}$")]
Cursor = Annotated[
    str, Meta(max_length=MAX_CURSOR, pattern="^[A-Za-z0-9_-]*={0,2}$", extra_json_schema={"format": "cursor"})
]

LIMIT = Parameter("limit", Annotated[int, Meta(ge=1, le=MAX_LIMIT)], "How many items a page holds.", 20)
OFFSET = Parameter(
    "offset", Annotated[int, Meta(ge=0, le=MAX_OFFSET)], "How many items to skip; 0 together with `after`.", 0
)
AFTER = Parameter("after", Cursor, "The cursor that the page follows: `next` or one of `cursors` of this list.")
CURSORS = Parameter("cursors", bool, "Whether the answer holds a cursor for each item.", default=False)
PAGE = (LIMIT, OFFSET, AFTER, CURSORS)

PATH_USER = Parameter("user_id", UserId, "The teacher. Another than X-User-ID is not found.", required=True)
ON_BEHALF_OF = Parameter(USER_ID, UserId, "The teacher on whose behalf; what is somebody else's is then not found.")

CALL = (
    Parameter(CORRELATION_ID, str, "Comes back, and is in the logs; one that is no UUID is replaced."),
    Parameter(DEADLINE_MS, str, "Milliseconds that the caller will wait; what is no number is ignored."),
    Parameter(TRACEPARENT, str, "W3C trace context; a malformed one is dropped."),
)


def path_id(name: str) -> Parameter:
    return Parameter(name, UUID, "Anything but a UUID is not found.", required=True)
