"""However many call and however they end, there are never more connections than allowed, and none is lost."""

import asyncio

import pytest

from gateway.upstreams.answer import Landed, NoAnswerError, Outcome
from gateway.upstreams.http1.connection import Connection
from gateway.upstreams.http1.exchange import Exchange
from gateway.upstreams.http1.pool import Pool
from tests.support.peer import Gate, Line, answer, answering, peer
from tests.support.senders import at_rest, call, landing, pool

pytestmark = pytest.mark.asyncio(loop_scope="function")

OK = answer()


async def echo(line: Line) -> None:
    while True:
        await line.say(answer((await line.request()).split()[1]))


async def test_256_callers_share_10_connections() -> None:
    gate = Gate(10)
    async with peer(gate.script) as upstream, pool(upstream.url) as made, asyncio.TaskGroup() as group:
        calls = [group.create_task(call(made, f"/{n}/{m}")) for n in range(256) for m in range(2)]
        await gate.arrived.wait()
        assert upstream.open == 10
        gate.opened.set()
        bodies = [(await each).body for each in calls]
        assert bodies == [f"/{n}/{m}".encode() for n in range(256) for m in range(2)]
        assert (upstream.most, upstream.connections) == (10, 10)
        assert at_rest(made)
        assert len(made._kept) == 10


async def test_who_waits_is_served_before_who_comes_again() -> None:
    gate = Gate(1)
    async with peer(gate.script) as upstream, pool(upstream.url, connections=1) as made:

        async def greedy() -> None:
            for n in range(3):
                await call(made, f"/greedy/{n}")

        async with asyncio.TaskGroup() as group:
            group.create_task(greedy())
            await gate.arrived.wait()
            group.create_task(call(made, "/patient"))
            await asyncio.sleep(0)  # it asks now
            gate.opened.set()
    paths = [request.split()[1] for _, request in upstream.requests]
    assert paths == [b"/greedy/0", b"/patient", b"/greedy/1", b"/greedy/2"]


async def test_even_before_who_asks_when_told_its_answer() -> None:
    async with peer(echo) as upstream, pool(upstream.url, connections=1) as made:
        await call(made, "/first")
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def once_more(_: Outcome) -> None:
            made.send(b"GET /more HTTP/1.1\r\n\r\n", lambda _: ended.set_result(None), again=False)

        made.send(b"GET /greedy HTTP/1.1\r\n\r\n", once_more, again=False)
        async with asyncio.TaskGroup() as group:
            group.create_task(call(made, "/patient"))
        await ended
    paths = [request.split()[1] for _, request in upstream.requests]
    assert paths == [b"/first", b"/greedy", b"/patient", b"/more"]


async def test_a_cancelled_call_ends_its_connection_and_no_other() -> None:
    gate = Gate(2)
    async with peer(gate.script) as upstream, pool(upstream.url) as made:
        cancelled, other = (asyncio.create_task(call(made, path)) for path in ("/cancelled", "/other"))
        await gate.arrived.wait()
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert len(made._busy) == 1
        gate.opened.set()
        assert (await other).body == b"/other"
        assert (await call(made, "/next")).body == b"/next"
        assert at_rest(made)
    assert upstream.connections == 2


async def test_a_cancelled_waiter_takes_no_place() -> None:
    gate = Gate(1)
    async with peer(gate.script) as upstream, pool(upstream.url, connections=1) as made:
        first = asyncio.create_task(call(made, "/first"))
        await gate.arrived.wait()
        waiters = [asyncio.create_task(call(made, f"/{n}")) for n in range(3)]
        await asyncio.sleep(0)
        waiters[0].cancel()
        gate.opened.set()
        await first
        waiters[1].cancel()  # as its turn comes, or just before
        results = await asyncio.gather(*waiters, return_exceptions=True)
        assert [type(each) for each in results[:2]] == [asyncio.CancelledError] * 2
        assert not isinstance(results[2], BaseException)
        assert results[2].body == b"/2"
        assert at_rest(made)


async def test_many_callers_when_nobody_listens() -> None:
    async with peer(echo) as upstream:
        pass
    async with pool(upstream.url, connections=3) as made:
        outcomes = await asyncio.gather(*(call(made) for _ in range(30)), return_exceptions=True)
        assert {type(each) for each in outcomes} == {NoAnswerError}
        assert at_rest(made)


async def test_those_who_wait_at_the_end_are_told() -> None:
    gate = Gate(2)
    async with peer(gate.script) as upstream, pool(upstream.url, connections=2) as made:
        calls = [asyncio.create_task(call(made, again=True)) for _ in range(6)]
        await gate.arrived.wait()
        await made.aclose()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(each) for each in outcomes} == {NoAnswerError}
        with pytest.raises(NoAnswerError):
            await call(made, again=True)
        gate.opened.set()
        await upstream.empty.wait()
        assert upstream.connections == 2


async def test_a_pool_that_ends_while_a_call_connects() -> None:
    async with peer(answering(OK)) as upstream, pool(upstream.url) as made:
        calling = asyncio.create_task(call(made, again=True))
        await asyncio.sleep(0)  # it connects now
        await made.aclose()
        with pytest.raises(NoAnswerError):
            await calling
        assert at_rest(made)
        assert made._kept == []
    assert upstream.requests == []


async def test_what_is_given_up_at_once_takes_no_place() -> None:
    """Before the task that opens its connection has begun."""
    async with peer(answering(OK)) as upstream, pool(upstream.url, connections=1) as made:
        told: list[object] = []
        sendings = [made.send(b"GET /never HTTP/1.1\r\n\r\n", told.append, again=True) for _ in range(3)]
        for each in sendings:
            each.cancel()
            each.cancel()
        assert not made._waiting
        assert (await call(made)).body == b"{}"
        assert at_rest(made)
    assert told == []
    assert [request.split()[1] for _, request in upstream.requests] == [b"/"]


async def test_a_connection_that_comes_too_late_is_not_used() -> None:
    """Given up, or the pool closed, in the turn in which it was made."""
    async with peer(answering(OK)) as upstream, pool(upstream.url) as made:
        told: list[object] = []
        for end in ("cancel", "close"):
            sending = made.send(b"GET /never HTTP/1.1\r\n\r\n", told.append, again=True)
            opening = made._opening[sending]
            opening.remove_done_callback(next(iter(opening._callbacks))[0])
            await opening
            if end == "cancel":
                sending.cancel()
            else:
                made._closed = True
            made._came(sending, opening)
            await opening.result().lost
            assert at_rest(made)
    assert [type(each) for each in told] == [NoAnswerError]
    assert upstream.requests == []


async def test_a_kept_connection_ends_with_its_pool() -> None:
    async with peer(answering(OK)) as upstream:
        async with pool(upstream.url) as made:
            await call(made)
        await upstream.empty.wait()
        assert made._kept == []


async def test_it_may_end_twice_and_be_cancelled_meanwhile() -> None:
    async with peer(answering(OK)) as upstream, pool(upstream.url) as made:
        await call(made)
        [kept] = made._kept
        ending = asyncio.create_task(made.aclose())
        await asyncio.sleep(0)
        ending.cancel()
        await made.aclose()
        await kept.lost


async def test_a_host_that_can_have_no_address() -> None:
    async with pool(f"http://{'a' * 64}.test") as made:
        with pytest.raises(NoAnswerError):
            await call(made)
        assert at_rest(made)


async def test_a_connection_is_freed_with_its_parser() -> None:
    """They refer to each other, and the collector may be off."""
    async with peer(answering(OK)) as upstream, pool(upstream.url) as made:
        await call(made)
        [kept] = made._kept
        assert isinstance(kept, Connection)
        kept.close()
        await kept.lost
        assert (kept._parser, kept._transport) == (None, None)


def over(connection: Connection, pool: Pool, landed: Landed) -> Exchange:
    exchange = Exchange(b"GET / HTTP/1.1\r\n\r\n", landed, pool._given_up, again=True)
    pool._busy.add(connection)
    connection.begin(exchange)
    return exchange


async def test_who_speaks_first_is_not_heard() -> None:
    async def script(line: Line) -> None:
        await line.say(answer(b"stolen"))
        await line.hung_up()

    async with peer(script) as upstream, pool(upstream.url) as made:
        connection = await made._opened()
        await connection.lost
        with pytest.raises(NoAnswerError):
            await landing(lambda landed: over(connection, made, landed))
