"""What subscribers are told: every type, with its edges, from where they stood."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from cms_service import contract as cms
from gateway.schema.updates import UpdateType
from ras_service import contract as ras
from tests.gateway.live.peers import Peer, signed_in
from tests.gateway.live.system import Gateway, System, Teacher
from tests.support.apps import INTERNAL
from tests.support.graph import global_id

BATCHES = """
subscription ($id: ID, $after: String) {
  batchUpdated(batchId: $id, after: $after) {
    batchId status processingPhase totalEssays completedEssays failedEssays completedAt
  }
}
"""
COUNTS = (
    "subscription ($id: ID, $after: String) { batchUpdated(batchId: $id, after: $after) { cursor completedEssays } }"
)
TEACHER = """
subscription ($after: String) {
  teacherUpdates(after: $after) {
    type batch { id batchId } class { name } student { firstName } pending deadline
  }
}
"""
TYPES = "subscription ($after: String) { teacherUpdates(after: $after) { type cursor } }"
DEADLINE = "2026-09-15T12:00:00Z"


async def told(peer: Peer) -> dict[str, Any]:
    """The one field of the next event."""
    [value] = (await peer.next()).values()
    found: dict[str, Any] = value
    return found


async def made(system: System, teacher: Teacher, path: str, body: Any) -> UUID:
    """By CMS, as the teacher makes it; told of by CMS itself."""
    headers = INTERNAL | {"X-User-ID": teacher.user_id}
    async with httpx.AsyncClient(base_url=system.cms.url, headers=headers, trust_env=False) as client:
        answer = await client.post(f"/v1{path}", json=body)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])


def test_the_graph_has_the_types_of_both_services() -> None:
    assert {each.value for each in UpdateType} == {*ras.UpdateType, *cms.UpdateType}


async def test_a_batch_update_patches_a_row(system: System, gateway: Gateway, teacher: Teacher) -> None:
    one = await teacher.a_batch()
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", BATCHES)
        await system.followed()
        await teacher.status(one, 5)
        assert await told(peer) == {
            "batchId": str(one),
            "status": "PROCESSING",
            "processingPhase": "SPELLCHECK",
            "totalEssays": 1000,
            "completedEssays": 5,
            "failedEssays": 0,
            "completedAt": None,
        }
        await teacher.status(
            one, 998, status="completed_with_failures", processing_phase=None, failed_essays=2, completed_at=DEADLINE
        )
        assert await told(peer) == {
            "batchId": str(one),
            "status": "COMPLETED_WITH_FAILURES",
            "processingPhase": None,
            "totalEssays": 1000,
            "completedEssays": 998,
            "failedEssays": 2,
            "completedAt": DEADLINE,
        }


async def test_a_subscription_to_one_batch_hears_of_no_other(
    system: System, gateway: Gateway, teacher: Teacher
) -> None:
    one, other = await teacher.a_batch(), await teacher.a_batch()
    heard: dict[str, list[int]] = {"bare": [], "global": [], "all": []}
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("bare", COUNTS, id=str(one))
        await peer.subscribe("global", COUNTS, id=global_id("Batch", one))
        await peer.subscribe("all", COUNTS)
        await gateway.subscribed(3)
        for n, batch_id in enumerate([other, one, other, one]):
            await teacher.status(batch_id, n)
        while not all(3 in counts for counts in heard.values()):
            message = await peer.receive()
            heard[message["id"]].append(message["payload"]["data"]["batchUpdated"]["completedEssays"])
    assert {*heard["bare"], *heard["global"]} <= {1, 3}
    assert {*heard["all"]} >= {2, 3}


@pytest.mark.parametrize("kind", ["another teacher's", "nobody's", "another type's", "no id", "empty"])
async def test_a_batch_that_is_not_the_teachers_is_not_found(
    system: System, gateway: Gateway, teacher: Teacher, kind: str
) -> None:
    batch_id = {
        "another teacher's": str(await system.teacher().a_batch()),
        "nobody's": str(uuid4()),
        "another type's": global_id("Student", await teacher.a_batch()),
        "no id": "x",
        "empty": "",
    }[kind]
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe(
            "1", f"subscription {{ mine: batchUpdated(batchId: {json.dumps(batch_id)}) {{ cursor }} }}"
        )
        error = await peer.error()
        assert error["extensions"]["code"] == "RESOURCE_NOT_FOUND"
        assert (error["message"], error["path"]) == ("There is no such batch.", ["mine"])
    await system.followed(0)


async def test_every_type_is_told_with_what_it_is_about(system: System, gateway: Gateway, teacher: Teacher) -> None:
    batch_id = await teacher.a_batch()
    batch = {"id": global_id("Batch", batch_id), "batchId": str(batch_id)}
    nothing = {"batch": None, "class": None, "student": None, "pending": None, "deadline": None}
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", TEACHER)
        await system.followed()
        class_id = await made(system, teacher, "/classes", {"name": "ES25a", "course_codes": ["SV1"]})
        assert await told(peer) == nothing | {"type": "CLASS_CREATED", "class": {"name": "ES25a"}}
        person = {"person_name": {"first_name": "Åsa", "last_name": "Öst"}, "class_ids": [str(class_id)]}
        await made(system, teacher, "/classes/students", person)
        assert await told(peer) == nothing | {
            "type": "STUDENT_ADDED_TO_CLASS",
            "class": {"name": "ES25a"},
            "student": {"firstName": "Åsa"},
        }
        required = {"batch_id": batch_id, "pending": 3, "deadline": DEADLINE}
        await teacher.tell((cms.UpdateType.STUDENT_MATCHING_CONFIRMATION_REQUIRED, required))
        assert await told(peer) == nothing | {
            "type": "STUDENT_MATCHING_CONFIRMATION_REQUIRED",
            "batch": batch,
            "pending": 3,
            "deadline": DEADLINE,
        }
        settled = {"batch_id": batch_id, "class_id": class_id, "confirmed": 2, "rejected": 1}
        for kind in (cms.UpdateType.STUDENT_ASSOCIATIONS_CONFIRMED, cms.UpdateType.VALIDATION_TIMEOUT_PROCESSED):
            await teacher.tell((kind, settled))
            assert await told(peer) == nothing | {"type": kind.name, "batch": batch, "class": {"name": "ES25a"}}
        await teacher.status(batch_id, 1)
        assert await told(peer) == nothing | {"type": "BATCH_STATUS_UPDATED", "batch": batch}
        await teacher.tell((ras.UpdateType.BATCH_RESULTS_READY, {"batch_id": batch_id, "status": "failed"}))
        assert await told(peer) == nothing | {"type": "BATCH_RESULTS_READY", "batch": batch}


async def test_what_cannot_be_read_is_passed_over(system: System, gateway: Gateway, teacher: Teacher) -> None:
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", TYPES)
        await system.followed()
        await teacher.tell((cms.UpdateType.CLASS_CREATED, {"class_id": "none"}))
        await teacher.a_class("readable")
        assert (await told(peer))["type"] == "CLASS_CREATED"


DIAMOND = "fragment A on Batch { ...B ...C } fragment B on Batch { ...C id } fragment C on Batch { %s }"


@pytest.mark.parametrize(
    ("selection", "calls"),
    [
        ("batch { id batchId __typename }", []),
        ("batch { status processingPhase totalEssays completedEssays failedEssays progress completedAt }", []),
        ("batch { ...A ... on Node { id } } } } " + DIAMOND % "progress", []),
        ("batch { id } batch { status title }", ["lookup"]),
        ("batch { id title @skip(if: true) }", ["lookup"]),
        ("batch { ...A ... on Node { id } } } } " + DIAMOND % "title", ["lookup"]),
        ("batch { validation { totalAssociations } }", ["lookup", "validation-status"]),
    ],
)
async def test_a_batch_is_read_anew_only_for_what_the_update_does_not_bring(
    system: System, gateway: Gateway, teacher: Teacher, selection: str, calls: list[str]
) -> None:
    batch_id = await teacher.a_batch()
    query = f"subscription {{ batchUpdated {{ {selection}"
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", query if "fragment" in query else query + " } }")
        await system.followed()
        await teacher.status(batch_id, 250)
        message = await peer.receive()
        assert "errors" not in message["payload"], message
        made = message["payload"]["extensions"]["upstream"]
        assert [each["path"].rpartition("/")[2] for each in made] == calls


async def test_what_the_update_brings_of_a_batch_is_the_updates(
    system: System, gateway: Gateway, teacher: Teacher
) -> None:
    """Without a call even where RAS has other counts by now."""
    batch_id = await teacher.a_batch(essay_count=7)
    query = "subscription { batchUpdated { batch { totalEssays progress completedAt } } }"
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", query)
        await system.followed()
        await teacher.status(batch_id, 250)
        assert (await told(peer))["batch"] == {"totalEssays": 1000, "progress": 25, "completedAt": None}


async def test_each_event_sees_the_batch_as_it_is_then(system: System, gateway: Gateway, teacher: Teacher) -> None:
    batch_id = await teacher.a_batch()
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", "subscription { batchUpdated { batch { title } } }")
        await system.followed()
        for title in ("first", "second"):
            async with teacher.ras.write() as connection:
                change = text("UPDATE batch_results SET title = :title WHERE batch_id = :id")
                await connection.execute(change, {"title": title, "id": batch_id})
            await teacher.status(batch_id, len(title))
            assert await told(peer) == {"batch": {"title": title}}


async def test_a_subscriber_is_told_nothing_of_others(system: System, gateway: Gateway, teacher: Teacher) -> None:
    other = system.teacher()
    async with signed_in(gateway.url, teacher.user_id) as peer:
        await peer.subscribe("1", TYPES)
        await system.followed()
        await other.a_class("theirs")
        await teacher.status(await teacher.a_batch(), 1)
        assert (await told(peer))["type"] == "BATCH_STATUS_UPDATED"
