"""Traces of what goes on for hours: an event at a time, each linked to where it began."""

from collections.abc import Iterator

import pytest

from tests.gateway.live.peers import events, signed_in, socket
from tests.gateway.live.system import System, Teacher
from tests.support.apps import bearer
from tests.support.collector import Collector, Told, collecting

CALLER = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
FOLLOW = "subscription Follow { batchUpdated { completedEssays batch { createdAt } } }"
READ = "GET /internal/v1/users/{user_id}/updates"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def beginning(collector: Collector) -> Told:
    """Where the subscription began: its events are later."""
    return min(collector.named("subscription"), key=lambda each: each.begun)


async def test_each_event_is_a_trace_with_a_link_to_the_beginning(
    system: System, teacher: Teacher, collector: Collector
) -> None:
    batch_id = await teacher.a_batch()
    async with (
        system.gateway(otlp_endpoint=collector.url) as gateway,
        events(gateway.url, teacher.user_id, FOLLOW) as stream,
    ):
        await gateway.subscribed(1)
        for n in range(2):
            await teacher.status(batch_id, n)
            assert (await stream.next())["batchUpdated"]["completedEssays"] == n

    start, told = beginning(collector), collector.named("subscription")
    follow = [each for each in told if each is not start]
    assert len(follow) == 2
    assert len({each.trace_id for each in told}) == 3
    for each in follow:
        assert each.links == [(start.trace_id, start.span_id)]
        assert each.attributes == {"graphql.operation.type": "subscription", "graphql.operation.name": "Follow"}
        (loaded,) = collector.under(each)
        assert (loaded.name, [call.kind for call in collector.under(loaded)]) == ("load batch_by_id", ["client"])
    request = collector.named("POST /graphql")[0]
    assert start.parent_id == request.span_id


async def test_polls_that_go_on_are_nobodys_trace(system: System, teacher: Teacher, collector: Collector) -> None:
    async with (
        system.gateway(otlp_endpoint=collector.url) as gateway,
        signed_in(gateway.url, teacher.user_id) as peer,
    ):
        await peer.subscribe("1", "subscription { teacherUpdates { cursor } }")
        await gateway.subscribed(1)
        await system.followed()
        for n in range(3):
            await teacher.a_class(f"{n}")
            await peer.next()

    # Without a link, since whoever opened the socket named no trace.
    start = beginning(collector)
    assert (start.parent_id, start.links) == ("", [])
    assert collector.named(READ) == []
    assert len(collector.named("subscription")) == 4


async def test_operations_of_a_socket_are_linked_to_whoever_opened_it(system: System, collector: Collector) -> None:
    headers = {"traceparent": "00-{}-{}-01".format(*CALLER)}
    async with (
        system.gateway(otlp_endpoint=collector.url) as gateway,
        socket(gateway.url, headers=bearer("teacher-1") | headers) as peer,
    ):
        await peer.init()
        for name in ("1", "2"):
            await peer.subscribe(name, "{ batches { totalCount } }")
            await peer.next(name)
            await peer.receive()

    operations = collector.named("query")
    assert [each.links for each in operations] == [[CALLER], [CALLER]]
    assert len({each.trace_id for each in operations}) == 2
    for each in operations:
        assert collector.tree(each) == {
            "gateway: query": [
                {"gateway: GraphQL Operation Execution": [{"gateway: GET /internal/v1/batches/user/{user_id}": []}]}
            ]
        }


async def test_a_socket_opened_in_a_trace_that_is_not_recorded_records_nothing(
    system: System, teacher: Teacher, collector: Collector
) -> None:
    headers = {"traceparent": "00-{}-{}-00".format(*CALLER)}
    batch_id = await teacher.a_batch()
    async with (
        system.gateway(otlp_endpoint=collector.url) as gateway,
        socket(gateway.url, headers=bearer(teacher.user_id) | headers) as peer,
    ):
        await peer.init()
        await peer.subscribe("1", FOLLOW)
        await gateway.subscribed(1)
        await teacher.status(batch_id)
        await peer.next()

    assert collector.requests == []
