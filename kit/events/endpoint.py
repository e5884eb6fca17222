"""`POST /events`: the way in by HTTP."""

from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kit.boundary import grant_body, grant_budget
from kit.errors import PayloadTooLargeError, UnsupportedMediaError, invalid
from kit.events.envelope import Envelope
from kit.events.ingest import Ingest, Ingested
from kit.openapi import Answer, operation
from kit.responses import json_response

MAX_EVENTS = 1000
MAX_BYTES = 4 * 1024 * 1024
_SECONDS = 30


@operation(
    summary="Takes an envelope, or a list of up to 1,000 of them.",
    # What is no envelope is taken, too.
    body=(Envelope, dict[str, Any], Annotated[list[Any], msgspec.Meta(max_length=MAX_EVENTS)]),
    answers={202: Answer(Ingested, "All of it is processed: `dead` went to the dead letters for good.")},
    description="Events that came before are duplicates. What is no envelope is told as `dead`; at most 4 MiB.",
)
async def receive_events(request: Request) -> Response:
    grant_body(request, MAX_BYTES)
    grant_budget(request, _SECONDS)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaError("The body must be application/json.")
    bodies = envelopes(await request.body())
    if len(bodies) > MAX_EVENTS:
        raise PayloadTooLargeError(f"A list may have at most {MAX_EVENTS} events.")
    ingest = request.state.ingest
    assert isinstance(ingest, Ingest)
    return json_response(await ingest.process(bodies), 202)


def envelopes(body: bytes) -> list[bytes]:
    """Raises ValidationError when the body is neither an object nor a list."""
    try:
        found = msgspec.json.decode(body, type=list[msgspec.Raw] | dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise invalid("body", "must be JSON: the envelope of an event or a list of them") from None
    return [bytes(each) for each in found] if isinstance(found, list) else [body]
