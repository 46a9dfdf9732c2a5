"""A patient and the people of the pharmacy, each in a browser of their own, on the real stack."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser import chat, desk
from tests.browser.conftest import OpenUrl
from tests.browser.demo_pharmacy import DemoPharmacy
from tests.browser.test_real_stack import verified
from tests.stack import RasaProcess
from tests.staff import PASSWORD, add_staff

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.asyncio(loop_scope="module")]

QUESTION = "can i take ibuprofen with it"
PEOPLE = {"paul": ("Paul Kim", "pharmacist"), "tina": ("Tina Lopez", "technician")}


@pytest_asyncio.fixture(loop_scope="module")
async def pharmacy(sqlite_url: str, rasa: RasaProcess) -> AsyncIterator[DemoPharmacy]:
    pharmacy = DemoPharmacy(sqlite_url, rasa)
    await pharmacy.seed()
    await pharmacy.start()
    await add_staff(pharmacy.app.database, "paul", "pharmacist", display_name="Paul Kim")
    await add_staff(pharmacy.app.database, "tina", "technician", display_name="Tina Lopez")
    yield pharmacy
    await pharmacy.stop()


async def console(open_url: OpenUrl, pharmacy: DemoPharmacy, who: str, width: int = 1280) -> Page:
    """The console of somebody who has signed in."""
    page = await open_url(f"{pharmacy.url}staff/", width)
    await page.get_by_label("User name").fill(who)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Password").press("Enter")
    await desk.live(page)
    return page


async def test_from_the_question_to_the_next_question(
    pharmacy: DemoPharmacy, open_url: OpenUrl
) -> None:
    paul = await console(open_url, pharmacy, "paul")
    await chat.shoot(paul, "desk-1-nobody-waits")
    patient = await open_url(pharmacy.url, 390, 844)
    await verified(patient, "is my lisinopril ready?")
    await chat.write(patient, QUESTION)
    await expect(patient.get_by_text("You are next in line.").first).to_be_visible()
    await chat.shoot(patient, "desk-2-patient-waits")

    await desk.show(paul, QUESTION)
    await expect(desk.record(paul).get_by_text("James Carter")).to_be_visible()
    await expect(desk.said(paul, QUESTION)).to_be_visible()
    await chat.shoot(paul, "desk-3-the-question")
    await chat.check_with_axe(paul)
    await desk.act(paul, "Claim").click()
    await expect(desk.reply(paul)).to_be_focused()
    await expect(
        chat.log(patient).get_by_text("Paul Kim, pharmacist, is here now.")
    ).to_be_visible()

    await chat.write(patient, "i mean the 200 mg one")
    await expect(desk.said(paul, "i mean the 200 mg one")).to_be_visible()
    await desk.reply(paul).press_sequentially("Let me check", delay=10)
    await expect(patient.get_by_text("The pharmacy is writing")).to_be_visible()
    await desk.reply(paul).fill("Please do not take them together before we talked.")
    await desk.reply(paul).press("Enter")
    answer = chat.bubbles(patient, "Please do not take them together before we talked.")
    await expect(answer).to_be_visible()
    await chat.shoot(patient, "desk-4-live-talk")
    await chat.shoot(paul, "desk-5-live-talk")
    assert await chat.no_sideways_scroll(patient)
    await chat.check_with_axe(patient)

    await desk.act(paul, "Hand back").click()
    if await desk.dialog(paul).is_visible():
        await desk.dialog(paul).get_by_role("button", name="Hand back").click()
    await expect(chat.log(patient).get_by_text("The assistant is back.")).to_be_visible()
    await chat.write(patient, "are you open on sunday")
    await expect(
        chat.log(patient).get_by_text(re.compile("Sunday.*closed|closed.*Sunday"))
    ).to_be_visible()
    await chat.shoot(patient, "desk-6-handed-back")
    await chat.shoot(paul, "desk-7-done")
    assert [row[3] for row in await pharmacy.escalations()] == [QUESTION]
    events = await pharmacy.events()
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    owners = [event.data["owner"] for event in events if event.kind == "owner"]
    assert owners == ["queue", "staff", "bot"]


async def test_claim_reply_and_close_by_keyboard(pharmacy: DemoPharmacy, open_url: OpenUrl) -> None:
    patient = await open_url(pharmacy.url, 1280)
    await chat.start(patient)
    await chat.write(patient, "i want to talk to a person")
    tina = await console(open_url, pharmacy, "tina")
    await expect(desk.card(tina, "i want to talk to a person")).to_be_visible()
    keys = tina.keyboard
    await keys.press("j")
    await keys.press("Enter")
    await expect(desk.said(tina, "i want to talk to a person")).to_be_visible()
    await keys.press("c")
    await expect(desk.reply(tina)).to_be_focused()
    await keys.type("Hello, how can I help?")
    await keys.press("Enter")
    await expect(chat.bubbles(patient, "Hello, how can I help?")).to_be_visible()
    await keys.press("Escape")
    await keys.press("x")
    await expect(desk.dialog(tina)).to_be_visible()
    await chat.shoot(tina, "desk-8-closing")
    for _ in range(3):
        await keys.press("Tab")
    await keys.press("Enter")
    await expect(chat.log(patient).get_by_text("Tina Lopez closed this chat.")).to_be_visible()
    await expect(desk.dialog(tina)).to_be_hidden()
    await chat.shoot(patient, "desk-9-closed")


async def test_both_sides_come_back_after_a_restart(
    pharmacy: DemoPharmacy, open_url: OpenUrl
) -> None:
    patient = await open_url(pharmacy.url, 1280)
    await chat.start(patient)
    await chat.write(patient, "i want to talk to a person")
    tina = await console(open_url, pharmacy, "tina", 820)
    await desk.show(tina, "i want to talk to a person")
    await desk.act(tina, "Claim").click()
    await expect(desk.reply(tina)).to_be_focused()
    await expect(chat.log(patient).get_by_text("Tina Lopez, pharmacy technician")).to_be_visible()
    await pharmacy.stop()
    await expect(tina.get_by_text("Connection lost").first).to_be_visible()
    await chat.shoot(tina, "desk-10-connection-lost")
    await desk.reply(tina).fill("I am still here.")
    await desk.reply(tina).press("Enter")
    await chat.write(patient, "hello?")
    await pharmacy.start()
    await expect(chat.bubbles(patient, "I am still here.")).to_have_count(1)
    await expect(desk.said(tina, "hello?")).to_have_count(1)
    await desk.live(tina)
    said = [event.text for event in await pharmacy.events() if event.author in ("patient", "staff")]
    assert sorted(said) == sorted(["i want to talk to a person", "I am still here.", "hello?"])
