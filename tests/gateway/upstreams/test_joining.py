"""The same reads of one teacher, at once."""

import asyncio
from typing import Any

import pytest

from gateway.upstreams.answer import GarbageError, NoAnswerError
from gateway.upstreams.sending import NetworkSender
from gateway.upstreams.transport import Limits, Session, Upstream
from kit.call import CORRELATION_ID, Call, begin_call, current_call
from kit.errors import DeadlineError, ExternalServiceError, ServiceError, UnavailableError
from tests.support.held import Stage, told, turns
from tests.support.peer import Line, answer, peer
from tests.support.senders import pool

pytestmark = pytest.mark.asyncio(loop_scope="function")

POST = {"method": "POST", "again": True, "body": {"ids": ["a"]}, "keys": 1}


@pytest.mark.parametrize("asked", [{}, {"params": {"status": ["a", "b"], "limit": 1}}, POST])
async def test_the_same_is_sent_once(asked: dict[str, Any]) -> None:
    stage, sessions = Stage(), [Session("t-1") for _ in range(3)]
    waits = [asyncio.create_task(stage.asked(each, **asked)) for each in sessions]
    await turns()
    [sent] = stage.held.sent
    sent.reply.set_result(told(b'{"a": 1}'))
    answers = await asyncio.gather(*waits)
    assert answers == [{"a": 1}] * 3
    assert answers[0] is answers[1]
    calls = [call for session in sessions for call in session.calls]
    assert [call.status for call in calls] == [200] * 3
    assert [call.joined is True for call in calls] == [False, True, True]
    assert stage.counted("upstream_call_duration_seconds_count") == 1
    assert stage.counted("upstream_calls_joined_total") == 2
    assert stage.counted("upstream_call_keys_count") == asked.get("keys", 0)


OTHER = [
    pytest.param({"user_id": "t-2"}, id="another teacher's"),
    pytest.param({"path": "/v1/others"}, id="path"),
    pytest.param({"params": {"limit": 2}}, id="parameters"),
    pytest.param({"params": None}, id="no parameters"),
    pytest.param({"method": "POST", "again": True, "body": {}}, id="body"),
    pytest.param({"method": "POST", "again": False}, id="a change"),
    pytest.param({"again": False}, id="what may not go twice"),
    pytest.param({"join": False}, id="one that wants its own"),
    pytest.param({"headers": {"X-As": "someone"}}, id="headers of its own"),
]


@pytest.mark.parametrize("other", OTHER)
async def test_what_is_not_the_same_is_sent(other: dict[str, Any]) -> None:
    stage = Stage()
    both = [stage.ask(params={"limit": 1}), stage.ask(**{"params": {"limit": 1}} | other)]
    await turns()
    for n, sent in enumerate(stage.held.sent):
        sent.reply.set_result(told(b'{"n": %d}' % n))
    assert await asyncio.gather(*both) == [{"n": 0}, {"n": 1}]


async def test_changes_are_never_joined() -> None:
    stage = Stage()
    both = [stage.ask(method="POST", body={"name": "9A"}) for _ in range(2)]
    await turns()
    assert len(stage.held.sent) == 2
    for sent in stage.held.sent:
        sent.reply.set_result(told())
    await asyncio.gather(*both)


async def test_what_is_over_is_not_joined() -> None:
    stage = Stage()
    for n in range(3):
        asked = stage.ask()
        await turns()
        stage.held.sent[n].reply.set_result(told(b'{"n": %d}' % n))
        assert await asked == {"n": n}


async def test_nobody_joins_when_it_is_off() -> None:
    stage = Stage(within=0)
    both = [stage.ask() for _ in range(2)]
    await turns()
    assert len(stage.held.sent) == 2
    for sent in stage.held.sent:
        sent.reply.set_result(told())
    await asyncio.gather(*both)


async def test_what_began_long_ago_is_not_joined() -> None:
    stage = Stage(within=5)
    old = stage.ask()
    await turns()
    [flight] = stage.upstream.flights._open.values()
    flight.begun -= 5
    later = [stage.ask() for _ in range(2)]
    await turns()
    assert len(stage.held.sent) == 2
    for n, sent in enumerate(stage.held.sent):
        sent.reply.set_result(told(b'{"n": %d}' % n))
    assert await asyncio.gather(old, *later) == [{"n": 0}, {"n": 1}, {"n": 1}]
    assert stage.upstream.flights._open == {}


@pytest.mark.parametrize("fails", [False, True])
async def test_nobody_joins_what_began_before_a_change_was_over(fails: bool) -> None:
    stage = Stage()
    before, theirs = stage.ask(), stage.ask("t-2")
    change = stage.ask(method="PUT", body={})
    await turns()
    during = stage.ask()
    await turns()
    first, other, put = stage.held.sent
    put.reply.set_result(told(status=500 if fails else 200))
    await asyncio.wait([change])
    after = [stage.ask(), stage.ask(), stage.ask("t-2")]
    await turns()
    assert change.exception() is None or fails
    assert len(stage.held.sent) == 4
    for n, sent in enumerate((first, stage.held.sent[3], other)):
        sent.reply.set_result(told(b'{"n": %d}' % n))
    assert await asyncio.gather(before, during, *after, theirs) == [{"n": n} for n in (0, 0, 1, 1, 2, 2)]
    assert stage.upstream.flights._open == {}


@pytest.mark.parametrize("who", [0, 1])
async def test_who_is_cancelled_goes_alone(who: int) -> None:
    stage = Stage()
    waits = [stage.ask() for _ in range(3)]
    await turns()
    waits[who].cancel()
    await asyncio.wait([waits[who]])
    late = stage.ask()
    await turns()
    [sent] = stage.held.sent
    assert not sent.given_up
    sent.reply.set_result(told(b'{"a": 1}'))
    kept = [each for n, each in enumerate(waits) if n != who]
    assert await asyncio.gather(*kept, late) == [{"a": 1}] * 3
    assert waits[who].cancelled()
    assert stage.counted("upstream_call_duration_seconds_count") == 1
    assert stage.counted("upstream_call_duration_seconds_count", outcome="2xx") == 1


async def test_a_cancelled_session_waits_for_nothing() -> None:
    """Whatever tasks its loads run in."""
    stage, session = Stage(), Session("t-1")
    waits = [asyncio.create_task(stage.asked(session, path=f"/v1/{n}")) for n in range(2)]
    other = stage.ask(path="/v1/0")
    await turns()
    session.cancel()
    await asyncio.wait(waits)
    await turns()
    assert [each.cancelled() for each in waits] == [True, True]
    assert [sent.given_up for sent in stage.held.sent] == [False, True]
    stage.held.sent[0].reply.set_result(told(b'{"a": 1}'))
    assert await other == {"a": 1}
    assert session.running == set()


async def test_it_is_given_up_with_the_last() -> None:
    stage = Stage()
    waits = [stage.ask() for _ in range(2)]
    await turns()
    for each in waits:
        each.cancel()
    await asyncio.wait(waits)
    await turns()
    assert [sent.given_up for sent in stage.held.sent] == [True]
    assert stage.upstream.flights._open == {}
    assert stage.upstream.flights.deadlines._until == {}
    assert stage.counted("upstream_call_duration_seconds_count") == 1
    again = stage.ask()
    await turns()
    stage.held.sent[-1].reply.set_result(told(b'{"a": 1}'))
    assert await again == {"a": 1}


@pytest.mark.parametrize("first_is_short", [False, True])
async def test_each_waits_for_as_long_as_they_have(first_is_short: bool) -> None:
    stage = Stage()
    budgets = (0.2, 60) if first_is_short else (60, 0.2)
    waits = [stage.ask(budget=each) for each in budgets]
    short, long = waits if first_is_short else reversed(waits)
    with pytest.raises(DeadlineError):
        await short
    [sent] = stage.held.sent
    assert not sent.given_up
    sent.reply.set_result(told(b'{"a": 1}'))
    assert await long == {"a": 1}


async def test_a_first_that_had_less_time_fails_nobody_else() -> None:
    """The upstream gave up by the deadline that it was told."""
    stage, session = Stage(), Session("t-1")
    hurried = stage.ask(budget=5)
    await turns()
    patient = [asyncio.create_task(stage.asked(each, 60)) for each in (session, Session("t-1"))]
    await turns()
    stage.held.sent[0].reply.set_result(told(status=504))
    with pytest.raises(DeadlineError):
        await hurried
    await turns()
    [_, again] = stage.held.sent
    again.reply.set_result(told(b'{"a": 1}'))
    assert await asyncio.gather(*patient) == [{"a": 1}] * 2
    assert [(call.status, call.joined is True) for call in session.calls] == [(504, True), (200, False)]


FAILURES = [
    pytest.param(told(status=500), ExternalServiceError, id="500"),
    pytest.param(told(status=503), UnavailableError, id="503"),
    pytest.param(told(b"[1]"), ExternalServiceError, id="another shape"),
    pytest.param(NoAnswerError("gone"), ExternalServiceError, id="no answer"),
    pytest.param(GarbageError("nonsense"), ExternalServiceError, id="garbage"),
    pytest.param(UnavailableError("full"), UnavailableError, id="not sent"),
]


@pytest.mark.parametrize(("comes", "error"), FAILURES)
async def test_what_fails_fails_for_all(comes: Any, error: type[ServiceError]) -> None:
    stage = Stage()
    waits = [stage.ask(budget=each) for each in (5, 60, 60)]
    await turns()
    [sent] = stage.held.sent
    if isinstance(comes, Exception):
        sent.reply.set_exception(comes)
    else:
        sent.reply.set_result(comes)
    failures = await asyncio.gather(*waits, return_exceptions=True)
    assert [(type(each), getattr(each, "service", "")) for each in failures] == [(error, "cms")] * 3
    assert len(stage.held.sent) == 1
    assert stage.counted("upstream_call_duration_seconds_count") == 1


async def test_over_a_socket_under_the_first_ones_correlation_id() -> None:
    arrived, opened = asyncio.Event(), asyncio.Event()

    async def script(line: Line) -> None:
        await line.request()
        arrived.set()
        await opened.wait()
        await line.say(answer(b"42"))

    async with peer(script) as upstream, pool(upstream.url) as made:
        metrics = Stage().upstream.metrics
        cms = Upstream("cms", "service", NetworkSender(made), {}, Limits(10, 10), metrics=metrics)

        async def ask(call: Call) -> int:
            current_call.set(call)
            return await cms.call(Session("t-1"), "GET", "/v1/things", int)

        first, *calls = [begin_call(None, None, 10) for _ in range(6)]
        waits = [asyncio.create_task(ask(first))]
        await arrived.wait()
        waits += [asyncio.create_task(ask(each)) for each in calls]
        await turns()
        opened.set()
        assert await asyncio.gather(*waits) == [42] * 6
    [(_, request)] = upstream.requests
    assert f"{CORRELATION_ID}: {first.correlation_id}\r\n".encode() in request
