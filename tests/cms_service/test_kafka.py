"""CMS with Kafka: what teachers and the pipeline do, from topic to topic."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from pydantic import SecretStr

from cms_service.app import create_app
from cms_service.settings import CmsSettings
from tests.conftest import migrated
from tests.kit.events.outboxes import eventually
from tests.support.apps import INTERNAL, KEY, client
from tests.support.authorship import CONFIRMED, SUGGESTED, encoded, receive, registered, suggested, suggestion
from tests.support.databases import Databases
from tests.support.given import TEACHER
from tests.support.kafka import Kafka, a_name

CREATED = "huleedu.class.created.v1"


@pytest.fixture(scope="module")
async def url(databases: Databases) -> str:
    """A database of its own: what relays and consumers do has to be committed."""
    return await migrated(databases, "cms")


@asynccontextmanager
async def running(url: str, kafka: Kafka, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    chosen = CmsSettings(
        internal_api_key=SecretStr(KEY),
        database_url=url,
        kafka_bootstrap_servers=kafka.servers,
        event_backoff_max_seconds=0.5,
        **settings,
    )
    async with client(create_app(chosen), {**INTERNAL, "X-User-ID": TEACHER}) as made:
        yield made


async def created(cms: httpx.AsyncClient, path: str, **body: Any) -> UUID:
    answer = await cms.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def a_class(cms: httpx.AsyncClient) -> UUID:
    return await created(cms, "/v1/classes", name="SV1A", course_codes=["SV1"])


async def a_student(cms: httpx.AsyncClient, class_id: UUID) -> UUID:
    name = {"first_name": "Åsa", "last_name": "Öberg"}
    return await created(cms, "/v1/classes/students", person_name=name, class_ids=[str(class_id)])


async def events(kafka: Kafka, topic: str, key: UUID) -> list[dict[str, Any]]:
    return [json.loads(each.value) for each in await kafka.read(topic) if each.key == str(key).encode()]


async def validation(cms: httpx.AsyncClient, batch_id: UUID) -> Any:
    answer = await cms.get("/internal/v1/batches/validation-status", params={"batch_ids": str(batch_id)})
    return answer.json()[str(batch_id)]


def waiting_for(cms: httpx.AsyncClient, batch_id: UUID) -> Callable[[], Awaitable[bool]]:
    async def known() -> bool:
        return await validation(cms, batch_id) is not None

    return known


def there(kafka: Kafka, topic: str, key: UUID) -> Callable[[], Awaitable[bool]]:
    async def found() -> bool:
        return bool(await events(kafka, topic, key))

    return found


async def test_from_a_new_class_to_its_confirmed_authors(url: str, kafka: Kafka) -> None:
    batch_id, essay_id = uuid4(), uuid4()
    async with running(url, kafka) as cms:
        class_id = await a_class(cms)
        student_id = await a_student(cms, class_id)
        await eventually(there(kafka, CREATED, class_id), 20)
        matches = suggested(batch_id, class_id, {essay_id: [suggestion(student_id)]})
        await kafka.write(SUGGESTED, encoded(matches), encoded(matches))
        await eventually(waiting_for(cms, batch_id), 20)
        answer = await cms.post(
            f"/v1/batches/{batch_id}/student-associations/confirm",
            json={"associations": [{"essay_id": str(essay_id), "student_id": str(student_id), "confirmed": True}]},
        )
        assert answer.json() == {"confirmed": 1, "rejected": 0, "pending": 0}
        await eventually(there(kafka, CONFIRMED, batch_id), 20)

    [event] = await events(kafka, CREATED, class_id)
    assert event["data"] == {
        "class_id": str(class_id),
        "class_designation": "SV1A",
        "course_codes": ["SV1"],
        "user_id": TEACHER,
    }
    [event] = await events(kafka, CONFIRMED, batch_id)
    assert [(each["essay_id"], each["student_id"]) for each in event["data"]["associations"]] == [
        (str(essay_id), str(student_id))
    ]
    assert await kafka.committed("class_management_service", SUGGESTED) == 2


async def test_matches_for_a_class_that_nobody_knows_are_dead_letters(url: str, kafka: Kafka) -> None:
    dead, group = a_name("dead"), a_name("group")
    lost = suggested(uuid4(), uuid4(), {uuid4(): []})
    await kafka.write(SUGGESTED, encoded(lost), headers=[("traceparent", b"00-x")])

    async def told() -> bool:
        return str(lost["event_id"]) in [json.loads(each.value)["event_id"] for each in await kafka.read(dead)]

    async with running(url, kafka, kafka_dead_letter_topic=dead, kafka_consumer_group=group) as cms:
        await eventually(told, 20)
        metrics = (await cms.get("/metrics")).text
    [letter] = [each for each in await kafka.read(dead) if json.loads(each.value)["event_id"] == str(lost["event_id"])]
    headers = dict(letter.headers)
    assert (headers["traceparent"], headers["dead_letter_topic"]) == (b"00-x", SUGGESTED.encode())
    assert headers["dead_letter_reason"].startswith(b"there is no class ")
    assert f'event_consumer_lag{{topic="{SUGGESTED}"}}' in metrics


async def test_it_starts_without_brokers_and_catches_up(url: str, kafka: Kafka) -> None:
    batch_id = uuid4()
    async with running(url, kafka) as cms:
        class_id = await a_class(cms)
        student_id = await a_student(cms, class_id)
    matches = suggested(batch_id, class_id, {uuid4(): [suggestion(student_id)]})
    await kafka.write(SUGGESTED, encoded(matches))
    kafka.down()
    try:
        async with running(url, kafka) as cms:
            ready = await cms.get("/readyz")
            assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"database": True}})
            later = await a_class(cms)
            kafka.up()
            await eventually(waiting_for(cms, batch_id), 30)
            await eventually(there(kafka, CREATED, later), 30)
    finally:
        kafka.up()


async def test_events_still_come_by_http(url: str, kafka: Kafka) -> None:
    batch_id = uuid4()
    async with running(url, kafka) as cms:
        class_id = await a_class(cms)
        event = registered(batch_id, class_id)
        assert await receive(cms, event) == {"accepted": 1, "duplicates": 0, "dead": []}
        await kafka.write(event["event_type"], encoded(event))
        info = await cms.get("/internal/v1/batches/class-info", params={"batch_ids": str(batch_id)})
    assert info.json() == {str(batch_id): {"class_id": str(class_id), "class_name": "SV1A"}}


async def test_brokers_that_do_not_answer_do_not_keep_it_from_stopping(url: str, kafka: Kafka) -> None:
    async with running(url, kafka) as cms:
        await a_class(cms)
        kafka.latency(20_000)
        await a_class(cms)
        loop = asyncio.get_running_loop()
        began = loop.time()
    kafka.latency(0)
    assert loop.time() - began < 15
