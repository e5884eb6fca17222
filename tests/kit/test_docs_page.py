"""`/docs` as a reader meets it: in headless Chromium, against a running server."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect
from pydantic import SecretStr

from ras_service.app import create_app
from ras_service.settings import RasSettings
from tests.support.apps import KEY
from tests.support.browser import chromium
from tests.support.ports import free_port
from tests.support.servers import served


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as made:
        yield made


@pytest.fixture
async def base_url(ras_url: str) -> AsyncIterator[str]:
    settings = RasSettings(internal_api_key=SecretStr(KEY), database_url=ras_url, port=free_port())
    async with served(create_app(settings), settings) as url:
        yield url


@pytest.mark.parametrize("width", [1280, 400])
async def test_the_page_is_styled_and_asks_nobody_for_anything(browser: Browser, base_url: str, width: int) -> None:
    tab = await browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    complaints: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on("console", lambda message: complaints.append(message.text))
    await tab.goto(f"{base_url}/docs")
    await expect(tab.locator("h1")).to_have_text("Result Aggregator Service")
    await expect(tab.locator("article#list_batches h3")).to_have_text("GET /internal/v1/batches/user/{user_id}")

    # The style is allowed by its hash: without it, this would be the browser's own.
    assert (
        await tab.locator("article#list_batches").evaluate("element => getComputedStyle(element).borderRadius") == "8px"
    )
    assert await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")

    await tab.locator("nav a", has_text="/batches/lookup").click()
    await expect(tab.locator("article#lookup_batches")).to_be_in_viewport()
    assert {url for url in asked if not url.startswith("data:")} == {f"{base_url}/docs"}
    assert not complaints
    await tab.close()
