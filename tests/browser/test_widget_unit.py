"""The widget in a real Chromium, against a scripted gateway: what no whole stack does on demand."""

import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.chat import (
    bubbles,
    check_with_axe,
    composer,
    focused,
    log,
    no_sideways_scroll,
    shoot,
    start,
    write,
)
from tests.browser.conftest import OpenUrl, Scheme
from tests.browser.fake_gateway import STATIC, FakeGateway
from tests.browser.scripts import CHOICES, IDENTITY, READY, URGENT, hostile, replies, say

# One browser for all tests of this module: starting it costs more than most of them.
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

type Open = Callable[..., Awaitable[Page]]


@pytest_asyncio.fixture(loop_scope="module")
async def gateway() -> AsyncIterator[FakeGateway]:
    fake = FakeGateway(replies)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def open_page(open_url: OpenUrl, gateway: FakeGateway) -> Open:
    async def open_page(width: int = 1280, height: int = 800, scheme: Scheme = "light") -> Page:
        return await open_url(gateway.url, width, height, scheme)

    return open_page


# --- nothing lost, nothing twice -----------------------------------------------------------------


async def test_a_socket_dropped_before_the_ack_shows_the_message_once(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    gateway.drop_before_ack = 1
    await write(page, "hello there")
    await expect(bubbles(page, "You said: hello there")).to_have_count(1)
    await expect(bubbles(page, "hello there")).to_have_count(1)
    await expect(log(page).get_by_text("Sending")).to_have_count(0)
    sent = [frame for frame in gateway.received if frame["type"] == "message"]
    assert len({frame["client_id"] for frame in sent}) == 1
    assert gateway.hellos[-1]["after"] == 0
    await write(page, "second")
    await expect(bubbles(page, "You said: second")).to_have_count(1)
    await gateway.drop_sockets()
    await expect(page.get_by_text("Reconnecting")).to_be_visible()
    await expect(page.get_by_text("Reconnecting")).to_be_hidden()
    assert gateway.hellos[-1]["after"] == 4


async def test_a_message_written_without_a_connection_is_sent_later_in_order(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    await write(page, "one")
    await expect(bubbles(page, "You said: one")).to_be_visible()
    await page.context.set_offline(True)
    await gateway.drop_sockets()
    await write(page, "two")
    await write(page, "three")
    await expect(page.get_by_text("You are offline; your message will be sent")).to_be_visible()
    await expect(log(page).get_by_text("Sending")).to_have_count(2)
    await page.context.set_offline(False)
    await expect(bubbles(page, "You said: three")).to_be_visible(timeout=15_000)
    shown = await log(page).locator(".patient .bubble").all_inner_texts()
    assert shown == ["one", "two", "three"]


async def test_a_reload_resumes_the_chat_and_the_outbox(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    await write(page, "one")
    await expect(bubbles(page, "You said: one")).to_be_visible()
    gateway.ignore_messages = 1
    await write(page, "two")
    await expect(log(page).get_by_text("Sending")).to_be_visible()
    await page.reload()
    await start(page)
    await expect(bubbles(page, "You said: two")).to_have_count(1)
    shown = await log(page).locator(".bubble").all_inner_texts()
    assert shown == ["one", "You said: one", "two", "You said: two"]
    live = await log(page).locator(".item").first.get_attribute("aria-live")
    assert live == "off", "history must not be read aloud"
    stored = await page.evaluate("JSON.stringify(localStorage)")
    assert "two" not in stored


async def test_long_polling_when_sockets_are_refused(open_page: Open, gateway: FakeGateway) -> None:
    gateway.refuse_sockets = True
    page = await open_page()
    await start(page)
    await write(page, "which one")
    choice = page.get_by_role("button", name="metformin 500 mg")
    await choice.click(timeout=15_000)
    await expect(bubbles(page, "metformin 500 mg tablet")).to_have_count(1)
    await expect(bubbles(page, "You said: metformin 500 mg tablet")).to_be_visible()
    await gateway.emit(say("From the pharmacy, a little later."))
    await expect(bubbles(page, "From the pharmacy, a little later.")).to_have_count(1)
    assert not gateway.hellos


async def test_a_second_tab_shows_the_same_chat_and_ends_with_it(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    await write(page, "hello")
    await expect(bubbles(page, "You said: hello")).to_be_visible()
    other = await page.context.new_page()
    await other.goto(gateway.url)
    await start(other)
    await expect(bubbles(other, "hello")).to_have_count(1)
    await other.locator("summary").click()
    await other.get_by_role("button", name="End and clear").click()
    await shoot(other, "widget-end")
    await other.get_by_role("dialog").get_by_role("button", name="End and clear").last.click()
    await expect(other.get_by_text("The chat was ended")).to_be_visible()
    await expect(bubbles(page, "hello")).to_have_count(0)
    assert not gateway.conversations
    stored = await page.evaluate("Object.keys(localStorage).length")
    assert stored == 0


async def test_an_unknown_conversation_starts_afresh_and_says_so(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    await write(page, "hello")
    await expect(bubbles(page, "You said: hello")).to_be_visible()
    gateway.conversations.clear()
    await page.reload()
    await start(page)
    await expect(page.get_by_text("Your earlier chat is no longer available")).to_be_visible(
        timeout=15_000
    )
    await write(page, "again")
    await expect(bubbles(page, "You said: again")).to_be_visible()


async def test_refused_messages_come_back_or_are_sent_later(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    gateway.refuse = {"long story": "text_too_long", "too fast": "rate_limited", "odd": "invalid"}
    await write(page, "long story")
    await expect(page.get_by_text("That message is too long")).to_be_visible()
    await expect(composer(page)).to_have_value("long story")
    await expect(bubbles(page, "long story")).to_have_count(0)
    await write(page, "odd")
    await expect(page.get_by_text("Server words.")).to_be_visible()
    await write(page, "too fast")
    await expect(page.get_by_text("That was a lot at once")).to_be_visible()
    await expect(bubbles(page, "You said: too fast")).to_be_visible(timeout=12_000)
    await expect(page.get_by_text("That was a lot at once")).to_be_hidden()


# --- what is shown -------------------------------------------------------------------------------


async def test_an_urgent_notice_stays(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page(390, 844)
    await start(page)
    await write(page, "My child took my pills")
    strip = page.get_by_role("dialog").get_by_role("alert").filter(has_text="Urgent")
    await expect(strip).to_contain_text("call 911 now")
    await expect(strip.get_by_role("link", name="Poison Help")).to_have_attribute(
        "href", "tel:18002221222"
    )
    for text in ("one", "two", "three"):
        await write(page, text)
        await expect(bubbles(page, f"You said: {text}")).to_be_visible()
    await expect(strip).to_be_in_viewport(ratio=1)
    await shoot(page, "widget-urgent")
    await page.reload()
    await start(page)
    await expect(strip).to_be_in_viewport(ratio=1)
    await gateway.emit({**URGENT, "text": "A newer notice."})
    await expect(strip.locator(".box").first).to_contain_text("A newer notice.")
    await expect(strip).to_contain_text("call 911 now")


async def test_markup_in_any_field_is_inert(open_page: Open, gateway: FakeGateway) -> None:
    gateway.script = hostile
    page = await open_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await start(page)
    await write(page, '<img src=x onerror="window.hacked=1">')
    await expect(log(page).locator(".item")).to_have_count(17)
    injected = "img, script, bold, b b, a[href^='javascript'], [onerror], [style]:not(textarea)"
    await expect(page.get_by_role("dialog").locator(injected)).to_have_count(0)
    assert await page.evaluate("window.hacked === undefined")
    assert not dialogs


async def test_older_questions_are_spent_once_answered(
    open_page: Open, gateway: FakeGateway
) -> None:
    page = await open_page()
    await start(page)
    await write(page, "which one")
    await expect(log(page)).not_to_contain_text("3. All of them")
    await page.get_by_role("button", name="lisinopril 10 mg").click()
    await expect(page.get_by_role("heading", name="Ready for pickup")).to_be_visible()
    await expect(page.get_by_role("button", name="metformin 500 mg")).to_be_disabled()
    chosen = next(frame for frame in gateway.received if frame["type"] == "choice")
    assert chosen["choice_id"] == CHOICES["choices"][0]["choice_id"]
    steps = await log(page).locator("li").all_inner_texts()
    assert steps == [f"Done:\n{step['label']}" for step in READY["steps"]]
    await write(page, "atorvastatin")
    await expect(log(page).locator("li.problem")).to_have_text("Insurance – waiting here")
    await expect(log(page)).to_contain_text("This takes longer than we said.")
    await shoot(page, "widget-status-card")
    await gateway.emit(IDENTITY)
    await gateway.emit({"kind": "identity_result", "verified": True, "text": "Identity confirmed."})
    await expect(page.get_by_role("button", name="I'd rather not")).to_have_count(0)


async def test_a_person_takes_over_and_closes(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await start(page)
    await expect(page.get_by_role("dialog")).to_contain_text("Automated assistant")
    await write(page, "a person please")
    header = page.get_by_role("dialog").locator(".top")
    await expect(header).to_contain_text("Dana Lee, pharmacist")
    await gateway.drop_sockets()
    # It ends while the patient is away: what was said stays on the screen.
    await gateway.emit({"kind": "closed", "author": "system", "text": "Closed by the pharmacy."})
    await expect(page.get_by_text("This chat has ended.")).to_be_visible()
    await expect(composer(page)).to_be_hidden()
    await expect(page.get_by_text("Reconnecting")).to_be_hidden()
    await expect(bubbles(page, "a person please")).to_be_visible()
    await shoot(page, "widget-closed")
    hellos = len(gateway.hellos)
    await page.reload()
    await start(page)
    await expect(page.get_by_text("Your earlier chat is no longer available")).to_be_visible()
    assert len(gateway.hellos) == hellos + 1, "a closed chat must not be asked for again"
    await expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()


async def test_a_new_chat_after_a_closed_one(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await start(page)
    await write(page, "close it")
    await page.get_by_role("button", name="Start a new chat").click()
    await write(page, "hello again")
    await expect(bubbles(page, "You said: hello again")).to_be_visible()
    assert len(gateway.conversations) == 2


async def test_spanish(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page(390, 844)
    await start(page)
    await page.locator("summary").click()
    await page.get_by_role("button", name="Español").click()
    await expect(page.get_by_role("heading", name="¿En qué le podemos ayudar?")).to_be_visible()
    await page.get_by_role("button", name="¿Está lista mi receta?").click()
    await expect(log(page)).to_contain_text("¿Está lista mi receta?")
    await shoot(page, "widget-spanish")
    assert gateway.only.locale == "es"


# --- for everyone --------------------------------------------------------------------------------


async def test_the_whole_chat_by_keyboard(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page()
    await page.get_by_role("button", name="Chat with us").focus()
    await page.keyboard.press("Enter")
    assert await focused(page) == "Message"
    await page.keyboard.type("which one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    choice = page.get_by_role("button", name="All of them")
    await expect(choice).to_be_enabled()
    await page.keyboard.press("Shift+Tab")
    assert await focused(page) == "3 All of them"
    await page.keyboard.press("Space")
    await expect(choice).to_be_disabled()
    assert await focused(page) == "Message"
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert "Chat with us" in await focused(page)


async def test_the_identity_form_by_keyboard(open_page: Open, gateway: FakeGateway) -> None:
    words = "These details do not match our records."
    gateway.identity = (403, {"error": {"code": "identity_not_confirmed", "message": words}})
    page = await open_page(390, 844)
    await start(page)
    await write(page, "Is my prescription ready?")
    form = page.get_by_role("form", name="Confirm who you are")
    name = form.get_by_label("Last name")
    await name.focus()
    await page.keyboard.press("Enter")
    await expect(form).to_contain_text("Enter your last name.")
    assert await focused(page) == "Last name"
    await page.keyboard.type("Ruiz")
    for part in ("2", "30", "1961"):
        await page.keyboard.press("Tab")
        await page.keyboard.type(part)
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Tab")
    assert await focused(page) == "Phone number"
    await page.keyboard.type("(555) 010-4477")
    await page.keyboard.press("Enter")
    await expect(form).to_contain_text("Enter your date of birth")
    assert not gateway.identity_posts, "February 30 does not exist"
    assert await focused(page) == "Month"
    await form.get_by_label("Day").fill("9")
    await page.keyboard.press("Enter")
    await expect(form.get_by_role("alert")).to_have_text(words)
    await shoot(page, "widget-identity")
    expected = {"last_name": "Ruiz", "date_of_birth": "1961-02-09", "phone": "(555) 010-4477"}
    assert gateway.identity_posts == [expected]
    stored = await page.evaluate("JSON.stringify(localStorage)")
    assert "Ruiz" not in stored
    gateway.identity = (200, {"verified": True, "until": "2030-01-01T00:00:00Z"})
    await form.get_by_role("button", name="Confirm").press("Enter")
    await expect(log(page)).to_contain_text("Your identity is confirmed.")
    await expect(form).to_have_count(0)
    assert await focused(page) == "Message"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(open_page: Open, gateway: FakeGateway, scheme: Scheme) -> None:
    page = await open_page(scheme=scheme)
    await check_with_axe(page)
    await shoot(page, f"widget-page-{scheme}")
    await start(page)
    await check_with_axe(page)
    await shoot(page, f"widget-welcome-{scheme}")
    for text in ("which one", "lisinopril", "atorvastatin", "stock", "pills", "a person", "ready"):
        await write(page, text)
        await expect(log(page).get_by_text("Sending")).to_have_count(0)
    await expect(page.get_by_label("Last name")).to_be_visible()
    await page.locator("summary").click()
    await check_with_axe(page)
    await shoot(page, f"widget-all-{scheme}")


async def test_a_small_screen_has_no_sideways_scroll(open_page: Open, gateway: FakeGateway) -> None:
    page = await open_page(320, 640)
    await start(page)
    for text in (
        "which one",
        "lisinopril",
        "atorvastatin",
        "pills",
        "a person",
        "ready",
        "w" * 400,
    ):
        await write(page, text)
        await expect(log(page).get_by_text("Sending")).to_have_count(0)
        assert await no_sideways_scroll(page), text
    await shoot(page, "widget-320")


async def test_the_widget_is_small() -> None:
    files = [STATIC / "widget.js", *(STATIC / "widget").glob("*.js")]
    total = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert total <= 20_000, f"{total} bytes gzipped"
