"""Whatever stops and comes back, updates go on where they were: nothing is lost, nothing comes twice."""

import asyncio

import httpx
import pytest

from gateway.live.source import Source
from tests.gateway.live.peers import events, signed_in, socket
from tests.gateway.live.system import SECONDS, System, Teacher
from tests.support.apps import bearer

SUBSCRIPTION = "subscription ($after: String) { teacherUpdates(after: $after) { type cursor } }"


async def test_what_is_told_while_a_service_is_away_comes_when_it_is_back(own: System, teller: Teacher) -> None:
    async with own.gateway() as gateway, signed_in(gateway.url, teller.user_id) as peer:
        await peer.subscribe("1", SUBSCRIPTION)
        await own.followed()
        for stopped, other in ((own.cms, own.ras), (own.ras, own.cms)):
            await stopped.stop()
            batch_id = await teller.a_batch()
            await teller.a_class("while one is away")
            await teller.status(batch_id, 1)
            first = (await peer.next())["teacherUpdates"]["type"]
            assert first == ("CLASS_CREATED" if other is own.cms else "BATCH_STATUS_UPDATED")
            await stopped.start()
            second = (await peer.next())["teacherUpdates"]["type"]
            assert {first, second} == {"CLASS_CREATED", "BATCH_STATUS_UPDATED"}
            await own.followed()


async def test_a_subscription_begins_while_a_service_is_away(own: System, teller: Teacher) -> None:
    await own.cms.stop()
    batch_id = await teller.a_batch()
    async with own.gateway() as gateway, signed_in(gateway.url, teller.user_id) as peer:
        await peer.subscribe("1", SUBSCRIPTION)
        async with asyncio.timeout(SECONDS):
            while own.ras.waiting == 0:  # noqa: ASYNC110  no event tells of it
                await asyncio.sleep(0.01)
        await teller.status(batch_id, 1)
        update = (await peer.next())["teacherUpdates"]
        assert update["type"] == "BATCH_STATUS_UPDATED"
        await own.cms.start()
        await own.followed()
        await teller.a_class("then")
        assert (await peer.next())["teacherUpdates"]["type"] == "CLASS_CREATED"


async def test_nothing_is_told_before_it_is_known_where_to_go_on(
    own: System, teller: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CMS says late where it stands; what it tells after that comes, even to who goes on from RAS's first update."""
    batch_id = await teller.a_batch()
    patient = Source.start

    async def late(source: Source, user_id: str) -> int:
        found = await patient(source, user_id)
        await asyncio.sleep(1 if source.name == "cms" else 0)
        return found

    monkeypatch.setattr(Source, "start", late)
    async with own.gateway() as gateway:
        async with events(gateway.url, teller.user_id, SUBSCRIPTION) as stream:
            async with asyncio.timeout(SECONDS):
                while own.ras.waiting == 0:  # noqa: ASYNC110  no event tells of it
                    await asyncio.sleep(0.01)
            await teller.status(batch_id, 1)
            after = (await stream.next())["teacherUpdates"]["cursor"]
        await teller.a_class("between")
        async with events(gateway.url, teller.user_id, SUBSCRIPTION, after=after) as stream:
            assert (await stream.next())["teacherUpdates"]["type"] == "CLASS_CREATED"


async def test_whose_a_batch_is_is_asked_until_it_is_known(own: System, teller: Teacher) -> None:
    query = "subscription ($id: ID!) { batchUpdated(batchId: $id) { completedEssays } }"
    mine, theirs = await teller.a_batch(), await own.teacher().a_batch()
    await own.ras.stop()
    async with own.gateway() as gateway, signed_in(gateway.url, teller.user_id) as peer:
        await peer.subscribe("mine", query, id=str(mine))
        await peer.subscribe("theirs", query, id=str(theirs))
        await asyncio.sleep(0.5)
        await own.ras.start()
        assert (await peer.error("theirs"))["extensions"]["code"] == "RESOURCE_NOT_FOUND"
        await gateway.subscribed(1)
        await teller.status(mine, 7)
        assert await peer.next("mine") == {"batchUpdated": {"completedEssays": 7}}


async def test_a_stream_ends_when_what_it_waited_for_is_gone_and_a_new_one_begins(own: System, teller: Teacher) -> None:
    """For each of those who share the poll."""
    async with own.gateway() as gateway, signed_in(gateway.url, teller.user_id) as peer:
        await peer.subscribe("1", SUBSCRIPTION)
        await peer.subscribe("2", SUBSCRIPTION)
        await gateway.subscribed(2)
        await own.cms.stop()
        await teller.a_class("told to nobody")
        await teller.forget()
        await own.cms.start()
        ended = [await peer.receive() for _ in range(2)]
        assert {each["id"] for each in ended} == {"1", "2"}
        assert {each["payload"][0]["extensions"]["code"] for each in ended} == {"CURSOR_EXPIRED"}
        await peer.subscribe("1", SUBSCRIPTION)
        await gateway.subscribed(1)
        await teller.a_class("told again")
        assert (await peer.next())["teacherUpdates"]["type"] == "CLASS_CREATED"


async def test_a_service_that_drains_is_not_asked_without_a_pause(own: System, teller: Teacher) -> None:
    async with own.gateway() as gateway, signed_in(gateway.url, teller.user_id) as peer:
        await peer.subscribe("1", SUBSCRIPTION)
        await own.followed()
        asked = requests(own)
        own.cms.app.state.drain.begin()
        await asyncio.sleep(1)
        assert requests(own) - asked <= 6
        await teller.a_class("told all the same")
        assert (await peer.next())["teacherUpdates"]["type"] == "CLASS_CREATED"


def requests(system: System) -> float:
    """Answered by CMS so far."""
    samples = (each for metric in system.cms.app.state.metrics.registry.collect() for each in metric.samples)
    return float(sum(each.value for each in samples if each.name == "http_requests_total"))


async def test_a_gateway_that_stops_tells_its_sockets_and_ends_its_streams(own: System, teller: Teacher) -> None:
    async with own.gateway() as gateway:
        async with (
            signed_in(gateway.url, teller.user_id) as peer,
            signed_in(gateway.url, teller.user_id) as idle,
            socket(gateway.url) as uninitialised,
            events(gateway.url, teller.user_id, SUBSCRIPTION) as stream,
        ):
            await peer.subscribe("1", SUBSCRIPTION)
            await gateway.subscribed(2)
            stopping = asyncio.create_task(gateway.stop())
            async with asyncio.timeout(5):
                for each in (peer, idle, uninitialised):
                    assert await each.closed() == (1001, "The gateway stops; resume with the last cursor.")
                # Without `complete`, which would say that nothing more can come.
                assert await stream.event() is None
        async with asyncio.timeout(5):
            await stopping
    assert (own.cms.waiting, own.ras.waiting) == (0, 0)


async def test_what_is_asked_when_it_is_told_to_stop_is_answered_first(own: System, teller: Teacher) -> None:
    batch_id = await teller.a_batch(title="Still there")
    query = f'{{ batch(id: "{batch_id}") {{ title }} }}'
    async with own.gateway() as gateway, signed_in(gateway.url, teller.user_id) as peer:
        await peer.subscribe("live", SUBSCRIPTION)
        await gateway.subscribed(1)
        async with httpx.AsyncClient(trust_env=False) as client:
            await peer.subscribe("1", query)
            await peer.send({"type": "ping"})
            message = await peer.receive()
            gateway.app.state.drain.begin()
            assert message == {"type": "pong"}
            assert await peer.next() == {"batch": {"title": "Still there"}}
            assert await peer.receive() == {"type": "complete", "id": "1"}
            assert (await peer.closed())[0] == 1001
            assert (await client.get(f"{gateway.url}/readyz")).status_code == 503
        async with socket(gateway.url, headers=bearer(teller.user_id)) as late:
            assert (await late.closed())[0] == 1001
