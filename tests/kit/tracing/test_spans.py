"""Spans as a collector reads them."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette

from kit.logging import add_correlation_id
from kit.tracing import CLIENT, SERVER, Tracing, fresh, outgoing, span, trace_id
from kit.tracing.export import Collector as To
from kit.tracing.tracer import Sampler, Tracer
from kit.tracing.w3c import Remote
from tests.support.collector import Collector, collecting

ALL = Sampler(1, parent_based=True)
NONE = Sampler(0, parent_based=True)
TRACE, CALLER = 0x0AF7651916CD43DD8448EB211C80319C, 0x00F067AA0BA902B7


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def tracing(collector: Collector, sampler: Sampler = ALL) -> Tracing:
    return Tracing("library", "production", To(f"{collector.url}/v1/traces", {"X-Key": "secret"}), sampler)


def tracer_of(opened: Tracing) -> Tracer:
    assert opened.tracer
    return opened.tracer


async def test_a_span_is_read_as_it_was_made(collector: Collector) -> None:
    opened = tracing(collector)
    before = time.time_ns()
    async with opened.open():
        caller = Remote(TRACE, CALLER, sampled=True, state="vendor=1")
        with tracer_of(opened).begin("GET /books", SERVER, caller=caller) as top:
            top.set("text", "Åsa \N{PILE OF POO}")
            top.set("half", "\ud83d")
            top.set("number", 70_000)
            top.set("negative", -1)
            top.set("huge", 2**63 - 1)
    after = time.time_ns()

    (told,) = collector.spans
    assert (told.service, told.name, told.kind) == ("library", "GET /books", "server")
    assert (told.trace_id, told.parent_id, told.state) == (f"{TRACE:032x}", f"{CALLER:016x}", "vendor=1")
    assert told.attributes == {
        "text": "Åsa \N{PILE OF POO}",
        "half": "?",
        "number": 70_000,
        "negative": -1,
        "huge": 2**63 - 1,
    }
    assert before <= told.begun <= told.ended <= after
    assert (told.failed, told.links) == (False, [])
    assert {name: collector.resources[0][name] for name in ("service.name", "deployment.environment.name")} == {
        "service.name": "library",
        "deployment.environment.name": "production",
    }
    (request,) = collector.requests
    assert (request["path"], request["content-type"]) == ("/v1/traces", "application/x-protobuf")
    assert request["x-key"] == "secret"


async def test_a_long_text_is_cut_between_characters(collector: Collector) -> None:
    opened = tracing(collector)
    async with opened.open():
        with tracer_of(opened).begin("long", SERVER) as top:
            top.set("text", "a" + "å" * 10_000)

    assert collector.spans[0].attributes["text"] == "a" + "å" * 4095


async def test_spans_are_under_those_they_begin_in_also_in_tasks(collector: Collector) -> None:
    async def task(name: str) -> None:
        with span(name):
            await asyncio.sleep(0)
            with span(f"{name} inside", CLIENT):
                await asyncio.sleep(0)

    opened = tracing(collector)
    async with opened.open():
        with tracer_of(opened).begin("top", SERVER):
            await asyncio.gather(task("a"), task("b"))
            with span("c"):
                pass

    (top,) = collector.named("top")
    assert top.parent_id == ""
    assert {each.trace_id for each in collector.spans} == {top.trace_id}
    assert collector.tree(top) == {
        "library: top": [
            {"library: a": [{"library: a inside": []}]},
            {"library: b": [{"library: b inside": []}]},
            {"library: c": []},
        ]
    }


async def test_a_failure_is_told_by_its_class_and_never_by_its_message(collector: Collector) -> None:
    opened = tracing(collector)
    async with opened.open():
        with pytest.raises(ValueError, match="Åsa"), tracer_of(opened).begin("failing", SERVER):
            raise ValueError("Åsa wrote this")

    (told,) = collector.spans
    assert told.failed
    assert told.attributes == {"error.type": "ValueError"}


async def test_after_its_end_a_span_has_nothing_under_it_and_its_callees_record_nothing(collector: Collector) -> None:
    follow = asyncio.Event()

    async def following() -> dict[str, str]:
        await follow.wait()
        with span("too late"):
            return outgoing()

    opened = tracing(collector)
    async with opened.open():
        with tracer_of(opened).begin("short", SERVER):
            task = asyncio.create_task(following())
            await asyncio.sleep(0)
        follow.set()
        sent = await task

    (told,) = collector.spans
    assert sent == {"traceparent": f"00-{told.trace_id}-{told.span_id}-00"}


async def test_what_follows_for_hours_has_traces_of_its_own_with_a_link(collector: Collector) -> None:
    opened = tracing(collector)
    async with opened.open():
        with tracer_of(opened).begin("subscribe", SERVER), fresh("event"):
            assert trace_id() is not None
            with span("inside"):
                pass

    (top,), (event,), (inside,) = (collector.named(name) for name in ("subscribe", "event", "inside"))
    assert event.links == [(top.trace_id, top.span_id)]
    assert event.parent_id == ""
    assert event.trace_id == inside.trace_id != top.trace_id
    assert inside.parent_id == event.span_id


async def test_what_is_not_recorded_stays_so_and_its_callees_are_told(collector: Collector) -> None:
    opened = tracing(collector)
    async with opened.open():
        caller = Remote(TRACE, CALLER, sampled=False, state="vendor=1")
        with tracer_of(opened).begin("quiet", SERVER, caller=caller) as top, span("inside"), fresh("event"):
            top.set("no", "where")
        with tracer_of(opened).begin("quiet", SERVER, caller=caller), span("inside"):
            sent = outgoing("00-" + "1" * 32 + "-" + "1" * 16 + "-01")
            assert trace_id() is None

    assert collector.requests == []
    assert sent == {"traceparent": f"00-{TRACE:032x}-{CALLER:016x}-00", "tracestate": "vendor=1"}


async def test_a_trace_that_begins_unrecorded_has_an_id_for_its_callees(collector: Collector) -> None:
    opened = tracing(collector, NONE)
    async with opened.open():
        with tracer_of(opened).begin("quiet", SERVER):
            sent = outgoing()
        with tracer_of(opened).begin("called", SERVER, caller=Remote(TRACE, CALLER, sampled=True)):
            pass

    version, of, by, flags = sent["traceparent"].split("-")
    assert (version, len(of), len(by), flags) == ("00", 32, 16, "00")
    assert [each.name for each in collector.spans] == ["called"]


def test_without_tracing_there_is_one_span_that_does_nothing_and_the_callers_header_goes_on() -> None:
    with span("nothing") as one, fresh("nothing") as other:
        one.set("a", 1)
        one.fail("no")
        assert one is other
        assert outgoing() == {}
        assert outgoing("given") == {"traceparent": "given"}
        assert trace_id() is None


@pytest.mark.parametrize("parent_based", [True, False])
def test_a_part_of_the_traces_is_recorded_and_the_same_part_by_everybody(*, parent_based: bool) -> None:
    some, more = Sampler(0.1, parent_based), Sampler(0.5, parent_based)
    ids = [n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128 for n in range(1, 10_001)]
    chosen = {each for each in ids if some.wants(each, None)}

    assert 800 < len(chosen) < 1200
    assert chosen < {each for each in ids if more.wants(each, None)}
    asked = Remote(ids[0], 1, sampled=True)
    assert Sampler(0, parent_based).wants(ids[0], asked) is parent_based


async def test_what_fails_to_open_closes_what_was_open(collector: Collector) -> None:
    @asynccontextmanager
    async def failing(_: Starlette) -> AsyncIterator[None]:
        with tracer_of(opened).begin("opening", SERVER):
            await connect()
        yield

    async def connect() -> None:
        raise OSError("no database")

    opened = tracing(collector)
    opening = opened.around(failing)(Starlette())
    with pytest.raises(OSError, match="no database"):
        await opening.__aenter__()

    assert opened.tracer is None
    assert [each.name for each in collector.spans] == ["opening"]


async def test_lines_of_the_log_name_the_trace(collector: Collector) -> None:
    opened = tracing(collector)
    async with opened.open():
        with tracer_of(opened).begin("logging", SERVER):
            line = add_correlation_id(None, "info", {"event": "x"})

    assert line == {"event": "x", "trace_id": collector.spans[0].trace_id}
    assert add_correlation_id(None, "info", {"event": "x"}) == {"event": "x"}
