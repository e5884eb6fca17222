"""The collector fails, and nobody but the log hears of it."""

import time
from collections.abc import Iterator

import pytest
from structlog.testing import capture_logs

from kit.tracing import SERVER, Tracing
from kit.tracing import export as exporting
from kit.tracing.export import Collector as To
from kit.tracing.tracer import Sampler
from tests.support.collector import Collector, collecting
from tests.support.ports import free_port


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def tracing(url: str) -> Tracing:
    return Tracing("library", "production", To(f"{url}/v1/traces"), Sampler(1, parent_based=True))


def record(opened: Tracing, n: int = 1) -> None:
    assert opened.tracer
    for number in range(n):
        with opened.tracer.begin(f"number {number}", SERVER):
            pass


async def test_a_full_batch_is_sent_at_once_and_the_rest_at_the_end(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "EVERY_SECONDS", 3600)
    opened = tracing(collector.url)
    async with opened.open():
        record(opened, exporting.BATCH)
        assert collector.arrived.wait(30)
        assert len(collector.spans) == exporting.BATCH
        record(opened, exporting.BATCH + 1)

    assert sorted(each.name for each in collector.spans) == sorted(
        [f"number {number}" for number in range(exporting.BATCH)]
        + [f"number {number}" for number in range(exporting.BATCH + 1)]
    )


async def test_few_spans_do_not_wait_for_more(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "EVERY_SECONDS", 0.05)
    opened = tracing(collector.url)
    async with opened.open():
        record(opened)
        assert collector.arrived.wait(30)
        assert [each.name for each in collector.spans] == ["number 0"]


async def test_what_is_refused_for_now_is_sent_again(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(exporting, "PAUSE_SECONDS", 0.01)
    collector.statuses = [503, 429]
    opened = tracing(collector.url)
    async with opened.open():
        record(opened)
        assert collector.arrived.wait(30)

    assert len(collector.requests) == 3
    assert [each.name for each in collector.spans] == ["number 0"]


async def test_what_is_refused_for_good_is_not_sent_again_and_told_once(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.statuses = [400, 307]
    monkeypatch.setattr(exporting, "BATCH", 3)
    opened = tracing(collector.url)
    with capture_logs() as lines:
        async with opened.open():
            record(opened, 7)

    assert len(collector.requests) == 3
    assert len(collector.spans) == 1
    assert lines == [{"event": "traces not exported", "log_level": "warning", "reason": "answered 400", "spans": 3}]


async def test_of_a_collector_that_is_down_the_log_tells_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "BATCH", 10)
    opened = tracing(f"http://127.0.0.1:{free_port()}")
    with capture_logs() as lines:
        async with opened.open():
            record(opened, 100)

    (line,) = lines
    assert (line["event"], line["spans"]) == ("traces not exported", 10)
    assert "ConnectionRefusedError" in line["reason"]


async def test_what_is_too_much_is_dropped_and_counted(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "QUEUE", 5)
    monkeypatch.setattr(exporting, "EVERY_SECONDS", 3600)
    opened = tracing(collector.url)
    with capture_logs() as lines:
        async with opened.open():
            record(opened, 12)

    assert [each.name for each in collector.spans] == [f"number {number}" for number in range(5)]
    assert lines == [{"event": "traces not exported", "log_level": "warning", "reason": "too many at once", "spans": 7}]


async def test_a_collector_that_hangs_holds_up_neither_spans_nor_the_end(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(exporting, "FLUSH_SECONDS", 0.2)
    collector.hung.set()
    opened = tracing(collector.url)
    async with opened.open():
        record(opened)
        assert collector.asked.wait(30)
        record(opened, 10 * exporting.QUEUE)
        ending = time.monotonic()

    # So long the whole system has to stop; the thread was still waiting for its answer.
    assert time.monotonic() - ending < 30
    assert collector.spans == []
