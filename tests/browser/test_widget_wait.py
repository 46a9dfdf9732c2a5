"""Waiting, as the widget shows it: the place in line, who answers, and the assistant again."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect

from tests.browser.chat import (
    bubbles,
    check_with_axe,
    log,
    no_sideways_scroll,
    shoot,
    start,
    write,
)
from tests.browser.conftest import OpenUrl
from tests.browser.fake_gateway import Event, FakeGateway
from tests.browser.scripts import replies, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

type Open = Callable[..., Awaitable[Page]]

DUE = "2026-11-23T15:15:00Z"
QUEUE: Event = {
    "kind": "owner",
    "author": "system",
    "owner": "queue",
    "text": "You are waiting for the pharmacy team. You are number 3 in line.",
    "place": 3,
    "due_at": DUE,
}
PAUL: Event = {"name": "Paul Kim", "role": "pharmacist", "role_label": "farmacéutico"}
STAFF: Event = {
    "kind": "owner",
    "author": "system",
    "owner": "staff",
    "text": "Paul Kim, farmacéutico, está aquí ahora.",
    **PAUL,
}
BOT: Event = {
    "kind": "owner",
    "author": "system",
    "owner": "bot",
    "text": "The assistant is back.",
}
WAITING = "Waiting for the pharmacy team"


@pytest_asyncio.fixture(loop_scope="module")
async def gateway() -> AsyncIterator[FakeGateway]:
    fake = FakeGateway(replies)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def open_page(open_url: OpenUrl, gateway: FakeGateway) -> Open:
    async def open_page(width: int = 390, height: int = 844) -> Page:
        """A chat that has begun."""
        page = await open_url(gateway.url, width, height)
        await start(page)
        await write(page, "hello")
        await expect(bubbles(page, "You said: hello")).to_be_visible()
        return page

    return open_page


def subtitle(page: Page) -> Locator:
    return page.get_by_role("dialog").locator(".top p")


def wait(place: int | None) -> Event:
    return {"type": "wait", "place": place, "due_at": DUE}


async def test_the_place_in_line_is_shown_and_moves(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await expect(subtitle(page)).to_have_text("Automated assistant")
    await gateway.emit(QUEUE)
    await expect(subtitle(page)).to_have_text(f"{WAITING} · number 3 in line")
    await gateway.send(wait(2))
    await expect(subtitle(page)).to_have_text(f"{WAITING} · number 2 in line")
    await shoot(page, "widget-wait-queue")
    await check_with_axe(page)
    await gateway.send(wait(None))
    await expect(subtitle(page)).to_have_text(WAITING)
    # It is said once, in the conversation; what moves in the header is no new message.
    await expect(log(page).locator(".line")).to_have_count(1)


async def test_a_place_is_for_who_waits(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await gateway.send(wait(2))
    await gateway.emit(say("Still me."))
    await expect(bubbles(page, "Still me.")).to_be_visible()
    await expect(subtitle(page)).to_have_text("Automated assistant")


async def test_a_person_has_a_name_and_a_role(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await gateway.emit(QUEUE)
    await gateway.emit(STAFF)
    await expect(subtitle(page)).to_have_text("Paul Kim, farmacéutico")
    await gateway.emit(say("Good morning.", author="staff", **PAUL))
    await expect(log(page).locator(".staff .small")).to_contain_text("Paul Kim, farmacéutico · ")
    await gateway.send({"type": "typing", "author": "staff"})
    await expect(page.get_by_text("The pharmacy is writing")).to_be_visible()
    await shoot(page, "widget-wait-staff")
    await check_with_axe(page)
    # Somebody else's place in line is none of this chat's.
    await gateway.send(wait(1))
    await gateway.drop_sockets()
    await expect(page.get_by_text("Reconnecting")).to_be_visible()
    await expect(page.get_by_text("Reconnecting")).to_be_hidden()
    await expect(subtitle(page)).to_have_text("Paul Kim, farmacéutico")


async def test_the_assistant_is_back(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await gateway.emit(STAFF)
    await gateway.emit(BOT)
    await expect(log(page).get_by_text("The assistant is back.")).to_be_visible()
    await expect(subtitle(page)).to_have_text("Automated assistant")


async def test_after_a_reload_the_place_is_the_one_of_now(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await gateway.emit(QUEUE)
    gateway.only.place = 1
    await page.reload()
    await start(page)
    await expect(log(page).get_by_text("You are number 3 in line.")).to_be_visible()
    await expect(subtitle(page)).to_have_text(f"{WAITING} · number 1 in line")
    await gateway.emit(STAFF)
    await expect(subtitle(page)).to_have_text("Paul Kim, farmacéutico")


async def test_without_sockets_the_events_tell_it(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await gateway.emit(QUEUE)
    gateway.refuse_sockets = True
    await page.reload()
    await start(page)
    await expect(subtitle(page)).to_have_text(f"{WAITING} · number 3 in line")
    await gateway.emit(STAFF)
    await expect(subtitle(page)).to_have_text("Paul Kim, farmacéutico")


async def test_in_spanish_on_a_small_screen(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page(320, 568)
    await page.locator("summary").click()
    await page.get_by_role("button", name="Español").click()
    await expect(subtitle(page)).to_have_text("Asistente automático")
    await gateway.emit(QUEUE)
    await expect(subtitle(page)).to_have_text(
        "Esperando al equipo de la farmacia · número 3 en la fila"
    )
    assert await no_sideways_scroll(page)
    await shoot(page, "widget-wait-320")
