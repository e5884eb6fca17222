"""Upstreams that answer any question within their contract: the same thing to the same question, and now and then not.

For what the real ones cannot be told: thousands of random documents, each answered twice alike whatever its batches.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from random import Random
from typing import Any
from uuid import UUID

from msgspec import UnsetType

from gateway.context import Context, Identity, Upstreams
from gateway.upstreams.transport import Session, Upstream
from kit.errors import ServiceError, UnavailableError

FAILING = 0.12
NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


class Guessing(Upstream):
    def __init__(self, name: str, seed: int) -> None:
        self.name = name
        self.title = f"{name} service"
        self.seed = seed

    async def call(self, session: Session, method: str, endpoint: str, answer: Any, **asked: Any) -> Any:  # noqa: ARG002
        random = Random(f"{self.seed} {method} {endpoint} {asked.get('at')}")  # noqa: S311
        if random.random() < FAILING:
            error: ServiceError = UnavailableError(f"The {self.title} is not available at the moment.")
            error.service = self.name
            raise error
        if typing.get_origin(answer) is not dict:
            return made(answer, Random(f"{self.seed} {endpoint} {asked}"))  # noqa: S311
        _, kind = typing.get_args(answer)
        window = [(asked.get("body"), name) for name in ("first", "after")]
        page = [getattr(body, name, None) for body, name in window]
        return {key: made(kind, Random(f"{self.seed} {endpoint} {key} {page}")) for key in keys_of(asked)}  # noqa: S311


def keys_of(asked: Mapping[str, Any]) -> list[UUID]:
    if asked.get("body") is None:
        return [UUID(each) for each in asked["params"]["batch_ids"].split(",")]
    [ids] = [value for name, value in vars(asked["body"]).items() if name.endswith("_ids")]
    return [UUID(each) for each in ids]


def made(hint: Any, random: Random) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in {typing.Union, types.UnionType}:
        return made(random.choice([each for each in arguments if each is not UnsetType]), random)
    if origin is typing.Annotated:
        return made(arguments[0], random)
    if origin is list:
        return [made(arguments[0], random) for _ in range(random.randrange(4))]
    if dataclasses.is_dataclass(origin or hint):
        return _object(origin or hint, arguments, random)
    return _scalar(hint, random)


def _object(kind: Any, arguments: tuple[Any, ...], random: Random) -> Any:
    named = dict(zip(getattr(kind, "__parameters__", ()), arguments, strict=True))
    hints = typing.get_type_hints(kind)
    values = {each.name: made(_filled(hints[each.name], named), random) for each in dataclasses.fields(kind)}
    if "cursors" in values:
        [items] = [value for name, value in values.items() if isinstance(value, list) and name != "cursors"]
        values["cursors"] = [f"cursor-{n}" for n in range(len(items))]
    return kind(**values)


def _filled(hint: Any, named: Mapping[Any, Any]) -> Any:
    parameters = getattr(hint, "__parameters__", ())
    if hint in named:
        return named[hint]
    return hint[tuple(named[each] for each in parameters)] if parameters else hint


def _scalar(hint: Any, random: Random) -> Any:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return random.choice(list(hint))
    ready: dict[Any, Any] = {
        type(None): None,
        str: random.choice(["", "Åsa", "SV1B"]),
        int: random.randrange(100),
        float: random.choice([0.5, 1.0]),
        bool: random.random() < 0.5,
        UUID: UUID(int=random.getrandbits(128)),
        datetime: NOW + timedelta(seconds=random.randrange(10**6)),
    }
    return ready[hint]


def context(seed: int) -> Context:
    cms, ras, entitlements = (Guessing(name, seed) for name in ("cms", "ras", "entitlements"))
    upstreams = Upstreams(cms, ras, entitlements)
    return upstreams.context(Identity("teacher-1", None, ("teacher",)))
