"""GraphiQL in headless Chromium."""

import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",  # without it, no start as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Served(NamedTuple):
    """A running server whose page opens with this query and token."""

    base_url: str
    query: str
    token: str


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(names)} is installed: install Chromium from your distribution")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        await browser.close()


@dataclass
class Tab:
    """A browser tab with GraphiQL in it, and what the browser did and said meanwhile."""

    page: Page
    served: Served
    requested: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("request", lambda request: self.requested.append(request.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        # A violation of the Content-Security-Policy is told as an error, too.
        if message.type == "error":
            self.complaints.append(message.text)

    async def open(self) -> None:
        await self.page.goto(f"{self.served.base_url}/graphql")
        await self.settle()

    async def reload(self) -> None:
        await self.page.reload()
        await self.settle()

    async def settle(self) -> None:
        await expect(self.page.locator(".CodeMirror")).to_have_count(4)
        await expect(self.page.locator(".graphiql-spinner, .graphiql-spin")).to_have_count(0)

    async def text(self, pane: str) -> str:
        script = "element => element.CodeMirror.getValue()"
        return str(await self.page.locator(f"{pane} .CodeMirror").evaluate(script))

    async def query(self) -> str:
        return await self.text("[aria-label='Query Editor']")

    async def headers(self) -> Any:
        return json.loads(await self.text("[aria-label='Headers'] .graphiql-editor:not(.hidden)"))

    async def press_execute(self) -> Any:
        """What the response pane then shows."""
        async with self.page.expect_response(lambda response: response.request.method == "POST"):
            await self.page.click(".graphiql-execute-button")
        await expect(self.page.locator("[aria-label='Result Window'] .CodeMirror-code")).to_contain_text("{")
        return json.loads(await self.text("[aria-label='Result Window']"))

    async def type_first(self, line: str) -> None:
        await self.page.click("[aria-label='Query Editor'] .CodeMirror-lines")
        await self.page.keyboard.press("Control+Home")
        await self.page.keyboard.type(f"{line}\n")
        # GraphiQL saves when the typing has paused for a moment.
        await self.page.wait_for_function("text => Object.values(localStorage).includes(text)", arg=await self.query())

    async def press(self, label: str) -> None:
        await self.page.click(f"[aria-label='{label}']")

    def strangers(self) -> list[str]:
        """Requests that left the server which the page came from."""
        return [url for url in self.requested if not url.startswith((self.served.base_url, "data:"))]


@asynccontextmanager
async def opened(browser: Browser, served: Served) -> AsyncIterator[Tab]:
    context = await browser.new_context(service_workers="block")
    tab = Tab(await context.new_page(), served)
    tab.listen()
    yield tab
    await context.close()
