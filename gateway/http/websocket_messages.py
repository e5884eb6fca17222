"""The messages of graphql-transport-ws."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gateway.http.request import GraphQLRequest
from kit.errors import ValidationError
from kit.nesting import check_nesting

PROTOCOL = "graphql-transport-ws"

Id = Annotated[str, Meta(min_length=1, max_length=128)]


class ConnectionInit(Struct, tag="connection_init"):
    payload: dict[str, Any] | None = None


class ConnectionAck(Struct, tag="connection_ack"):
    pass


class Ping(Struct, tag="ping"):
    payload: dict[str, Any] | None = None


class Pong(Struct, tag="pong", omit_defaults=True):
    payload: dict[str, Any] | None = None


class Subscribe(Struct, tag="subscribe"):
    id: Id
    payload: GraphQLRequest


class Next(Struct, tag="next"):
    id: str
    payload: dict[str, Any]


class Error(Struct, tag="error"):
    id: str
    payload: list[dict[str, Any]]


class Complete(Struct, tag="complete"):
    id: Id


Received = ConnectionInit | Ping | Pong | Subscribe | Complete
Sent = ConnectionAck | Pong | Next | Error | Complete

_decoder: msgspec.json.Decoder[Received] = msgspec.json.Decoder(Received)


class CloseError(Exception):
    """The socket has to be closed, for the peer's mistake."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def decoded(text: str | None, limit: int, max_depth: int) -> Received:
    """`text` is None for a binary message, `limit` in bytes, `max_depth` in levels. Raises CloseError."""
    if text is None:
        raise CloseError(4400, "Messages are text, not binary.")
    raw = text.encode()
    if len(raw) > limit:
        raise CloseError(4400, f"A message may have at most {limit} bytes.")
    try:
        check_nesting("The message", raw, max_depth)
        return _decoder.decode(raw)
    except ValidationError as error:
        raise CloseError(4400, error.message) from None
    except msgspec.ValidationError as error:
        raise CloseError(4400, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CloseError(4400, "Messages are JSON.") from None
    except RecursionError:
        raise CloseError(4400, "The message is nested too deeply.") from None
