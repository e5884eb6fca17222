"""Batches go by the fields of a document, and not by the event loop's timing."""

import asyncio
import gc
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from graphql.pyutils import Path

from cms_service.tables import ClassStudent
from gateway.loading import Loader
from tests.support.apps import PATIENT, bearer, client, cms_app, gateway_app, ras_app, running
from tests.support.calls import calls
from tests.support.databases import RolledBack
from tests.support.given import TEACHER
from tests.support.graph import ask
from tests.support.lessons import a_lesson


@dataclass
class At:
    """What a loader looks at of a resolver's info."""

    path: Path


def at(*keys: str | int) -> Any:
    path = None
    for key in keys:
        path = Path(path, key, None)
    assert path
    return At(path)


class Reader:
    """Answers upper case, or raises what it is told to."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failing: dict[str, Exception] = {}
        self.down: Exception | None = None

    async def __call__(self, keys: Sequence[str]) -> list[str | Exception]:
        self.asked.append(list(keys))
        await asyncio.sleep(0)
        if self.down:
            raise self.down
        return [self.failing.get(key, key.upper()) for key in keys]


async def later(turns: int, loader: Loader[str, str], info: Any, key: str) -> str:
    for _ in range(turns):
        await asyncio.sleep(0)
    return await loader.load(info, key)


async def test_a_field_asks_once_for_all_its_parents_though_they_come_a_turn_apart() -> None:
    reader = Reader()
    loader = Loader(reader, "keys")
    found = await asyncio.gather(
        *(later(n % 2, loader, at("essays", n, "student"), key) for n, key in enumerate("abc"))
    )
    assert found == ["A", "B", "C"]
    assert [sorted(keys) for keys in reader.asked] == [["a", "b", "c"]]


async def test_what_was_read_waits_for_the_rest_of_its_field() -> None:
    reader = Reader()
    loader = Loader(reader, "keys")
    await loader.load(at("class"), "a")
    given: list[str] = []
    known = loader.load(at("students", 0, "classes"), "a")
    new = loader.load(at("students", 1, "classes"), "b")
    known.add_done_callback(lambda _: given.append(f"known, while new is {'there' if new.done() else 'missing'}"))
    assert (await known, await new) == ("A", "B")
    assert given == ["known, while new is there"]
    assert reader.asked == [["a"], ["b"]]


async def test_fields_that_ask_in_the_same_turn_are_read_together() -> None:
    reader = Reader()
    loader = Loader(reader, "keys")
    found = await asyncio.gather(
        *(loader.load(at(name), key) for name, key in [("one", "a"), ("two", "b"), ("3", "a")])
    )
    assert found == ["A", "B", "A"]
    assert reader.asked == [["a", "b"]]


async def test_a_key_that_fails_fails_alone_and_is_read_again() -> None:
    reader = Reader()
    reader.failing["b"] = OSError("not b")
    loader = Loader(reader, "keys")
    good, bad = loader.load(at("x", 0), "a"), loader.load(at("x", 1), "b")
    assert await good == "A"
    with pytest.raises(OSError, match="not b"):
        await bad
    reader.failing.clear()
    good, mended = loader.load(at("x", 0), "a"), loader.load(at("x", 1), "b")
    assert (await good, await mended) == ("A", "B")
    assert reader.asked == [["a", "b"], ["b"]]


async def test_a_read_that_fails_fails_each_of_its_keys_and_is_not_remembered() -> None:
    reader = Reader()
    reader.down = OSError("down")
    loader = Loader(reader, "keys")
    failed = await asyncio.gather(*(loader.load(at("x", n), key) for n, key in enumerate("ab")), return_exceptions=True)
    assert failed == [reader.down, reader.down]
    reader.down = None
    assert await loader.load(at("x", 0), "a") == "A"
    assert reader.asked == [["a", "b"], ["a"]]


async def test_a_read_that_is_cancelled_cancels_those_who_wait() -> None:
    started = asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []

    async def for_ever(_: Sequence[str]) -> list[str | Exception]:
        current = asyncio.current_task()
        assert current
        tasks.append(current)
        started.set()
        await asyncio.Event().wait()
        return []

    waiting = Loader(for_ever, "keys").load(at("x"), "a")
    await started.wait()
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_one_who_stops_waiting_takes_nothing_from_the_others() -> None:
    loader = Loader(Reader(), "keys")
    gone, stays = loader.load(at("x", 0), "a"), loader.load(at("x", 1), "a")
    gone.cancel()
    assert await stays == "A"


async def test_what_is_forgotten_is_read_again() -> None:
    reader = Reader()
    loader = Loader(reader, "keys")
    await loader.load(at("x"), "a")
    loader.forget()
    await loader.load(at("x"), "a")
    assert reader.asked == [["a"], ["a"]]


async def test_many_are_given_in_their_order() -> None:
    loader = Loader(Reader(), "keys")
    assert await loader.load_many(at("x"), "cab") == ["C", "A", "B"]
    assert await loader.load_many(at("x"), "") == []


async def test_what_was_read_goes_with_its_loader_and_waits_for_no_collector() -> None:
    loader = Loader(Reader(), "keys")
    assert await asyncio.gather(*(loader.load(at(field), "a") for field in "xy")) == ["A", "A"]
    gone = weakref.ref(loader)
    gc.disable()
    try:
        del loader
        await asyncio.sleep(0)
        assert gone() is None
    finally:
        gc.enable()


async def test_all_at_once_are_given_in_their_order_and_asked_for_once() -> None:
    one, other = uuid4(), uuid4()
    asked: list[Sequence[UUID]] = []

    async def read(keys: Sequence[UUID]) -> list[str | Exception]:
        asked.append(keys)
        return [f"of {each}" for each in keys]

    loader = Loader(read, "keys")
    again = UUID(str(other))
    assert await loader.load_all([other, one, again]) == [f"of {other}", f"of {one}", f"of {other}"]
    new = uuid4()
    assert await loader.load_all([new, one]) == [f"of {new}", f"of {one}"]
    assert asked == [[other, one], [new]]


async def test_whoever_waits_for_what_another_gave_up_reads_it_again() -> None:
    """And so does whoever asks for it only then."""
    reader = Reader()

    async def read(keys: Sequence[str]) -> list[str | Exception]:
        if not reader.asked:
            reader.asked.append([*keys])
            await asyncio.Event().wait()
        return await reader(keys)

    loader = Loader(read, "keys")
    gone = asyncio.create_task(loader.load_all(["a", "b"]))
    await asyncio.sleep(0)
    stays = asyncio.create_task(loader.load_all(["b", "c"]))
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert await asyncio.wait_for(stays, 10) == ["B", "C"]
    assert await loader.load_all(["a", "b"]) == ["A", "B"]
    assert reader.asked == [["a", "b"], ["c"], ["b"], ["a"]]


STRAGGLING = """query ($id: ID!) { class(id: $id) { students { nodes { classes { batches { nodes {
    essays { nodes { student { classes { students { totalCount } } } } }
} } } } } } }"""


def sizes(essay: dict[str, Any]) -> list[int]:
    """Of the classes of the essay's writer."""
    return sorted(each["students"]["totalCount"] for each in essay["student"]["classes"])


async def test_below_what_was_read_before_a_field_still_costs_one_call(
    cms_database: RolledBack, ras_database: RolledBack
) -> None:
    """Of the first class's students one is in that class alone, which is read already; another is in more."""
    first, other = await a_lesson(cms_database, ras_database, 2), await a_lesson(cms_database, ras_database, 3)
    await cms_database.add(ClassStudent(class_id=other.class_id, student_id=first.students[1].id))

    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        client(gateway_app(cms, ras, PATIENT), bearer()) as gateway,
    ):
        answer = await ask(gateway, STRAGGLING, id=str(first.class_id))

    assert "errors" not in answer
    found = [
        sorted(
            sorted(map(sizes, batch["essays"]["nodes"]))
            for each in pupil["classes"]
            for batch in each["batches"]["nodes"]
        )
        for pupil in answer["data"]["class"]["students"]["nodes"]
    ]
    assert found == [[[[2], [2, 4]]], [[[2], [2, 4]], [[4], [4], [4]]]]
    assert calls(answer) == {
        ("cms", "POST", "/v1/classes/lookup"): 2,
        ("cms", "POST", "/v1/classes/rosters"): 2,
        ("cms", "POST", "/v1/classes/batches"): 1,
        ("ras", "POST", "/v1/batches/lookup"): 1,
        ("ras", "POST", "/v1/batches/essays"): 1,
        ("cms", "POST", "/v1/essays/students"): 1,
    }


async def test_fields_of_a_kind_share_a_call_where_their_pages_are_alike(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    lessons = [await a_lesson(cms_database, ras_database, 3) for _ in range(3)]
    query = """{ batches { nodes {
            a: essays(first: 1) { ...page } b: essays(first: 2) { ...page } c: essays(first: 1) { ...page }
        } } }
        fragment page on EssayConnection { nodes { essayId } totalCount }"""
    answer = await ask(gateway, query)
    written = {str(each.essays[0].essay_id): [str(essay.essay_id) for essay in each.essays] for each in lessons}
    for node in answer["data"]["batches"]["nodes"]:
        [first] = node["a"]["nodes"]
        assert node["c"] == node["a"]
        assert [each["essayId"] for each in node["b"]["nodes"]] == written[first["essayId"]][:2]
        assert node["a"]["totalCount"] == node["b"]["totalCount"] == 3
    assert calls(answer) == {
        ("ras", "GET", f"/v1/batches/user/{TEACHER}"): 1,
        ("ras", "POST", "/v1/batches/essays"): 2,
    }
