"""Who changed what: a line of the logger `audit` for each root field of a mutation, as soon as that field has ended.

So a document with three changes leaves three lines, the first of them although the second one fails. `outcome` is

- `done`, with `codes` empty;
- `refused`: nothing has changed, and `codes` are those of the userErrors;
- `failed`: nothing has changed, and the one of `codes` is the error's;
- `unknown`: the change may have been made or not, because no usable answer came (`codes` say why), or because whoever
  asked hung up or the deadline passed first (`codes` empty).

A process that is killed leaves no line of the changes under way: CMS tells of them under the same correlation id.
Ids are told, texts only by the name of their field: they are names of pupils.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.utils.str_converters import to_camel_case

from gateway.context import Context, GraphInfo
from gateway.schema.node import typed_uuid
from gateway.upstreams.refusals import RefusedError
from kit.errors import INTERNAL_SERVER_ERROR, ServiceError
from kit.ids import parse_uuid
from kit.logging import audit_logger

log = audit_logger("audit")

MOST_ITEMS = 100
"""Of a list; the rest is a number."""
MOST_CHARACTERS = 128
"""Of a name that the client chose."""
TEXT, MALFORMED = "(text)", "(malformed)"
NAMES = {"asked": "input"}
"""Of arguments, in Python and in the graph."""
MADE = ("school_class", "student")
"""Where a payload has the object."""


class Audited(FieldExtension):
    """Of a field whose payload has `user_errors`."""

    async def resolve_async(
        self, next_: Callable[..., Awaitable[Any]], source: Any, info: GraphInfo, **arguments: Any
    ) -> Any:
        outcome, codes, made = "unknown", [], None
        try:
            payload = await next_(source, info, **arguments)
            codes = [each.code.value for each in payload.user_errors]
            outcome, made = "refused" if codes else "done", made_by(payload)
        except ServiceError as error:
            outcome, codes = "failed" if harmless(error) else "unknown", [error.code]
            raise
        except Exception:  # a mistake of ours, told like one and raised again
            codes = [INTERNAL_SERVER_ERROR]
            raise
        else:
            return payload
        finally:
            what = {NAMES.get(name, name): told(name, value) for name, value in arguments.items()}
            log.info(
                "mutation", **who(info.context), **where(info), arguments=what, made=made, outcome=outcome, codes=codes
            )


def harmless(error: ServiceError) -> bool:
    """Whether it says that nothing was changed."""
    return error.status < 500 or isinstance(error, RefusedError)


def made_by(payload: Any) -> str | None:
    found = (getattr(payload, name, None) for name in MADE)
    return next((str(each.id) for each in found if each is not None), None)


def who(context: Context) -> dict[str, Any]:
    identity, key = context.identity, context.idempotency_key
    return {
        "user_id": identity.user_id,
        "org_id": identity.org_id,
        "roles": identity.roles,
        "idempotency_key": digest(key)[:16] if key is not None else None,
    }


def where(info: GraphInfo) -> dict[str, Any]:
    name, place = info.operation.name, info.operation.loc
    return {
        "field": info.field_name,
        "response_key": str(info.path.key)[:MOST_CHARACTERS],
        "operation": name.value[:MOST_CHARACTERS] if name else None,
        "document": digest(place.source.body) if place else None,
        "transport": info.context.transport,
    }


def told(name: str, value: Any) -> Any:
    """Of an argument, or of what is in it."""
    if is_dataclass(value):
        given = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {to_camel_case(name): told(name, inner) for name, inner in given if inner is not strawberry.UNSET}
    if isinstance(value, list):
        rest = len(value) - MOST_ITEMS
        return [told(name, each) for each in value[:MOST_ITEMS]] + ([f"({rest} more)"] if rest > 0 else [])
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, UUID | Enum):
        return str(value.value if isinstance(value, Enum) else value)
    return identified(str(value)) if name == "id" or name.endswith(("_id", "_ids")) else TEXT


def identified(text: str) -> str:
    """The UUID of an id, global or bare."""
    found = typed_uuid(text)
    uuid = found[1] if found else parse_uuid(text)
    return str(uuid) if uuid else MALFORMED


def digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
