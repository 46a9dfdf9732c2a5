"""The whole circle in real browsers: asked, not understood, answered, taught, understood."""

import asyncio
import json
import re
import sys
import time
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import select

from bot.bootstrap import utc_now
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.places import sources_digest
from bot.services import active_model
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.teaching import Question
from tests.browser import chat, desk
from tests.browser.conftest import OpenUrl
from tests.browser.test_staff_review_unit import asked, group, items, pane, toast
from tests.stack import Device, RasaProcess, model_file, stack
from tests.staff import PASSWORD, add_staff

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

# A way of asking for the opening hours that no file knows, by four patients; and by a fifth.
ASKED = (
    "grille still up or nah",
    "has the grille gone up",
    "when is the grille coming down",
    "is your grille already down",
)
ASKED_LATER = "is the grille up yet"
ANSWER = "We open at 9 in the morning."


async def signed_in(open_url: OpenUrl, address: str, path: str) -> Page:
    page = await open_url(f"{address}/staff/{path}")
    await page.get_by_label("User name").fill("paul")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Password").press("Enter")
    await desk.live(page)
    return page


@pytest.mark.timeout(900)
async def test_what_nobody_understood_is_understood_by_the_next(
    sqlite_url: str, data_dir: Path, own_rasa: RasaProcess, open_url: OpenUrl
) -> None:
    database = Database(sqlite_url)
    now = utc_now()
    await import_records(
        database, json_lines.read(json.dumps(record) for record in demo_records(now)), now
    )
    await add_staff(database, "paul", "pharmacist", display_name="Paul Kim")
    await active_model.install(database, model_file().name, sources_digest(), now)
    async with stack(database, own_rasa.url, own_rasa.actions_port, utc_now, data_dir=data_dir) as (
        address,
        _app,
    ):
        await _asked_by_others(address)
        patient = await open_url(f"{address}/", 390, 844)
        await chat.start(patient)
        await chat.write(patient, ASKED[0])
        not_understood = chat.log(patient).get_by_text("I did not understand that")
        await expect(not_understood).to_be_visible()

        await _sorted(database)
        await _label_and_answer(await signed_in(open_url, address, "questions"))
        await expect(chat.bubbles(patient, ANSWER)).to_be_visible()
        await chat.shoot(patient, "circle-2-answered")

        seconds = await _teach(await signed_in(open_url, address, "models"))
        sys.stderr.write(f"from Teach to active in {seconds:.1f} s\n")

        other = await open_url(f"{address}/", 390, 844)
        await chat.start(other)
        await chat.write(other, ASKED_LATER)
        await expect(chat.log(other).get_by_text(re.compile("AM to .* PM")).first).to_be_visible()
        await chat.shoot(other, "circle-4-understood")


async def _asked_by_others(address: str) -> None:
    """Three more patients who are not understood, and leave."""
    async with aiohttp.ClientSession() as session:
        for text in ASKED[1:]:
            device = Device(session, address)
            await device.open()
            assert "did not understand" in (await device.say(text))[-1]["text"]
            await device.close()


async def _sorted(database: Database) -> None:
    """Wait until every question is in a group: who labels one that grows labels newcomers too."""
    async with asyncio.timeout(60):
        while True:
            async with database.read() as session:
                groups = (await session.scalars(select(Question.group_id))).all()
            if len(groups) == len(ASKED) and all(groups):
                return
            await asyncio.sleep(0.1)


async def _label_and_answer(page: Page) -> None:
    """A pharmacist goes through the groups, whichever way they came to be grouped."""
    await expect(items(page, "Groups").first).to_be_visible()
    await chat.shoot(page, "circle-1-questions")
    answered = False
    while await items(page, "Groups").count():
        await items(page, "Groups").first.click()
        await expect(asked(page).first).to_be_visible()
        mine = asked(page).filter(has_text=ASKED[0])
        if not answered and await mine.count():
            await mine.get_by_role("button", name="Answer the patient").click()
            await desk.dialog(page).get_by_label("Answer", exact=True).fill(ANSWER)
            await desk.dialog(page).get_by_role("button", name="Send the answer").click()
            await expect(toast(page)).to_be_visible()
            answered = True
            continue
        first = await asked(page).first.locator(".asked").inner_text()
        await group(page).get_by_role("button", name=re.compile("^Label")).first.click()
        await desk.dialog(page).get_by_label("Meaning", exact=True).fill("When are you open")
        await desk.dialog(page).get_by_role("radio").first.check()
        await desk.dialog(page).get_by_role("button", name="Label").click()
        await expect(desk.dialog(page)).to_be_hidden()
        await expect(toast(page)).to_contain_text("Labelled")
        await expect(asked(page).get_by_text(first, exact=True)).to_have_count(0)
    assert answered


async def _teach(page: Page) -> float:
    """From "Teach" to active; the seconds that it took."""
    started = time.monotonic()
    await page.get_by_role("button", name=re.compile("^Teach ")).click()
    activate = pane(page, "Model").get_by_role("button", name="Activate")
    await expect(activate).to_be_enabled(timeout=500_000)
    await chat.shoot(page, "circle-3-passed")
    await activate.click()
    await desk.dialog(page).get_by_role("button", name="Activate").click()
    await expect(desk.dialog(page)).to_be_hidden(timeout=60_000)
    await expect(pane(page, "Model")).to_contain_text("Active")
    return time.monotonic() - started
