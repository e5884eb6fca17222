"""GraphiQL of the real gateway, as a developer opens it after `make run`."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from gateway.documents import document
from tests.support.browser import Served, chromium, opened
from tests.support.system import Run

pytestmark = pytest.mark.e2e


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_the_page_opens_with_the_dashboard_and_answers_it(run: Run, browser: Browser) -> None:
    served = Served(run.told["GATEWAY_URL"], document("dashboard"), run.told["TOKEN"])
    async with opened(browser, served) as tab:
        await tab.open()
        assert await tab.query() == served.query
        shown = (await tab.press_execute())["data"]
        assert shown == run.ask(served.query)["data"]
        assert len(shown["batches"]["nodes"]) == 20
        assert any(node["classInfo"] for node in shown["batches"]["nodes"])
        await tab.press("Show Documentation Explorer")
        await tab.page.click(".graphiql-doc-explorer-type-name:text-is('Query')")
        assert (tab.complaints, tab.strangers()) == ([], [])
