"""The patient's "Did this help?", in a real Chromium, against a scripted gateway."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

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
    shoot,
    start,
    tab_to,
    write,
)
from tests.browser.conftest import OpenUrl, Scheme
from tests.browser.fake_gateway import Event, FakeGateway
from tests.browser.scripts import CHOICES, READY, replies, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

type Open = Callable[..., Awaitable[Page]]


def script(text: str) -> Iterable[Event]:
    """Two things said in one turn to `twice`; the rest as elsewhere."""
    if text == "twice":
        return [say("One moment."), say("Here it is.")]
    return replies(text)


@pytest_asyncio.fixture(loop_scope="module")
async def gateway() -> AsyncIterator[FakeGateway]:
    fake = FakeGateway(script)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def open_page(open_url: OpenUrl, gateway: FakeGateway) -> Open:
    async def open_page(width: int = 1280, height: int = 800, scheme: Scheme = "light") -> Page:
        page = await open_url(gateway.url, width, height, scheme)
        await start(page)
        return page

    return open_page


def helped(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_text("Did this help?")


def feedback(gateway: FakeGateway) -> list[Event]:
    return [frame for frame in gateway.received if frame.get("type") == "feedback"]


async def test_a_yes_is_sent_and_thanked_for(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await expect(helped(page)).to_be_hidden()
    await write(page, "hello")
    await expect(helped(page)).to_be_visible()
    await check_with_axe(page)
    await shoot(page, "widget-helped")
    await page.get_by_role("button", name="Yes", exact=True).click()
    await expect(page.get_by_text("Thank you.", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="No", exact=True)).to_be_hidden()
    assert await focused(page) == "Message"
    assert feedback(gateway) == [{"type": "feedback", "seq": 2, "helpful": True}]
    await write(page, "more")
    await expect(page.get_by_text("Thank you.", exact=True)).to_be_hidden()
    await expect(helped(page)).to_be_visible()
    await expect(page.get_by_role("button", name="No", exact=True)).to_be_visible()


async def test_only_the_last_answer_of_a_turn_is_asked_about(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await write(page, "twice")
    await expect(bubbles(page, "Here it is.")).to_be_visible()
    await expect(helped(page)).to_have_count(1)
    answer = await bubbles(page, "Here it is.").bounding_box()
    asks = await helped(page).bounding_box()
    assert answer is not None
    assert asks is not None
    assert answer["y"] + answer["height"] <= asks["y"]
    await page.get_by_role("button", name="No", exact=True).click()
    assert feedback(gateway) == [{"type": "feedback", "seq": 3, "helpful": False}]


async def test_it_is_gone_when_something_else_is_said(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await write(page, "hello")
    await expect(helped(page)).to_be_visible()
    await gateway.drop_sockets()
    gateway.ignore_messages = 1
    await write(page, "and this")
    await expect(helped(page)).to_be_hidden()


async def test_questions_and_people_are_not_asked_about(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await write(page, "which one")
    await expect(page.get_by_role("button", name="All of them")).to_be_enabled()
    await expect(helped(page)).to_be_hidden()
    await gateway.emit(READY)
    await expect(helped(page)).to_be_visible()
    await gateway.emit(CHOICES)
    await expect(helped(page)).to_be_hidden()
    await write(page, "a person please")
    header = page.get_by_role("dialog").locator(".top")
    await expect(header).to_contain_text("Dana Lee, pharmacist")
    await gateway.emit(say("I pass this on."))
    await expect(bubbles(page, "I pass this on.")).to_be_visible()
    await expect(helped(page)).to_be_hidden()


async def test_after_a_reload_nothing_is_asked_again(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await write(page, "hello")
    await page.get_by_role("button", name="Yes", exact=True).click()
    await page.reload()
    await start(page)
    await expect(bubbles(page, "You said: hello")).to_be_visible()
    await expect(helped(page)).to_be_hidden()


async def test_by_keyboard_and_in_spanish(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page(390, 844)
    await page.locator("summary").click()
    await page.get_by_role("button", name="Español").click()
    await write(page, "hola")
    await expect(page.get_by_text("¿Le ayudó?")).to_be_visible()
    await tab_to(page, "Sí", "Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Gracias.", exact=True)).to_be_visible()
    assert await focused(page) == "Mensaje"
    assert feedback(gateway)[0]["helpful"] is True
    await shoot(page, "widget-helped-spanish")


async def test_over_long_polling(open_page: Open, gateway: FakeGateway) -> None:
    gateway.refuse_sockets = True
    page = await open_page()
    await write(page, "hello")
    await page.get_by_role("button", name="No", exact=True).click(timeout=20_000)
    await expect(page.get_by_text("Thank you.", exact=True)).to_be_visible()
    await write(page, "go on")
    await expect(bubbles(page, "You said: go on")).to_be_visible()
    assert feedback(gateway) == [{"type": "feedback", "seq": 2, "helpful": False}]
    await expect(page.get_by_role("alert").filter(has_text="could not")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_and_can_be_read(
    open_page: Open, gateway: FakeGateway, scheme: Scheme
) -> None:
    page = await open_page(320, 640, scheme)
    await write(page, "hello")
    await expect(helped(page)).to_be_in_viewport(ratio=1)
    await check_with_axe(page)
    assert await no_sideways_scroll(page)
    size = "node => parseFloat(getComputedStyle(node).fontSize)"
    assert float(await helped(page).evaluate(size)) >= 16
    for name in ("Yes", "No"):
        box = await page.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 24
    await shoot(page, f"widget-helped-320-{scheme}")
    await expect(log(page).get_by_text("Did this help?")).to_have_count(0)
    await expect(composer(page)).to_be_visible()
