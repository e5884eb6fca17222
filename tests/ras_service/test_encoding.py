"""RAS's answers are made from rows without the contract's classes, and are to the byte what those would be."""

from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from kit.responses import encode_json
from ras_service.contract import (
    BatchById,
    BatchPage,
    BatchPageWithEssays,
    BatchType,
    EssayById,
    EssaysByBatch,
    PhaseName,
    ProcessingStage,
)
from ras_service.lifecycle import BatchState
from ras_service.tables import BatchResult, EssayResult
from tests.support.databases import RolledBack
from tests.support.given import NOON, TEACHER, batch, batches, essay

TEXTS = [None, "", 'Åsa "Ö" \\ \n\t\x01 €𝔘', "x" * 200, "uppgift 7"]
MANY = 30


def moment(random: Random) -> Any:
    return NOON + timedelta(microseconds=random.choice([0, 1, 500_000, random.randrange(10**15)]))


def some_batch(random: Random) -> BatchResult:
    return batch(
        batch_id=UUID(int=random.getrandbits(128)),
        assignment_id=random.choice(TEXTS),
        title=random.choice(TEXTS),
        batch_type=random.choice(list(BatchType)),
        state=random.choice(list(BatchState)),
        current_phase=random.choice([None, *PhaseName]),
        requested_pipelines=random.sample(list(PhaseName), random.randrange(6)),
        essay_count=random.randrange(2**31),
        created_at=moment(random),
        updated_at=moment(random),
        processing_started_at=random.choice([None, moment(random)]),
        processing_completed_at=random.choice([None, moment(random)]),
    )


def some_essay(random: Random, batch_id: UUID, position: int) -> EssayResult:
    phases = ("spellcheck", "nlp", "cj_assessment", "ai_feedback")
    return essay(
        batch_id,
        position,
        essay_id=UUID(int=random.getrandbits(128)),
        filename=random.choice(TEXTS),
        **{f"{each}_stage": random.choice(list(ProcessingStage)) for each in phases},
        **{f"{each}_error": random.choice(TEXTS) for each in phases},
        cj_rank=random.choice([None, 0, 7]),
        cj_score=random.choice([None, 0.0, -1e-9, 1e22, random.random()]),
        confidence_score=random.choice([None, 1.0, random.random()]),
        letter_grade=random.choice([None, "A"]),
        updated_at=moment(random),
    )


def check(answer: httpx.Response, of: Any) -> Any:
    assert answer.status_code == 200, answer.text
    decoded = msgspec.json.decode(answer.content, type=of)
    assert encode_json(decoded) == answer.content
    return decoded


@pytest.mark.parametrize("seed", range(3))
async def test_answers_are_what_the_contract_encodes(
    ras: httpx.AsyncClient, ras_database: RolledBack, seed: int
) -> None:
    random = Random(seed)  # noqa: S311  hides nothing
    made = await batches(ras_database, *(some_batch(random) for _ in range(MANY)))
    written = [some_essay(random, each, n) for each in made[:5] for n in range(3)]
    await ras_database.add(*written)
    ids, unknown = [str(each) for each in made], str(UUID(int=0))
    path, listed = "/internal/v1", f"/internal/v1/batches/user/{TEACHER}"

    for params in ({"limit": "7"}, {"limit": "100", "cursors": "true"}, {"status": ["processing", "failed"]}):
        check(await ras.get(listed, params=params), BatchPage)
    page = check(await ras.get(listed, params={"include": "essays", "limit": "100"}), BatchPageWithEssays)
    assert (len(page.batches), sum(len(each.essays) for each in page.batches)) == (MANY, 15)
    found = check(await ras.post(f"{path}/batches/lookup", json={"batch_ids": [*ids, unknown]}), BatchById)
    assert {key: each and each.batch_id for key, each in found.items()} == {**{i: i for i in made}, UUID(int=0): None}
    theirs = {"essay_ids": [*(str(each.essay_id) for each in written), unknown]}
    assert len(check(await ras.post(f"{path}/essays/lookup", json=theirs), EssayById)) == 16
    for cursors in ("true", "false"):
        body, params = {"batch_ids": ids, "first": 2}, {"cursors": cursors}
        check(await ras.post(f"{path}/batches/essays", json=body, params=params), EssaysByBatch)
