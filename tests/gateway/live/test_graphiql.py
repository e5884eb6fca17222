"""A subscription in GraphiQL, as a developer starts and stops it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from gateway.documents import document
from gateway.http.tokens import development_token
from tests.gateway.live.system import System, Teacher
from tests.support.apps import GATEWAY
from tests.support.browser import Served, Tab, chromium, opened

ANSWER = "[aria-label='Result Window'] .CodeMirror-code"


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def shown(tab: Tab, containing: str) -> Any:
    await expect(tab.page.locator(ANSWER)).to_contain_text(containing, timeout=20_000)
    return json.loads(await tab.text("[aria-label='Result Window']"))


async def write(tab: Tab, query: str) -> None:
    await tab.page.click("[aria-label='Query Editor'] .CodeMirror-lines")
    await tab.page.keyboard.press("Control+A")
    await tab.page.keyboard.insert_text(query)
    # GraphiQL parses and saves when the typing has paused for a moment.
    await tab.page.wait_for_function("text => Object.values(localStorage).includes(text)", arg=query)


async def test_a_subscription_runs_until_it_is_stopped(system: System, teacher: Teacher, browser: Browser) -> None:
    async with system.gateway(graphiql_teacher=teacher.user_id) as gateway:
        served = Served(gateway.url, document("dashboard"), development_token(GATEWAY, teacher.user_id))
        async with opened(browser, served) as tab:
            await tab.open()
            await write(tab, "subscription { teacherUpdates { type pending } }")
            await tab.page.click(".graphiql-execute-button")
            await gateway.subscribed(1)
            await teacher.a_class("ES25a")
            assert (await shown(tab, "CLASS_CREATED"))["data"] == {
                "teacherUpdates": {"type": "CLASS_CREATED", "pending": None}
            }
            await teacher.status(await teacher.a_batch(), 1)
            await shown(tab, "BATCH_STATUS_UPDATED")
            await tab.page.click(".graphiql-execute-button")
            await gateway.subscribed(0)
            assert (tab.complaints, tab.strangers()) == ([], [])
            await write(tab, 'subscription { teacherUpdates(after: "x") { type } }')
            await tab.page.click(".graphiql-execute-button")
            assert "must be a cursor" in (await shown(tab, "must be a cursor"))["errors"][0]["message"]
