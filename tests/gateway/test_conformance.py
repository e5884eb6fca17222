"""The gateway's REST answers against its own OpenAPI document, over the real services."""

import pytest

from gateway.app import create_app
from gateway.lifespan import Transports
from tests.support.apps import GATEWAY, bearer, cms_app, ras_app, running
from tests.support.conformance import Case, failures
from tests.support.databases import RolledBack
from tests.support.given import a_class, association, batch, batches, minutes
from tests.support.ports import free_port
from tests.support.servers import served


def as_it_is(_: Case) -> None:
    """What the document calls valid is valid, without more to be said."""


@pytest.mark.timeout(300)
# Of a long list of statuses: Hypothesis would show it to a person, and nobody looks.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
async def test_the_gateway_is_what_its_document_says(cms_database: RolledBack, ras_database: RolledBack) -> None:
    in_class, *_ = await batches(
        ras_database, *(batch(title=title, processing_completed_at=minutes(1)) for title in ("Novell", None, "Essä"))
    )
    await cms_database.add(association(in_class, await a_class(cms_database)))
    settings = GATEWAY.model_copy(update={"port": free_port()})
    async with (
        running(cms_app(cms_database)) as cms,
        running(ras_app(ras_database)) as ras,
        served(create_app(settings, Transports(cms, ras)), settings) as base_url,
    ):
        found = await failures(base_url, as_it_is, bearer())
    assert not found, found
