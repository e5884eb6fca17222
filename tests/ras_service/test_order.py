"""Whatever the order, the repetitions and the lists in which events come, they end in the same rows."""

from collections.abc import AsyncIterator, Iterator
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from structlog.testing import capture_logs

from kit.db import Database
from kit.events.ingest import Ingest
from ras_service.ingestion import handlers
from ras_service.lifecycle import COMPLETED, PUBLIC, RANK, BatchState
from ras_service.settings import RasSettings
from tests.conftest import migrated
from tests.support.apps import KEY
from tests.support.databases import Databases
from tests.support.pipeline import Event
from tests.support.random_pipelines import Script, Telling, scripts

EXAMPLES = 2_000


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """To print what is logged would take most of the time."""
    with capture_logs():
        yield


@pytest.fixture(scope="module")
async def database(databases: Databases) -> AsyncIterator[Database]:
    """Committed for good: each telling has ids of its own."""
    url = await migrated(databases, "ras")
    opened = Database.open(RasSettings(internal_api_key=SecretStr(KEY), database_url=url))
    yield opened
    await opened.close()


async def tell(database: Database, telling: Telling, lists: list[list[bytes]]) -> Event:
    """Answers what is left; on the way no state loses rank."""
    ingest = Ingest(database, handlers())
    ranks: dict[str, int] = {}
    for bodies in lists:
        assert (await ingest.process(bodies)).dead == []
        if len(lists) > 1:
            found = {batch_id: RANK[BatchState(state)] for batch_id, state in (await telling.states(database)).items()}
            assert found == {batch_id: max(rank, ranks.get(batch_id, 0)) for batch_id, rank in found.items()}
            assert ranks.keys() <= found.keys()
            ranks = found
    return await telling.left(database)


def disordered(rng: Random, bodies: list[bytes]) -> list[list[bytes]]:
    """Each at least once, some twice, in any order, in up to four lists."""
    all_of_them = bodies + rng.sample(bodies, rng.randint(0, len(bodies) // 2))
    rng.shuffle(all_of_them)
    cuts = sorted(rng.randint(0, len(all_of_them)) for _ in range(rng.randint(0, 3)))
    return [all_of_them[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]


def check_what_was_told(left: Event) -> None:
    """The last status of each batch is that of its row, and results are announced once."""
    rows, status = left["batches"] or {}, left["status"] or {}
    assert {batch_id: (each["status"], each["processing_phase"]) for batch_id, each in status.items()} == {
        batch_id: (PUBLIC[BatchState(row["state"])], row["current_phase"]) for batch_id, row in rows.items()
    }
    ready, published = left["ready"] or [], left["published"] or {}
    assert len(set(ready)) == len(ready)
    assert published == dict.fromkeys(ready, 2)
    assert {batch_id for batch_id, row in rows.items() if row["state"] in COMPLETED} <= set(ready)


@pytest.mark.timeout(900)
@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True)
@given(scripts(), st.randoms(use_true_random=False))
async def test_the_order_of_events_does_not_matter(database: Database, script: Script, rng: Random) -> None:
    first, second = Telling(script), Telling(script)
    expected = await tell(database, first, [first.ordered()])
    found = await tell(database, second, disordered(rng, second.ordered()))
    for left in (expected, found):
        check_what_was_told(left)
    # How often a row was told of depends on the lists; a batch that fails critically may have been complete before.
    rows = ("batches", "essays", "counts", "pending")
    assert {name: found[name] for name in rows} == {name: expected[name] for name in rows}
