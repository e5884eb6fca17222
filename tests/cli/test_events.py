"""The `events` command, on a database with something in each state."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from cli.errors import CommandError
from cli.events import events
from cli.events_arguments import add_arguments
from kit.events.dead_letters import Dead, bury
from kit.events.outbox import Event, Outbox
from tests.conftest import migrated
from tests.support.databases import Databases

URL = "http://127.0.0.1:1/events"
Command = Callable[..., Any]

ROUTED = text("""
    INSERT INTO event_deliveries (position, subscriber, lane, aggregate_id)
    SELECT position, :url, lane, aggregate_id FROM event_outbox WHERE routed_at IS NULL
""")
PARKED = text("""
    UPDATE event_deliveries SET parked_at = now(), attempts = 5, last_error = '400: no'
    WHERE position = (SELECT min(position) FROM event_deliveries)
""")


@pytest.fixture
async def parked(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[UUID, UUID]]:
    """The id of a parked event with one behind it, and its aggregate."""
    url, aggregate = await migrated(databases, "cms"), uuid4()
    monkeypatch.setenv("CLASS_MANAGEMENT_SERVICE_DATABASE_URL", url)
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        [event_id, _] = await Outbox("tests").publish(connection, *(Event("a.b.v1", aggregate, {}) for _ in range(2)))
        await connection.execute(ROUTED, {"url": URL})
        await connection.execute(text("UPDATE event_outbox SET routed_at = now()"))
        await connection.execute(PARKED)
        await Outbox("tests").publish(connection, Event("a.b.v1", uuid4(), {}))
        await bury(connection, [Dead(None, "x.v1", "not JSON", b"\xff\x00")])
    yield event_id, aggregate
    await engine.dispose()


async def call(*words: str) -> int:
    parser = ArgumentParser()
    add_arguments(parser)
    arguments: Namespace = parser.parse_args(words)
    return await asyncio.to_thread(events, arguments)


async def test_list_tells_what_waits_and_why(parked: tuple[UUID, UUID], capsys: pytest.CaptureFixture[str]) -> None:
    event_id, aggregate = parked
    assert await call("list", "cms") == 0
    new, waiting, stuck, why = capsys.readouterr().out.splitlines()
    assert new == "1 new, which no relay has looked at"
    assert waiting.startswith(f"2 for {URL}, the oldest since 20")
    assert waiting.endswith(", 1 of them parked")
    assert stuck.startswith(f"{event_id}  a.b.v1  parked since 20")
    assert stuck.endswith(", refused 5 times, 1 behind it")
    assert why == f"  of {aggregate} for {URL}: 400: no"


async def test_retry_lets_it_be_tried_again(parked: tuple[UUID, UUID], capsys: pytest.CaptureFixture[str]) -> None:
    await call("retry", "cms", str(uuid4()))
    await call("retry", "cms", "--subscriber", "http://other")
    await call("retry", "cms")
    await call("retry", "cms")
    assert capsys.readouterr().out.splitlines() == [
        "none of these is parked",
        "none of these is parked",
        "1 tried again",
        "none of these is parked",
    ]


async def test_the_subscriber_may_stand_before_or_after_the_events(
    parked: tuple[UUID, UUID], capsys: pytest.CaptureFixture[str]
) -> None:
    event_id = str(parked[0])
    await call("retry", "cms", "--subscriber", "http://other", event_id)
    await call("skip", "--subscriber", "http://other", "cms", event_id)
    await call("skip", "cms", event_id, "--subscriber", "http://other")
    await call("retry", "cms", "--subscriber", URL, event_id, str(uuid4()))
    assert capsys.readouterr().out.splitlines() == [*["none of these is parked"] * 3, "1 tried again"]


async def test_skip_gives_it_up(parked: tuple[UUID, UUID], capsys: pytest.CaptureFixture[str]) -> None:
    await call("skip", "cms", str(parked[0]))
    await call("list", "cms")
    told = capsys.readouterr().out.splitlines()
    assert (told[0], told[2].split(",")[0], len(told)) == ("1 skipped", f"1 for {URL}", 3)


async def test_dead_lists_letters_and_shows_one_as_it_came(
    parked: tuple[UUID, UUID], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    await call("dead", "cms")
    listed = capfdbinary.readouterr().out.decode()
    number, *_ = listed.split()
    assert listed.endswith("no id  x.v1  2 bytes: not JSON\n")
    await call("dead", "cms", number, "999999", number)
    assert capfdbinary.readouterr().out == b"\xff\x00\nthere is no dead letter 999999\n\xff\x00\n"


@pytest.fixture
def left_empty(nowhere: Path) -> Iterator[None]:
    yield
    assert not list(nowhere.iterdir())


@pytest.mark.usefixtures("left_empty")
async def test_wrong_calls_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for words in (["list", "cms"], ["dead", "cms", "--retry"]):
        with pytest.raises(CommandError, match="set CLASS_MANAGEMENT_SERVICE_DATABASE_URL, or `make run` here first"):
            await call(*words)
    monkeypatch.setenv("CLASS_MANAGEMENT_SERVICE_DATABASE_URL", "postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(CommandError, match="cannot reach the database cms"):
        await call("list", "cms")
    for words in (
        ["skip", "cms"],
        ["skip", "cms", "no-uuid"],
        ["retry", "cms", "--subscriber"],
        ["retry", "cms", "--subscriber", URL, "no-uuid"],
        ["list", "cms", "--subscriber", URL],
        ["list", "gateway"],
        ["dead", "cms", "x"],
        ["dead", "cms", "-1"],
    ):
        with pytest.raises(SystemExit):
            await call(*words)
