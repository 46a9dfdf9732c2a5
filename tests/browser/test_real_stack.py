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
from tests.stack import RasaProcess

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
    await page.evaluate("scrollTo(0, 0)")  # the tab key has led to the end of the page
    await expect(page.get_by_role("dialog")).to_be_in_viewport(ratio=1)
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
    # the reply from its beginning, though it is taller than the window
    await expect(ready.get_by_role("heading")).to_be_in_viewport(ratio=1)
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


async def test_hours_are_told_line_by_line(pharmacy: DemoPharmacy, open_page: Open) -> None:
    page = await open_page(pharmacy, 390, 844)
    await start(page)
    await page.get_by_role("button", name="When are you open?").click()
    answer = log(page).locator(".bot .bubble", has_text="Cedar Street Pharmacy is open now").first
    await expect(answer).to_be_visible()
    lines = (await answer.inner_text()).splitlines()
    assert "Monday to Friday: 9:00 AM to 7:00 PM" in lines
    assert "Sunday: 10:00 AM to 4:00 PM" in lines
    await shoot(page, "story-hours-390")


async def test_several_prescriptions_are_numbered_buttons(
    pharmacy: DemoPharmacy, open_page: Open
) -> None:
    page = await open_page(pharmacy)
    await verified(page, "where is my prescription")
    first = page.get_by_role("button", name=re.compile("^1 Lisinopril 10 mg tablet"))
    second = page.get_by_role("button", name=re.compile("^2 Metformin 500 mg tablet"))
    await expect(first).to_be_enabled()
    await expect(second).to_be_enabled()
    question = log(page).locator(".item", has=first).locator(".bubble")
    await expect(question).not_to_contain_text("Lisinopril")
    await shoot(page, "story-choices-1280")
    await composer(page).focus()
    await tab_to(page, "2 Metformin", "Shift+Tab")
    await page.keyboard.press("Space")
    filling = card(page, "Metformin 500 mg tablet")
    await expect(filling.get_by_role("heading", name="Being filled")).to_be_visible()
    await expect(first).to_be_disabled()
    assert await focused(page) == "Message"
    await expect(card(page, "Lisinopril")).to_have_count(0)


async def test_spanish_from_the_first_word(pharmacy: DemoPharmacy, open_page: Open) -> None:
    page = await open_page(pharmacy, 390, 844)
    await start(page)
    await page.locator("summary").click()
    await page.get_by_role("button", name="Español").click()
    await write(page, "hola")
    await expect(log(page)).to_contain_text("Soy el asistente automático de la farmacia")
    await write(page, "ya está listo mi albuterol?")
    await expect(log(page)).to_contain_text("Por favor, llene este formulario")
    for name in ("Apellido", "Mes", "Día", "Año", "Número de receta"):
        await expect(form(page).get_by_role("textbox", name=name, exact=True)).to_be_visible()
    await shoot(page, "story-spanish-form-390")
    await identify(page, ANA)
    ready = card(page, "albuterol")
    await expect(ready.get_by_role("heading", name="Lista para recoger")).to_be_visible()
    fill, _ = await pharmacy.prescription(ALBUTEROL)
    assert fill.copay_cents == 2500
    shown = await facts(ready)
    assert shown["Copago"] == "$25.00"
    assert shown["Se guarda hasta"] == "viernes 4 de diciembre"
    await expect(ready).to_contain_text("Qué sigue")
    await shoot(page, "story-spanish-card-390")


# --- what goes wrong for the patient -------------------------------------------------------------


async def test_details_that_do_not_match_always_read_the_same(
    pharmacy: DemoPharmacy, open_page: Open
) -> None:
    page = await open_page(pharmacy, 390, 844)
    await start(page)
    await write(page, "is my lisinopril ready?")
    await expect(form(page)).to_be_visible()
    told = form(page).get_by_role("alert")
    last_name, month, day, year, phone = JAMES
    answers: list[int] = []
    page.on(
        "response",
        lambda response: answers.append(response.status) if "/identity" in response.url else None,
    )
    wrong = [
        (last_name, month, "5", year, phone),
        ("Nobody", "1", "1", "1990", "(216) 555-0199"),
        (last_name, month, day, year, "(216) 555-0102"),
    ]
    for tries, details in enumerate(wrong, start=1):
        async with page.expect_response("**/identity"):
            await identify(page, details)
        await expect(told).to_have_text(NO_MATCH)
        assert answers == [403] * tries
        # beside the form, and not once more below it
        await expect(page.get_by_text(NO_MATCH).locator("visible=true")).to_have_count(1)
    await expect(log(page)).to_contain_text("I am passing you to the counter.")
    promise = log(page).locator(".bubble", has_text="Someone at the counter will answer here by")
    await expect(promise).to_be_in_viewport(ratio=1)
    header = page.get_by_role("dialog").locator(".top")
    await expect(header).to_contain_text("Waiting for the pharmacy team")
    await shoot(page, "story-locked-390")
    async with page.expect_response("**/identity"):
        await identify(page, JAMES)
    await expect(told).to_contain_text("Identity checks are locked for now.")
    assert answers == [403, 403, 403, 423]
    await expect(log(page).locator("section.card")).to_have_count(0)
    (row,) = await pharmacy.escalations()
    assert row == ("counter", "routine", "identity_locked", "is my lisinopril ready?")


async def test_an_urgent_notice_stays(pharmacy: DemoPharmacy, open_page: Open) -> None:
    page = await open_page(pharmacy, 390, 844)
    await start(page)
    await write(page, SWALLOWED)
    strip = pinned(page)
    await expect(strip).to_contain_text("This may be an emergency.")
    await expect(page.get_by_role("button", name="Ask the assistant more")).to_be_enabled()
    await shoot(page, "story-urgent-390")
    await page.reload()
    await start(page)
    await expect(page.get_by_role("button", name="Ask the assistant more")).to_be_enabled()
    await write(page, "he is two years old")
    await expect(log(page)).to_contain_text("I added this for the pharmacy team.")
    await page.get_by_role("button", name="Ask the assistant more").last.click()
    await write(page, "when are you open?")
    await expect(log(page)).to_contain_text("Monday to Friday")
    await expect(strip.locator(".box")).to_have_count(1)
    for name, number in (("Call 911", "911"), ("Call Poison Help", "18002221222")):
        link = strip.get_by_role("link", name=name)
        await expect(link).to_have_attribute("href", f"tel:{number}")
        await expect(link).to_be_in_viewport(ratio=1)
    await shoot(page, "story-urgent-later-390")
    assert ("pharmacist", "urgent", "red_flag_ingestion", SWALLOWED) in await pharmacy.escalations()


async def test_end_and_clear(pharmacy: DemoPharmacy, open_page: Open) -> None:
    page = await open_page(pharmacy)
    await verified(page, "is my lisinopril ready?")
    await expect(card(page, "Lisinopril")).to_be_visible()
    (kept,) = await page.evaluate("Object.values(localStorage).map((value) => JSON.parse(value))")
    await page.locator("summary").click()
    await page.get_by_role("button", name="End and clear").click()
    await page.get_by_role("dialog").get_by_role("button", name="End and clear").last.click()
    await expect(page.get_by_text("The chat was ended and removed")).to_be_visible()
    await expect(log(page).locator(".bubble, .card")).to_have_count(0)
    assert await page.evaluate("localStorage.length") == 0
    events = f"{pharmacy.url}api/v1/conversations/{kept['conversation_id']}/events"
    headers = {"Authorization": f"Bearer {kept['secret']}"}
    async with aiohttp.ClientSession() as session, session.get(events, headers=headers) as answer:
        assert answer.status == 410
        assert (await answer.json())["error"]["code"] == "conversation_ended"
    await page.reload()
    await start(page)
    await expect(page.get_by_role("heading", name="How can we help?")).to_be_visible()
    await expect(log(page).locator(".item")).to_have_count(0)


# --- what goes wrong for the pharmacy ------------------------------------------------------------


async def test_rasa_dies_while_the_patient_waits(
    own_rasa: RasaProcess, sqlite_url: str, tmp_path: Path, open_page: Open
) -> None:
    pharmacy = DemoPharmacy(sqlite_url, own_rasa)
    await pharmacy.seed()
    await pharmacy.start()
    try:
        page = await open_page(pharmacy)
        await verified(page, "is my lisinopril ready?")
        await expect(card(page, "Lisinopril")).to_be_visible()
        os.kill(own_rasa.pid, signal.SIGSTOP)  # it has the message and will not answer
        await write(page, "what about the metformin")
        await expect(page.get_by_text("The assistant is writing")).to_be_visible()
        own_rasa.kill()
        await expect(log(page)).to_contain_text("I am sorry, something went wrong on our side")
        technical = ("counter", "soon", "technical", "what about the metformin")
        assert await pharmacy.escalations() == [technical]
        await shoot(page, "story-technical-1280")
        await asyncio.to_thread(own_rasa.start, tmp_path / "rasa.log")
        await write(page, "what about the metformin")
        await expect(card(page, "Metformin 500 mg tablet")).to_be_visible()
        await expect(bubbles(page, "what about the metformin")).to_have_count(2)
        await expect(form(page)).to_have_count(0)
    finally:
        await pharmacy.stop()


async def test_the_gateway_goes_away_and_comes_back(
    pharmacy: DemoPharmacy, open_page: Open
) -> None:
    page = await open_page(pharmacy)
    await verified(page, "is my lisinopril ready?")
    await expect(card(page, "Lisinopril")).to_be_visible()
    await pharmacy.stop()
    await expect(page.get_by_text("Reconnecting")).to_be_visible()
    await write(page, "what about the metformin")
    await expect(log(page).get_by_text("Sending")).to_be_visible()
    await shoot(page, "story-reconnecting-1280")
    await pharmacy.start()
    await expect(card(page, "Metformin 500 mg tablet")).to_be_visible(timeout=60_000)
    await expect(page.get_by_text("Reconnecting")).to_be_hidden()
    await expect(log(page).get_by_text("Sending")).to_have_count(0)
    await expect(bubbles(page, "what about the metformin")).to_have_count(1)
    written = [event.text for event in await pharmacy.events() if event.kind == "message"]
    assert written.count("what about the metformin") == 1
    shown = await transcript(page)
    assert len(shown) == len(await pharmacy.events())


# --- for everyone --------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_and_nothing_sticks_out(
    pharmacy: DemoPharmacy, open_page: Open, scheme: Scheme
) -> None:
    page = await open_page(pharmacy, scheme=scheme)
    await verified(page, "is my lisinopril ready?")
    await expect(card(page, "Lisinopril")).to_be_visible()
    await check_with_axe(page)
    pharmacy.clock.now += timedelta(minutes=16)  # the identity has expired
    await write(page, "what about the metformin")
    await expect(form(page)).to_be_visible()
    await check_with_axe(page)
    await write(page, SWALLOWED)
    await expect(pinned(page)).to_contain_text("911")
    await expect(page.get_by_role("button", name="Ask the assistant more")).to_be_enabled()
    await expect(form(page)).to_be_visible()
    await page.locator("summary").click()
    await check_with_axe(page)
    await shoot(page, f"story-all-{scheme}")
    await page.locator("summary").click()
    await page.set_viewport_size({"width": 320, "height": 640})
    await expect(page.get_by_role("dialog")).to_be_in_viewport(ratio=1)
    for name in ("Call 911", "Call Poison Help"):
        await expect(pinned(page).get_by_role("link", name=name)).to_be_in_viewport(ratio=1)
    assert await no_sideways_scroll(page)
    await check_with_axe(page)
    await shoot(page, f"story-320-{scheme}")
