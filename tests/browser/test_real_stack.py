"""The widget in a real Chromium on the real stack, with the demonstration pharmacy's records."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.chat import (
    bubbles,
    check_with_axe,
    composer,
    focused,
    log,
    no_sideways_scroll,
    pinned,
    shoot,
    start,
    tab_to,
    write,
)
from tests.browser.conftest import OpenUrl, Scheme
from tests.browser.demo_pharmacy import DemoPharmacy
from tests.stack import RasaProcess, free_port, model_file

# The loop of the module's browser is that of its tests.
pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

type Open = Callable[..., Awaitable[Page]]

JAMES = ("Carter", "3", "4", "1961", "(216) 555-0101")
ANA = ("Ruiz", "9", "17", "1984", "(216) 555-0102")
LISINOPRIL, METFORMIN, ALBUTEROL = "7001001", "7001002", "7002002"
SWALLOWED = "my son swallowed a bunch of my pills"
NO_MATCH = "The details do not match our records. Please check them and try again."
# What Chromium itself reports of answers that are refusals, and of a gateway that is away.
EXPECTED_IN_CONSOLE = ("Failed to load resource", "WebSocket connection")


@pytest_asyncio.fixture(loop_scope="module")
async def pharmacy(sqlite_url: str, rasa: RasaProcess) -> AsyncIterator[DemoPharmacy]:
    pharmacy = DemoPharmacy(sqlite_url, rasa)
    await pharmacy.seed()
    await pharmacy.start()
    yield pharmacy
    await pharmacy.stop()


@pytest.fixture
def open_page(open_url: OpenUrl) -> Iterator[Open]:
    """Opens a pharmacy's page; whatever goes wrong in its scripts fails the test."""
    problems: list[str] = []

    async def open_page(
        pharmacy: DemoPharmacy, width: int = 1280, height: int = 800, scheme: Scheme = "light"
    ) -> Page:
        page = await open_url("about:blank", width, height, scheme)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda said: problems.append(said.text) if said.type == "error" else None,
        )
        await page.goto(pharmacy.url)
        return page

    yield open_page
    unexpected = [each for each in problems if not each.startswith(EXPECTED_IN_CONSOLE)]
    assert not unexpected


def form(page: Page) -> Locator:
    return page.get_by_role("form", name=re.compile("^(Confirm who you are|Confirme quién es)"))


def card(page: Page, medicine: str) -> Locator:
    return log(page).locator("section.card", has_text=medicine)


async def facts(card: Locator) -> dict[str, str]:
    """What the card lists, by label."""
    labels = await card.locator("dt").all_inner_texts()
    return dict(zip(labels, await card.locator("dd").all_inner_texts(), strict=True))


def day(moment: datetime | None, timezone: str) -> str:
    """'Friday, December 4', where the store is."""
    assert moment is not None
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local:%A, %B} {local.day}"


async def identify(page: Page, details: tuple[str, str, str, str, str]) -> None:
    """Fill in the form in any language and confirm."""
    last_name, month, day, year, phone = details
    boxes = form(page).get_by_role("textbox")
    await form(page).get_by_role("radio").last.check(force=True)
    for box, value in zip(await boxes.all(), (last_name, month, day, year, phone), strict=True):
        await box.fill(value)
    await boxes.last.press("Enter")


async def verified(page: Page, question: str) -> None:
    """Ask, and be James Carter."""
    await start(page)
    await write(page, question)
    await expect(form(page)).to_be_visible()
    await identify(page, JAMES)
    await expect(form(page)).to_have_count(0)


async def transcript(page: Page) -> list[str]:
    return await log(page).locator(".item").all_inner_texts()


# --- asking --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
async def test_the_story_of_the_readme(
    pharmacy: DemoPharmacy, open_page: Open, width: int, height: int
) -> None:
    page = await open_page(pharmacy, width, height)
    await shoot(page, f"story-1-page-{width}")
    await tab_to(page, "Chat with us")
    await page.keyboard.press("Enter")
    assert await focused(page) == "Message"
    await shoot(page, f"story-2-welcome-{width}")

    await page.keyboard.type("is my lisinopril ready?")
    await page.keyboard.press("Enter")
    await expect(form(page)).to_be_visible()
    await tab_to(page, "Last name", "Shift+Tab")
    last_name, *date, phone = JAMES
    await page.keyboard.type(last_name)
    for name, value in zip(("Month", "Day", "Year"), date, strict=True):
        await tab_to(page, name)
        await page.keyboard.type(value)
    await tab_to(page, "Rx number")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    assert await focused(page) == "Phone number"
    await page.keyboard.type(phone)
    await shoot(page, f"story-3-identity-{width}")
    await page.keyboard.press("Enter")

    ready = card(page, "Lisinopril 10 mg tablet")
    await expect(ready.get_by_role("heading", name="Ready for pickup")).to_be_visible()
    assert await focused(page) == "Message"
    fill, store = await pharmacy.prescription(LISINOPRIL)
    shown = await facts(ready)
    assert shown["Store"] == store.name
    assert shown["Kept until"] == day(fill.kept_until, store.timezone)
    assert fill.copay_cents == 1000
    assert shown["Copay"] == "$10.00"
    await expect(page.get_by_text("The assistant is writing")).to_be_hidden()
    # VIEWPORT
    await shoot(page, f"story-4-card-{width}")

    await page.keyboard.type("what about the metformin")
    await page.keyboard.press("Enter")
    filling = card(page, "Metformin 500 mg tablet")
    await expect(filling.get_by_role("heading", name="Being filled")).to_be_visible()
    fill, store = await pharmacy.prescription(METFORMIN)
    planned = (await facts(filling))["Planned time"]
    assert planned.startswith(day(fill.promised_at, store.timezone))
    await expect(page.get_by_text("The assistant is writing")).to_be_hidden()
    await shoot(page, f"story-5-metformin-{width}")

    said = await transcript(page)
    await page.reload()
    await start(page)
    await expect(log(page).locator(".item")).to_have_count(len(said))
    told = [event.kind for event in await pharmacy.events()]
    assert told.count("status_card") == 2
    assert len(told) == len(said)
    assert await transcript(page) == said
    await shoot(page, f"story-6-reloaded-{width}")
