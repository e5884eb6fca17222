"""`events dead --retry`: letters that a running service is given again."""

import asyncio
from argparse import ArgumentParser
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from cli.errors import CommandError
from cli.events import events
from cli.events_arguments import add_arguments
from kit.db import Database
from kit.events.dead_letters import Dead, bury
from kit.events.envelope import Envelope
from kit.events.handling import Handler, Unprocessable, one_by_one
from kit.events.ingest import Ingest
from kit.events.operations import operations
from kit.service import service_app
from kit.updates import Updates
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.kit.events.incoming import KIND, Happened, encoded, envelope
from tests.support.apps import KEY
from tests.support.databases import Databases
from tests.support.ports import free_port
from tests.support.servers import served


class Receiver:
    """It knows some aggregates, and cannot process what is of others."""

    def __init__(self, settings: RasSettings) -> None:
        self.settings = settings
        self.known: set[UUID] = set()
        self.effects: list[UUID] = []
        self.handlers = {KIND: Handler(Happened, one_by_one(self.handle))}

    async def handle(self, _: AsyncConnection, event: Envelope, data: Happened) -> None:
        if data.aggregate_id not in self.known:
            raise Unprocessable(f"{data.aggregate_id} is unknown to {len(self.known)}")
        self.effects.append(event.event_id)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = service_app(
            self.settings,
            None,
            title="Tests",
            migrations="ras",
            internal=[],
            updates=Updates(),
            handlers=self.handlers,
            subscribers={},
        )
        async with served(app, self.settings):
            yield

    async def receive(self, *bodies: bytes) -> list[int]:
        """The numbers of the letters that there are then, oldest first."""
        database = Database.open(self.settings)
        await Ingest(database, self.handlers).process(bodies)
        await database.close()
        return await self.letters()

    async def letters(self) -> list[int]:
        async with operations(self.settings.database_url) as on:
            return await on.letters()


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What the service logs is not what the command says."""
    with capture_logs():
        yield


@pytest.fixture
async def ras(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    url, port = await migrated(databases, "ras"), free_port()
    monkeypatch.setenv("RESULT_AGGREGATOR_SERVICE_DATABASE_URL", url)
    monkeypatch.setenv("RESULT_AGGREGATOR_SERVICE_PORT", str(port))
    monkeypatch.setenv("INTERNAL_API_KEY", KEY)
    return Receiver(RasSettings(internal_api_key=SecretStr(KEY), database_url=url, port=port))


async def retry(*letters: int) -> None:
    parser = ArgumentParser()
    add_arguments(parser)
    arguments = parser.parse_args(["dead", "ras", "--retry", *map(str, letters)])
    assert await asyncio.to_thread(events, arguments) == 0


def happened(aggregate_id: UUID) -> bytes:
    [body] = encoded(envelope(data={"aggregate_id": str(aggregate_id)}))
    return body


async def test_what_can_be_processed_now_takes_effect_and_is_no_letter_any_more(
    ras: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = uuid4(), uuid4()
    first, stays, last = await ras.receive(happened(one), happened(other), happened(one))
    ras.known = {one}
    async with ras.serving():
        await retry()
        assert await ras.letters() == [stays]
        assert len(ras.effects) == 2
        assert capsys.readouterr().out.splitlines() == [
            f"{first} was taken",
            f"{stays} stays: {other} is unknown to 1",
            f"{last} was taken",
        ]
        async with operations(ras.settings.database_url) as on:
            assert [each.reason for each in await on.dead(10)] == [f"{other} is unknown to 1"]
        ras.known = {other}
        await retry(first, stays, stays)
        assert capsys.readouterr().out.splitlines() == [f"there is no dead letter {first}", f"{stays} was taken"]
        await retry()
        assert capsys.readouterr().out == "no dead letters\n"
    assert len(ras.effects) == 3


async def test_what_was_processed_meanwhile_has_no_second_effect(ras: Receiver) -> None:
    aggregate = uuid4()
    body = happened(aggregate)
    assert len(await ras.receive(body)) == 1
    ras.known = {aggregate}
    assert len(await ras.receive(body)) == 1
    async with ras.serving():
        await retry()
    assert (len(ras.effects), await ras.letters()) == (1, [])


async def test_what_is_no_envelope_stays_and_is_still_one_letter(
    ras: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    good = happened(uuid4())
    bodies = [b"\xff\x00", b"{}], [" + good, good + b"," + good, b"[" + good + b"]", b"5", b"[" * 9999, b""]
    database = Database.open(ras.settings)
    async with database.write() as connection:
        await bury(connection, [Dead(None, None, "no", body) for body in bodies])
    await database.close()
    before = await ras.letters()
    async with ras.serving():
        await retry()
    assert await ras.letters() == before
    told = [line.partition(" stays: ")[2] for line in capsys.readouterr().out.splitlines()]
    array, number = "Expected `object`, got `array`", "Expected `object`, got `int`"
    assert told == [
        "it is not JSON",
        "it is not JSON",
        "it is not JSON",
        array,
        number,
        "it is not JSON",
        "it is not JSON",
    ]


async def test_a_service_that_takes_nothing_at_the_moment_is_told_and_nothing_lost(
    ras: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = await ras.receive(happened(uuid4()), happened(uuid4()))
    address = f"http://127.0.0.1:{ras.settings.port}/internal/v1/events"
    with pytest.raises(CommandError, match=rf"^cannot reach {address}: "):
        await retry()
    async with ras.serving():
        monkeypatch.setenv("INTERNAL_API_KEY", "another")
        with pytest.raises(CommandError, match=rf"^{address} takes no events at the moment: 401 "):
            await retry()
    monkeypatch.delenv("INTERNAL_API_KEY")
    with pytest.raises(CommandError, match=r"^INTERNAL_API_KEY: Field required"):
        await retry()
    assert await ras.letters() == letters
