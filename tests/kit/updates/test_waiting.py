"""Polls that wait: what wakes them, what ends them, and what they cost meanwhile."""

import asyncio
import time
from statistics import median

import pytest
from sqlalchemy import event

from tests.kit.updates.replicas import numbers, ready, replica, status, until


async def test_a_change_is_told_within_100_ms_of_its_commit(url: str, teacher: str) -> None:
    took = []
    async with replica(url) as writer, replica(url) as ras:
        await ras.tell(ready(teacher, -1))
        cursor = (await ras.poll(teacher))["cursor"]
        for n in range(9):
            polling = asyncio.create_task(ras.poll(teacher, after=cursor, wait=25))
            await until(lambda: ras.feed.waiting == 1)
            await asyncio.sleep(0.02)
            await writer.tell(ready(teacher, n))
            committed = time.perf_counter()
            page = await polling
            took.append(time.perf_counter() - committed)
            assert numbers(page["updates"]) == [n]
            cursor = page["cursor"]
    assert median(took) < 0.1
    assert min(took) >= 0.025  # the linger


async def test_a_poll_that_had_to_wait_takes_what_follows_at_once_along(
    url: str, teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.updates.feed.LINGER_SECONDS", 0.5)
    async with replica(url) as ras:
        polling = asyncio.create_task(ras.poll(teacher, after=0, wait=25))
        await until(lambda: ras.feed.waiting == 1)
        await asyncio.sleep(0.02)
        for n in range(3):
            await ras.tell(status(teacher, "a", n), ready(teacher, n + 10))
        assert numbers((await polling)["updates"]) == [10, 11, 2, 12]


async def test_a_poll_that_finds_something_does_not_wait(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        await ras.tell(ready(teacher, 1))
        begun = time.perf_counter()
        for _ in range(10):
            await ras.poll(teacher, after=0, wait=25)
        assert time.perf_counter() - begun < 10


async def test_without_news_the_page_is_empty_when_the_wait_is_over(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        begun = time.perf_counter()
        assert await ras.poll(teacher, after=0, wait=1) == {"updates": [], "cursor": 0}
        assert 0.9 < time.perf_counter() - begun < 10
        assert ras.feed.waiting == 0


async def test_what_is_rolled_back_wakes_nobody_and_other_teachers_news_neither(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        polling = asyncio.create_task(ras.poll(teacher, after=0, wait=1))
        await until(lambda: ras.feed.waiting == 1)
        async with ras.database.engine.connect() as connection:
            await ras.updates.tell(connection, ready(teacher, 1))
            await connection.rollback()
        await ras.tell(ready(teacher + "-2", 2))
        assert await polling == {"updates": [], "cursor": 0}


async def test_who_leaves_while_a_poll_lingers_frees_it(
    url: str, teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wake-up was for nothing, as one is that comes after its update was read."""
    monkeypatch.setattr("kit.updates.feed.LINGER_SECONDS", 0.3)
    async with replica(url) as ras:
        with ras.feed.waiter(teacher) as waiter:
            polling = asyncio.create_task(ras.feed.poll(waiter, teacher, after=0, wait=25))
            await asyncio.sleep(0.1)
            ras.feed.wake(teacher)
            await asyncio.sleep(0.1)
            waiter.leave()
            async with asyncio.timeout(5):
                assert (await polling).updates == []


async def test_a_poll_outlives_the_budget_of_other_requests(url: str, teacher: str) -> None:
    async with replica(url, request_timeout_seconds=0.5) as ras:
        assert await ras.poll(teacher, after=0, wait=1) == {"updates": [], "cursor": 0}


async def test_its_own_deadline_and_a_callers_end_a_poll(
    url: str, teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.updates.endpoint._WORK_SECONDS", 0.2)
    async with replica(url, poll_pool_size=1) as ras:
        async with ras.polls.read():
            late = await ras.get(teacher, after=0, wait=0)
        assert (late.status_code, late.json()["error"]["code"]) == (504, "TIMEOUT")
        ras.client.headers["X-Request-Deadline-Ms"] = "200"
        begun = time.perf_counter()
        late = await ras.get(teacher, after=0, wait=25)
        assert (late.status_code, late.json()["error"]["code"]) == (504, "TIMEOUT")
        assert time.perf_counter() - begun < 10
        assert ras.feed.waiting == 0


async def test_a_poll_that_only_asks_where_it_stands_has_a_deadline_too(
    url: str, teacher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.updates.endpoint._WORK_SECONDS", 0.2)
    async with replica(url, poll_pool_size=1) as ras, ras.polls.read():
        begun = time.perf_counter()
        late = await ras.get(teacher, wait=25)
        assert (late.status_code, late.json()["error"]["code"]) == (504, "TIMEOUT")
        assert time.perf_counter() - begun < 10


async def test_polls_and_other_requests_do_not_take_each_others_connections(url: str, teacher: str) -> None:
    async with replica(url, database_pool_size=1, database_max_overflow=0, poll_pool_size=1) as ras:
        async with ras.database.read():
            assert await ras.poll(teacher, after=0) == {"updates": [], "cursor": 0}
        async with ras.polls.read():
            polling = asyncio.create_task(ras.get(teacher, after=0))
            await until(lambda: ras.feed.waiting == 1)
            await ras.tell(ready(teacher, 1))
            assert not polling.done()
        assert numbers((await polling).json()["updates"]) == [1]


async def test_on_drain_polls_end_at_once_with_an_empty_page_and_new_ones_do_not_wait(url: str, teacher: str) -> None:
    async with replica(url) as ras:
        await ras.tell(ready(teacher, 1))
        cursor = (await ras.poll(teacher))["cursor"]
        polling = [asyncio.create_task(ras.poll(teacher, after=cursor, wait=25)) for _ in range(10)]
        await until(lambda: ras.feed.waiting == 10)
        begun = time.perf_counter()
        ras.drain.begin()
        assert await asyncio.gather(*polling) == [{"updates": [], "cursor": cursor}] * 10
        assert await ras.poll(teacher, after=cursor, wait=25) == {"updates": [], "cursor": cursor}
        assert numbers((await ras.poll(teacher, after=0, wait=25))["updates"]) == [1]
        assert time.perf_counter() - begun < 10


async def test_a_thousand_waiting_polls_cost_no_connection_and_no_statement(url: str, teacher: str) -> None:
    sent: list[str] = []
    async with replica(url, database_pool_size=1, database_max_overflow=0, poll_pool_size=1) as ras:
        engine = ras.polls.engine.sync_engine
        event.listen(engine, "before_cursor_execute", lambda _, __, statement, *___: sent.append(statement))
        polls = [asyncio.create_task(ras.poll(f"{teacher}-{n}", after=0, wait=25)) for n in range(1000)]
        await until(lambda: len(sent) >= ras.feed.waiting == 1000, 20)
        await asyncio.sleep(0.5)
        sent.clear()
        cpu = time.process_time()
        await asyncio.sleep(0.5)
        assert time.process_time() - cpu < 0.1
        await ras.tell(ready(f"{teacher}-7", 7))
        assert numbers((await polls[7])["updates"]) == [7]
        assert len(sent) == 1
        ras.drain.begin()
        others = [page["updates"] for n, page in enumerate(await asyncio.gather(*polls)) if n != 7]
    assert others == [[]] * 999
