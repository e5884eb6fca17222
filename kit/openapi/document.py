"""The OpenAPI 3.1 document of an application, from its routes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from starlette.routing import BaseRoute, Mount, Route

from kit.auth import CHALLENGE, INTERNAL_API_KEY, SERVICE_ID, USER_ID, InternalCredentials
from kit.call import CORRELATION_ID
from kit.errors import (
    AuthenticationError,
    DeadlineError,
    PayloadTooLargeError,
    ServiceError,
    UnavailableError,
    UnsupportedMediaError,
    ValidationError,
)
from kit.openapi import failures
from kit.openapi.operation import Answer, Operation, Parameter, described
from kit.openapi.parameters import CALL, ON_BEHALF_OF, path_id
from kit.openapi.schemas import Schema, schemas


@dataclass(frozen=True, slots=True)
class Kind:
    """What applications of a kind have in common: `tags` by prefix of a path, `schemes` of credentials by name."""

    description: str
    tags: Mapping[str, str]
    schemes: Mapping[str, Schema]


def _header(name: str, description: str) -> Schema:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


_SECRETS = {
    "InternalKey": _header(INTERNAL_API_KEY, "The key that the processes of the system share."),
    "Service": _header(SERVICE_ID, "The name of the calling service, one of those that are allowed."),
    "User": _header(USER_ID, "The teacher on whose behalf the call is made; believed because the key is right."),
}
_TAGS = {
    "/v1": "On behalf of a teacher.",
    "/internal/v1": "For the other services, by key; on behalf of a teacher where one is named.",
    "/": "The process itself, without credentials.",
}
_CORRELATION = {CORRELATION_ID: {"$ref": "#/components/headers/CorrelationId"}}
_INTERNAL_CHALLENGE = {"const": CHALLENGE}
_DESCRIPTION = f"""\
Every answer has {CORRELATION_ID}. Every error has the body `ErrorBody`. A path that does not exist is 404, and a \
method that a path does not take is 405 with Allow. Ids are UUIDs in their canonical form; a malformed one is 404 in a \
path, and 400 in a query or a body. Moments are RFC 3339 in UTC. Integers are written without a fraction."""
SERVICE = Kind(_DESCRIPTION, _TAGS, _SECRETS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operation is: `guard` is what asks for credentials there, if anything does."""

    prefix: str
    path: str
    method: str
    guard: InternalCredentials | None
    operation: Operation
    name: str

    @property
    def tag(self) -> str:
        return self.prefix or "/"

    @property
    def template(self) -> str:
        return self.prefix + self.path


def document(routes: Sequence[BaseRoute], title: str, version: str, kind: Kind = SERVICE) -> dict[str, Any]:
    """Raises LookupError for an endpoint without a description, and ValueError for one that is never reached."""
    places = list(_places(routes))
    types = list(chain.from_iterable(_types(each) for each in places))
    made, components = schemas([*types, failures.ErrorBody])
    failures.complete(components)
    known = Known(types, made[:-1])
    paths: dict[str, Any] = {}
    for each in places:
        item = paths.setdefault(each.template, {})
        method = each.method.lower()
        if method in item:
            raise ValueError(f"{each.method} {each.template} is there twice")
        item[method] = _operation(each, known)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": kind.description},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": name, "description": text} for name, text in kind.tags.items() if name in {p.tag for p in places}
        ],
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": {"CorrelationId": {"required": True, "schema": {"type": "string", "format": "uuid"}}},
            "parameters": {_key(each): _parameter(each, "header", known) for each in CALL},
            "securitySchemes": dict(kind.schemes),
        },
    }


class Known:
    """The schema of each type: types as `list[X]` are not hashable alike, so they are found by what they are."""

    def __init__(self, types: Sequence[Any], made: Sequence[Schema]) -> None:
        self._schemas = {repr(of): schema for of, schema in zip(types, made, strict=True)}

    def __getitem__(self, of: Any) -> Schema:
        if isinstance(of, tuple):
            return {"anyOf": [self[each] for each in of]}
        return self._schemas[repr(of)]


def _places(routes: Sequence[BaseRoute], prefix: str = "", guard: InternalCredentials | None = None) -> Iterator[Place]:
    for route in routes:
        if isinstance(route, Mount):
            own = route.app if isinstance(route.app, InternalCredentials) else guard
            yield from _places(route.routes, prefix + route.path, own)
        elif isinstance(route, Route):
            methods = sorted((route.methods or set()) - {"HEAD"})
            for method in methods:
                name = route.name if len(methods) == 1 else f"{method.lower()}_{route.name}"
                yield Place(prefix, route.path_format, method, guard, described(route.endpoint, method), name)


def _types(place: Place) -> Iterator[Any]:
    of = place.operation
    for parameter in (*of.path, *of.query, *of.headers, *CALL, ON_BEHALF_OF, path_id("")):
        yield parameter.type
    for body in (of.body, *(each.type for each in of.answers.values())):
        yield from body if isinstance(body, tuple) else [body]


def _operation(place: Place, known: Known) -> dict[str, Any]:
    of = place.operation
    made: dict[str, Any] = {"operationId": place.name, "summary": of.summary, "tags": [place.tag]}
    if of.description:
        made["description"] = of.description
    made["parameters"] = [*_parameters(place, known), *({"$ref": f"#/components/parameters/{_key(c)}"} for c in CALL)]
    if of.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": known[of.body]}}}
    made["responses"] = _responses(place, known)
    if needed := _needed(place):
        made["security"] = [{name: [] for name in needed}]
    return made


def _needed(place: Place) -> list[str]:
    """The schemes that are asked for, all of them."""
    guarded = [name for name in _SECRETS if name != "User" or place.guard.user_required] if place.guard else []
    return [*guarded, *place.operation.security]


def _parameters(place: Place, known: Known) -> Iterator[dict[str, Any]]:
    of, given = place.operation, {each.name: each for each in place.operation.path}
    names = [part[1:-1] for part in place.template.split("/") if part.startswith("{")]
    yield from (_parameter(given.get(name) or path_id(name), "path", known) for name in names)
    yield from (_parameter(each, "query", known) for each in of.query)
    optional = [ON_BEHALF_OF] if place.guard and not place.guard.user_required else []
    yield from (_parameter(each, "header", known) for each in (*of.headers, *optional))


def _parameter(of: Parameter, where: str, known: Known) -> dict[str, Any]:
    schema = dict(known[of.type])
    if of.default is not None:
        schema["default"] = of.default
    made: dict[str, Any] = {"name": of.name, "in": where, "schema": schema}
    made |= {"description": of.description} if of.description else {}
    made |= {"required": True} if of.required else {}
    return made | ({"style": "form", "explode": False} if of.commas else {})


def _responses(place: Place, known: Known) -> dict[str, Any]:
    answers = {str(status): _answer(status, each, known) for status, each in place.operation.answers.items()}
    by_status: dict[int, list[type[ServiceError]]] = {}
    for kind in (*place.operation.errors, *_always(place)):
        by_status.setdefault(kind.status, []).append(kind)
    for status, kinds in by_status.items():
        headers = _CORRELATION | (_challenge(place) if status == AuthenticationError.status else {})
        answers.setdefault(str(status), {**failures.failure(kinds), "headers": headers})
    return dict(sorted(answers.items()))


def _challenge(place: Place) -> dict[str, Any]:
    schema = {"type": "string", **(_INTERNAL_CHALLENGE if place.guard else {})}
    return {"WWW-Authenticate": {"required": True, "schema": schema}}


def _always(place: Place) -> Iterator[type[ServiceError]]:
    """The errors that nobody has to name."""
    yield from (ServiceError, DeadlineError)
    if place.guard:
        yield from (AuthenticationError, ValidationError, UnavailableError)
    if place.operation.query:
        yield ValidationError
    if place.operation.body is not None:
        yield from (ValidationError, PayloadTooLargeError, UnsupportedMediaError)


def _answer(status: int, of: Answer, known: Known) -> dict[str, Any]:
    headers = {**of.headers, **(_LOCATION if status == 201 else {})}
    sent = {name: {"description": text, "required": True, "schema": _TEXT} for name, text in headers.items()}
    made: dict[str, Any] = {"description": of.description or _DONE.get(status, "Done."), "headers": sent | _CORRELATION}
    if of.type is not None:
        made["content"] = {of.media_type: {"schema": known[of.type]}}
    return made


_TEXT = {"type": "string"}
_LOCATION = {"Location": "Where it is found."}
_DONE = {200: "Here it is.", 201: "It is made.", 202: "It is taken.", 204: "It is done."}


def _key(of: Parameter) -> str:
    return of.name.removeprefix("X-").replace("-", "")
