"""What metrics and the log tell of subscribers, sockets and what is changed over them."""

import httpx
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from tests.gateway.live.peers import events, signed_in
from tests.gateway.live.system import SECONDS, System
from tests.gateway.live.test_websocket_protocol import UPDATES, subscribe
from tests.support.apps import bearer

Samples = dict[tuple[str, ...], float]
MUTATION = 'mutation Make { createClass(input: {name: "ES25a", courseCode: SV1}) { class { name } } }'


async def samples(url: str) -> Samples:
    async with httpx.AsyncClient(trust_env=False, headers=bearer(), timeout=SECONDS) as client:
        text = (await client.get(f"{url}/metrics")).text
    families = text_string_to_metric_families(text)
    return {
        (each.name, *(each.labels[label] for label in sorted(each.labels))): each.value
        for family in families
        for each in family.samples
        if "le" not in each.labels
    }


async def test_subscribers_are_told_while_they_are_there(own: System) -> None:
    teacher = own.teacher()
    async with own.gateway() as gateway:
        async with (
            signed_in(gateway.url, teacher.user_id) as peer,
            events(gateway.url, teacher.user_id, UPDATES) as stream,
        ):
            with capture_logs() as logs:
                await peer.send(subscribe(query=UPDATES))
                await gateway.subscribed(2)
                await peer.subscribe("2", MUTATION)
                told = [await peer.receive() for _ in range(3)]
                assert await stream.event()
            during = await samples(gateway.url)
        assert [each["type"] for each in told if each["id"] == "2"] == ["next", "complete"]
        after = await samples(gateway.url)
        assert await closed(gateway.url) is True

    assert during["graphql_sockets",] == 1
    assert (during["graphql_subscribers", "websocket"], during["graphql_subscribers", "sse"]) == (1, 1)
    assert (during["graphql_events_total", "websocket"], during["graphql_events_total", "sse"]) == (1, 1)
    assert during["live_channels",] == 2  # of one teacher, at both services
    assert during["upstream_connections", "polls", "cms", "busy"] >= 1
    assert "graphql_sockets_closed_total" not in {name for name, *_ in during}
    assert after["graphql_sockets_closed_total", "1000"] == 1

    [change] = [each for each in logs if each["event"] == "mutation"]
    assert (change["transport"], change["operation"], change["outcome"]) == ("websocket", "Make", "done")
    [line] = [each for each in logs if each["event"] == "operation"]
    assert (line["operation"], line["type"], line["outcome"], line["calls"]) == ("Make", "mutation", "ok", 1)
    assert line["user_id"] == teacher.user_id
    assert "ES25a" not in str([change, line])


async def closed(url: str) -> bool:
    """Nobody is there any more."""
    for _ in range(1000):
        told = await samples(url)
        if not (
            told["graphql_sockets",] or told["graphql_subscribers", "sse"] or told["graphql_subscribers", "websocket"]
        ):
            return True
    return False
