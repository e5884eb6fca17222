"""The gateway and what stands beside it, over the real services."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr

from benchmarks import agreement, bff, plain
from benchmarks.errors import BenchmarkError
from benchmarks.floor import Floor
from benchmarks.load import LOOPBACK
from benchmarks.settings import PeerSettings
from benchmarks.targets import GRAPH_ROW, Target, graph_page, graph_request, targets
from gateway.app import create_app as create_gateway
from gateway.http.tokens import development_token
from ras_service.contract import PhaseName
from ras_service.lifecycle import BatchState
from tests.benchmarks.serving import served
from tests.support.apps import GATEWAY, KEY, cms_app, ras_app
from tests.support.databases import RolledBack
from tests.support.given import OTHER, TEACHER, a_class, association, batch, batches, minutes


@pytest.fixture
async def all_four(cms_database: RolledBack, ras_database: RolledBack) -> AsyncIterator[list[Target]]:
    assert GATEWAY.jwt_secret
    async with AsyncExitStack() as stack:
        cms = f"http://{LOOPBACK}:{await stack.enter_async_context(served(cms_app(cms_database)))}"
        ras = f"http://{LOOPBACK}:{await stack.enter_async_context(served(ras_app(ras_database)))}"
        gateway = create_gateway(GATEWAY.model_copy(update={"cms_base_url": cms, "ras_base_url": ras}))
        settings = PeerSettings(
            port=1,
            cms_base_url=cms,
            ras_base_url=ras,
            internal_api_key=SecretStr(KEY),
            jwt_secret=GATEWAY.jwt_secret,
        )
        ports = {
            "gateway": await stack.enter_async_context(served(gateway)),
            "bff": await stack.enter_async_context(served(bff.create_app(settings))),
            "floor": await stack.enter_async_context(served(Floor(settings), lifespan="off")),
        }
        port = await stack.enter_async_context(served(plain.create_app(settings)))
        yield [*targets(ports), Target("plain", port, graph_request, graph_page, GRAPH_ROW)]


@pytest.fixture
async def school(cms_database: RolledBack, ras_database: RolledBack) -> None:
    class_id = await a_class(cms_database, "ENG6B")
    made = await batches(
        ras_database,
        batch(title=None, state=BatchState.COMPLETED_SUCCESSFULLY, processing_completed_at=minutes(9)),
        batch(essay_count=7, completed_essay_count=2, failed_essay_count=1, current_phase=PhaseName.NLP),
        *(batch(title=f"Prov {n}", created_at=minutes(-n)) for n in range(1, 110)),
    )
    await cms_database.add(*(association(each, class_id) for each in made[1::2]))
    await batches(ras_database, batch(user_id=OTHER))


@pytest.mark.usefixtures("school")
async def test_all_four_answer_the_same(all_four: list[Target]) -> None:
    token = development_token(GATEWAY, TEACHER)
    await agreement.check(all_four, [token])

    page = await agreement.page(all_four[0], token, 100)
    assert (page.total, len(page.rows)) == (111, 100)
    assert {row.class_name for row in page.rows} == {"ENG6B", None}
    assert {row.phase for row in page.rows} == {"nlp", None}


@pytest.mark.usefixtures("school")
async def test_the_graphs_give_the_gateways_whole_answer(all_four: list[Target]) -> None:
    graphs = [each for each in all_four if each.page is graph_page]
    assert [each.name for each in graphs] == ["gateway", "floor", "plain"]
    await agreement.check_whole(graphs, [development_token(GATEWAY, TEACHER)])


async def test_all_four_want_a_valid_token(all_four: list[Target]) -> None:
    stranger = GATEWAY.model_copy(update={"jwt_secret": SecretStr("another-secret-of-more-than-32-characters")})
    for token in (development_token(stranger, TEACHER), development_token(GATEWAY, TEACHER, lifetime=-1)):
        for target in all_four:
            with pytest.raises(BenchmarkError, match=f"{target.name} answers 401"):
                await agreement.page(target, token, 20)
