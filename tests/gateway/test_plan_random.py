"""No document makes more calls than its plan says: random ones over the whole schema, on the real services."""

from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.costs import FIELDS
from gateway.lifespan import Transports
from tests.support.apps import PATIENT, bearer, client, cms_app, ras_app, running
from tests.support.databases import RolledBack
from tests.support.entitlements import Accounts
from tests.support.given import TEACHER
from tests.support.graph import ask
from tests.support.plans import bill_of, bound, exceeded, made
from tests.support.random_documents import random_documents
from tests.support.school import a_school

DOCUMENTS = 1000
ASKED = PATIENT.model_copy(update={"entitlements_base_url": "http://entitlements.test"})
NOT_READ = ("Mutation.", "Subscription.")


@pytest.fixture
async def gateway(cms_database: RolledBack, ras_database: RolledBack) -> AsyncIterator[httpx.AsyncClient]:
    accounts = Accounts({TEACHER: {"user_balance": 7, "org_balance": None, "org_id": None}})
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        running(accounts.app()) as entitlements,
        client(create_app(ASKED, Transports(cms, ras, entitlements)), bearer()) as made,
    ):
        yield made


@pytest.mark.timeout(600)
async def test_no_document_makes_more_calls_than_planned(
    gateway: httpx.AsyncClient, cms_database: RolledBack, ras_database: RolledBack
) -> None:
    called: Counter[str] = Counter()
    exact = 0
    documents = random_documents(await a_school(cms_database, ras_database), DOCUMENTS)
    for query, variables in documents:
        bill, answer = bill_of(query, **variables), await ask(gateway, query, **variables)
        assert not exceeded(bill, answer), (exceeded(bill, answer), query, variables)
        calls = made(bill, answer)
        called.update({name.rpartition(" ")[2]: n for name, n in calls.items()})
        exact += calls == bound(bill)
    # It was no empty school that they asked: they got everywhere, and often had all that they could.
    everywhere = {
        read.path
        for name, cost in FIELDS.items()
        if not name.startswith(NOT_READ)
        for read in (*cost.by_parent, *cost.by_item)
    }
    assert called.keys() == everywhere
    assert min(called.values()) >= 10, called
    assert exact > DOCUMENTS / 2
    assert len(documents) >= DOCUMENTS
