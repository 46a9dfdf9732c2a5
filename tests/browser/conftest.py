"""One Chromium for each module, and pages in it."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# A shared machine is slow at times; what is awaited is awaited patiently.
PATIENCE_MS = 20_000
expect.set_options(timeout=PATIENCE_MS)

type Scheme = Literal["light", "dark"]
# Opens an address: open_url(url, width, height, scheme).
type OpenUrl = Callable[..., Awaitable[Page]]


def chromium() -> str:
    """The browser under test; a machine without one fails these tests, it does not skip them."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("WILLCALL_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    assert found, "No Chromium: install it or set WILLCALL_CHROMIUM to its path."
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Started once a module: that costs more than most of the tests."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="module")
async def open_url(browser: Browser) -> AsyncIterator[OpenUrl]:
    """Pages without a past, each as on a device of its own."""
    contexts: list[BrowserContext] = []

    async def open_url(
        url: str, width: int = 1280, height: int = 800, scheme: Scheme = "light"
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",  # screenshots of what stands still
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(url)
        return page

    yield open_url
    for context in contexts:
        await context.close()
