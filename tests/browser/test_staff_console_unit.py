"""The staff console in a real Chromium, against a desk in memory."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.chat import check_with_axe, shoot, tab_to
from tests.browser.conftest import OpenUrl, Scheme
from tests.browser.desk import (
    act,
    card,
    cards,
    conversation,
    dialog,
    find,
    fits,
    furnish,
    live,
    queue,
    record,
    reply,
    said,
    sent,
    show,
    sign_in,
    transcript,
    until,
)
from tests.browser.fake_desk import PASSWORD, FakeDesk, Row, Talk, ago
from tests.browser.fake_gateway import STATIC

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

type Open = Callable[..., Awaitable[Page]]

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
# Counts the tones instead of playing them.
COUNT_TONES = """
window.tones = 0;
window.AudioContext = class {
  state = "running"; currentTime = 0; destination = {};
  async resume() {}
  async close() {}
  createOscillator() {
    return { frequency: {}, connect: (to) => to, start() { window.tones += 1; }, stop() {} };
  }
  createGain() {
    const gain = { setValueAtTime() {}, linearRampToValueAtTime() {} };
    return { gain, connect: (to) => to };
  }
};
"""


@pytest_asyncio.fixture(loop_scope="module")
async def desk() -> AsyncIterator[FakeDesk]:
    fake = FakeDesk()
    furnish(fake)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def open_desk(open_url: OpenUrl, desk: FakeDesk) -> Open:
    async def open_desk(
        username: str = "dana", width: int = 1280, height: int = 800, scheme: Scheme = "light"
    ) -> Page:
        page = await open_url(desk.url, width, height, scheme)
        await sign_in(page, username)
        if username != "ada":
            await expect(cards(page).first).to_be_visible()
        return page

    return open_desk


# --- signing in and out --------------------------------------------------------------------------


async def test_sign_in_by_password_and_code(open_url: OpenUrl, desk: FakeDesk) -> None:
    page = await open_url(desk.url)
    await expect(page.get_by_label("User name")).to_be_focused()
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("Please fill in every field.")
    await page.get_by_label("User name").fill("omar")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_label("Show what I type").check()
    await expect(page.get_by_label("Password")).to_have_attribute("type", "text")
    await page.get_by_label("Password").press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    await expect(page.get_by_label("Code")).to_be_hidden()
    await check_with_axe(page)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Password").press("Enter")
    await expect(page.get_by_label("Code")).to_be_focused()
    await shoot(page, "desk-code")
    await page.get_by_label("Code").fill("000000")
    await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("code is wrong")
    await page.get_by_label("Code").fill("123 456")
    await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("banner")).to_contain_text("Omar Haddad")
    await page.reload()
    await expect(cards(page).first).to_be_visible()
    # Nothing that opens the desk again is left where scripts can read it.
    kept = await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert PASSWORD not in kept
    assert not any(token in kept or csrf in kept for token, (_, csrf) in desk.sessions.items())


async def test_the_password_can_be_seen_and_changed(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("button", name="Change password").click()
    asked = dialog(page)
    present, new, again = (
        asked.get_by_label(name, exact=True)
        for name in ("Present password", "New password", "New password again")
    )
    await expect(present).to_be_focused()
    await expect(new).to_have_attribute("autocomplete", "new-password")
    for text in (" spaces are kept ", "another one"):
        await again.fill(text)
        await present.fill("wrong")
        await new.fill(" spaces are kept ")
        await again.press("Enter")
        said = "present password" if text == " spaces are kept " else "not the same"
        await expect(asked.get_by_role("alert")).to_contain_text(said)
    await asked.get_by_label("Show what I type").check()
    await expect(new).to_have_attribute("type", "text")
    await check_with_axe(page)
    await shoot(page, "desk-password")
    await asked.get_by_label("Show what I type").uncheck()
    await expect(new).to_have_attribute("type", "password")
    await present.fill(PASSWORD)
    await again.fill(" spaces are kept ")
    await asked.get_by_role("button", name="Change password").click()
    await expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert desk.password == " spaces are kept "


async def test_a_session_that_ends_leads_to_the_sign_in_and_keeps_what_was_written(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await reply(page).fill("Half a sentence")
    await act(page, "Add note").click()
    await dialog(page).get_by_label("Note").fill("Half a note")
    desk.end_sessions()
    await expect(page.get_by_text("Your session has ended.")).to_be_visible()
    await expect(page.get_by_text("Ana Ruiz")).to_have_count(0)
    await expect(dialog(page)).to_have_count(0)
    await shoot(page, "desk-ended")
    await sign_in(page)
    await expect(reply(page)).to_have_value("Half a sentence")
    await act(page, "Add note").click()
    await expect(dialog(page).get_by_label("Note")).to_have_value("Half a note")


async def test_signing_out_says_what_it_lets_go_of_and_clears_the_tab(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await reply(page).fill("Half a sentence")
    await page.get_by_role("button", name="Menu").click()
    await shoot(page, "desk-menu")
    await check_with_axe(page)
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(dialog(page)).to_contain_text("You hold 1 conversation, which returns")
    await dialog(page).get_by_role("button", name="Sign out").click()
    await expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert find(desk, "ana")["state"] == "waiting"
    assert await page.evaluate("sessionStorage.length") == 0
    assert "ana" not in page.url
    await sign_in(page, "tina")
    await expect(card(page, "Rosa Diaz")).to_be_visible()
    await expect(page.get_by_text("Half a sentence")).to_have_count(0)


# --- the queue -----------------------------------------------------------------------------------


async def test_the_queue_keeps_the_order_of_the_server_and_says_who_waits(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    reasons = await cards(page).locator(".reason").all_inner_texts()
    assert reasons == [
        "Possible emergency",
        "Wants a person",
        "Clinical question",
        "Transfer a prescription",
        "Change of personal details",
    ]
    urgent = card(page, "Possible emergency")
    for words in ("Urgent", "Not verified", "waiting 2 min", "due", "1 unread", "Pharmacist"):
        await expect(urgent).to_contain_text(words)
    late = card(page, "Luis Ortega")
    await expect(late).to_contain_text("overdue by 3 min")
    await expect(late).to_contain_text(re.compile(r"wants a call .* to "))
    await expect(late).to_contain_text("alerted 1 time")
    assert await page.title() == "(5!) Willcall desk"
    await page.get_by_label("Counter", exact=True).check()
    await expect(cards(page)).to_have_count(3)
    await page.get_by_label("All", exact=True).check()
    await page.get_by_role("tab", name="Waiting").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_text("You hold no conversation.")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("tab", name="All open 6")).to_be_focused()
    await expect(card(page, "Complaint")).to_contain_text("with Tina Lopez")
    await page.keyboard.press("ArrowRight")
    await expect(cards(page)).to_have_count(1)
    await expect(cards(page)).to_contain_text("Answered, Tina Lopez")
    await check_with_axe(page)


async def test_a_technician_has_one_queue_and_nothing_clinical(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk("tina")
    await expect(cards(page)).to_have_count(3)
    await expect(page.get_by_label("Pharmacist", exact=True)).to_have_count(0)
    await expect(page.get_by_role("link", name="Audit")).to_have_count(0)
    await page.goto(desk.url + "audit")
    await expect(cards(page)).to_have_count(3)


async def test_what_is_new_arrives_by_itself_and_is_heard(
    open_url: OpenUrl, desk: FakeDesk
) -> None:
    page = await open_url(desk.url)
    await page.add_init_script(COUNT_TONES)
    await page.reload()
    await sign_in(page)
    await expect(cards(page)).to_have_count(5)
    await live(page)
    heard = await page.evaluate("tones")
    assert heard == 4, "somebody urgent waits already"
    calm = Talk("calm")
    calm.add("patient", "where are you")
    desk.open(calm, "Wants a person", "where are you")
    await expect(cards(page)).to_have_count(6)
    await expect(page).to_have_title("(6!) Willcall desk")
    assert await page.evaluate("tones") == heard
    urgent = Talk("urgent")
    urgent.add("patient", "out of insulin")
    opened = desk.open(
        urgent, "Has run out", "out of insulin", priority="urgent", queue="pharmacist", due_in=1
    )
    await expect(cards(page).first).to_contain_text("out of insulin")
    await expect(page.get_by_role("alert").filter(has_text="Urgent: Has run out")).to_be_attached()
    assert await page.evaluate("tones") == heard + 4
    desk.tell("alert", opened)
    await expect(page.get_by_role("alert").filter(has_text="Still waiting")).to_be_attached()
    assert await page.evaluate("tones") == heard + 8
    await page.get_by_role("button", name="Alert sound").click()
    await expect(page.get_by_text("Sound off")).to_be_visible()
    desk.tell("alert", opened)
    await page.reload()
    await expect(page.get_by_text("Sound off")).to_be_visible()
    assert await page.evaluate("tones") == 0


async def test_focus_stays_on_a_card_when_the_queue_moves(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await live(page)
    await card(page, "Rosa Diaz").focus()
    desk.open(Talk("new"), "Wants a person", "hello", priority="urgent", due_in=0.5)
    await expect(cards(page)).to_have_count(6)
    await expect(card(page, "Rosa Diaz")).to_be_focused()
    desk.take(find(desk, "two"), "tina")
    await expect(cards(page)).to_have_count(5)
    await expect(cards(page).last).to_be_focused()


async def test_search(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await page.keyboard.press("/")
    await page.keyboard.type("stamps")
    await page.keyboard.press("Enter")
    found = queue(page).get_by_role("button", name="do you sell stamps")
    await expect(found).to_be_visible()
    await expect(queue(page).get_by_text("1 result", exact=True)).to_be_visible()
    assert sent(desk, "/search") == [{"q": "stamps"}]
    await check_with_axe(page)
    await shoot(page, "desk-search")
    await found.click()
    await expect(conversation(page)).to_contain_text("The chat has ended.")
    await page.keyboard.press("Escape")
    await expect(found).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(cards(page)).to_have_count(5)


# --- a conversation ------------------------------------------------------------------------------


async def test_claim_reply_and_close_by_keyboard(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    for _ in range(3):
        await page.keyboard.press("j")
    await expect(card(page, "Ana Ruiz")).to_be_focused()
    await page.keyboard.press("k")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(conversation(page).get_by_role("heading", name="Ana Ruiz")).to_be_focused()
    await expect(card(page, "Ana Ruiz")).to_have_attribute("aria-current", "true")
    await page.keyboard.press("c")
    await expect(reply(page)).to_be_focused()
    await page.keyboard.type("One c x")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("Two")
    await page.keyboard.press("Enter")
    await expect(said(page, "One c x\nTwo")).to_have_count(1)
    await expect(transcript(page).get_by_text("Sending")).to_have_count(0)
    assert sent(desk, "/typing"), "the patient is told that somebody writes"
    await page.keyboard.press("Escape")
    await page.keyboard.press("x")
    await expect(dialog(page).get_by_label("Outcome")).to_be_focused()
    await check_with_axe(page)
    await shoot(page, "desk-close")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Spoke on the phone")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Closed: Called the patient.").first).to_be_attached()
    assert sent(desk, "/close") == [{"outcome": "called", "note": "Spoke on the phone"}]
    await expect(cards(page)).to_have_count(4)
    await expect(cards(page).first).to_be_focused()
    await expect(conversation(page)).to_contain_text("The chat has ended.")
    await expect(reply(page)).to_be_hidden()


async def test_every_control_is_reached_with_tab(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    for name in ("Send", "Skip to the content", "Alert sound", "Menu", "Waiting"):
        await tab_to(page, name)
    for name in ("Release", "Transfer", "Hand back", "Close", "Add note", "Conversation"):
        await tab_to(page, name)
    await tab_to(page, "Reply to the patient")


async def test_single_keys_can_be_turned_off(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await page.keyboard.press("?")
    await expect(dialog(page).get_by_role("heading")).to_have_text("Keyboard shortcuts")
    await check_with_axe(page)
    await shoot(page, "desk-shortcuts")
    await dialog(page).get_by_label("Single-key shortcuts are on").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("j")
    await page.keyboard.press("?")
    await expect(dialog(page)).to_have_count(0)
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("button", name="Keyboard shortcuts").click()
    await expect(dialog(page).get_by_label("Single-key shortcuts are on")).not_to_be_checked()


async def test_a_claim_that_came_too_late_names_the_holder(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await show(page, "Rosa Diaz")
    desk.hidden_change = True
    desk.take(find(desk, "two"), "tina")
    await act(page, "Claim").click()
    problem = conversation(page).get_by_role("alert")
    await expect(problem.first).to_have_text("Tina Lopez has this conversation.")
    await expect(act(page, "Claim")).to_be_hidden()
    await expect(card(page, "Rosa Diaz")).to_have_count(0)
    await expect(reply(page)).to_be_hidden()
    await shoot(page, "desk-claim-lost")
    await check_with_axe(page)


async def test_an_urgent_one_can_be_claimed_over_a_technician(
    open_desk: Open, desk: FakeDesk
) -> None:
    busy = desk.talks["busy"]
    desk.open(
        busy, "Possible emergency", "my chest hurts", queue="pharmacist", priority="urgent",
        clinical=True, holder=busy.holder,
    )  # fmt: skip
    page = await open_desk()
    await show(page, "my chest hurts")
    await expect(conversation(page)).to_contain_text("Tina Lopez has this conversation.")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    assert busy.holder == desk.accounts["dana"].public()


async def test_each_request_of_a_conversation_has_its_state(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Rosa Diaz")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    two = desk.talks["two"]
    desk.open(two, "Complaint", "and it was late", holder=two.holder)
    claim = conversation(page).get_by_role("button", name="Claim: Complaint")
    await expect(claim).to_be_visible()
    await shoot(page, "desk-two-requests")
    await check_with_axe(page)
    await claim.click()
    await expect(claim).to_have_count(0)
    await act(page, "Close").click()
    await dialog(page).get_by_label("Request").select_option(label="Complaint: and it was late")
    await dialog(page).get_by_role("button", name="Close").click()
    await expect(dialog(page)).to_have_count(0)
    await expect(conversation(page)).to_contain_text("closed: Answered, Dana Lee")
    await expect(reply(page)).to_be_visible()
    assert desk.of(two)[0]["state"] == "claimed"


async def test_canned_replies_are_not_sent_with_a_gap(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await conversation(page).get_by_role("button", name="Canned replies").click()
    await expect(dialog(page).get_by_label("Find")).to_be_focused()
    await expect(dialog(page).get_by_role("listitem")).to_have_count(2)
    await check_with_axe(page)
    await shoot(page, "desk-canned")
    await page.keyboard.type("ready")
    await page.keyboard.press("Enter")
    await expect(reply(page)).to_be_focused()
    await expect(reply(page)).to_have_value("[name], your order will be ready at […] today.")
    await page.keyboard.type("Ana")  # over what is selected
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Not sent: fill in […] first.")).to_be_visible()
    assert not sent(desk, "/messages")
    await page.keyboard.type("5 PM")
    await page.keyboard.press("Enter")
    await expect(said(page, "Ana, your order will be ready at 5 PM today.")).to_have_count(1)


async def test_notes_stand_between_the_messages_and_look_different(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    await show(page, "Ana Ruiz")
    items = await transcript(page).locator(".item .text").all_inner_texts()
    place = items.index("Called last week about the same.")
    assert items[place + 1] == "can i take ibuprofen with it"
    await page.keyboard.press("n")
    note = dialog(page).get_by_label("Note")
    await expect(note).to_be_focused()
    await dialog(page).get_by_role("button", name="Add note").click()
    await expect(dialog(page).get_by_role("alert")).to_have_text("Note: please fill this in.")
    await note.fill("Ask about her kidneys")
    await check_with_axe(page)
    await note.press("Control+Enter")
    own = transcript(page).locator(".note", has_text="Ask about her kidneys")
    await expect(own).to_contain_text("Private note")
    await expect(own).to_contain_text("Dana Lee")
    assert sent(desk, "/notes") == [{"text": "Ask about her kidneys"}]


async def test_transfer_release_and_hand_back(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await show(page, "Rosa Diaz")
    await act(page, "Claim").click()
    await act(page, "Release").click()
    await expect(page.get_by_text("Released: it is in the queue again.").first).to_be_attached()
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("t")
    await expect(dialog(page)).to_contain_text("Transfer to the pharmacist queue")
    await expect(dialog(page).get_by_label("Reason")).to_be_focused()
    await check_with_axe(page)
    await shoot(page, "desk-transfer")
    await dialog(page).get_by_label("Reason").fill("Needs a pharmacist")
    await dialog(page).get_by_role("button", name="Transfer").click()
    await expect(dialog(page)).to_have_count(0)
    assert sent(desk, "/transfer") == [{"queue": "pharmacist", "reason": "Needs a pharmacist"}]
    await expect(transcript(page)).to_contain_text("Needs a pharmacist")
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await act(page, "Transfer").click()
    await dialog(page).get_by_label("Reason").fill("Is it?")
    await dialog(page).get_by_role("button", name="Transfer").click()
    await expect(dialog(page).get_by_role("alert")).to_have_text("A clinical question stays here.")
    await page.keyboard.press("Escape")
    await act(page, "Hand back").click()
    await dialog(page).get_by_role("button", name="Hand back").click()
    await expect(page.get_by_text("Handed back to the assistant.").first).to_be_attached()
    assert find(desk, "ana")["state"] == "closed"


async def test_the_record_and_the_marks_of_the_conversation(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Possible emergency")
    await expect(record(page)).to_contain_text("Not verified")
    await expect(transcript(page)).to_contain_text("Urgent notice to the patient")
    call = transcript(page).get_by_role("link", name="911")
    await expect(call).to_have_attribute("href", "tel:911")
    await show(page, "Luis Ortega")
    await expect(record(page)).to_contain_text("No longer valid")
    await expect(conversation(page)).to_contain_text("Wants a call")
    await expect(said(page, "Alguien le contestará pronto.")).to_have_attribute("lang", "es")
    await show(page, "Rosa Diaz")
    await expect(record(page)).to_contain_text("caregiver: mother")
    await show(page, "Ana Ruiz")
    for words in ("February 9, 1961", "Spanish", "Verified", "Ready for pickup", "late", "$10.00"):
        await expect(record(page)).to_contain_text(words)
    refills = record(page).locator("div", has=page.locator("dt", has_text="Refills left")).first
    await expect(refills).to_contain_text("0")
    await act(page, "Claim").click()
    await reply(page).fill("Please wait")
    await reply(page).press("Enter")
    await expect(said(page, "Please wait")).to_be_visible()
    await expect(page.get_by_text("Seen by the patient")).to_have_count(0)
    ana = desk.talks["ana"]
    # It is shown before it is stored.
    await until(lambda: ana.events[-1]["text"] == "Please wait")
    ana.seen_seq = len(ana.events)
    desk.passing("seen", conversation_id="ana", seq=ana.seen_seq)
    await expect(page.get_by_text("Seen by the patient")).to_have_count(1)
    desk.passing("typing", conversation_id="ana")
    await expect(page.get_by_text("The patient is typing…")).to_be_visible()
    seq = desk.say(ana, "ok")
    await expect(said(page, "ok")).to_be_visible()
    await expect(page.get_by_text("The patient is typing…")).to_be_hidden()
    await until(lambda: {"seq": seq} in sent(desk, "/seen"))


# --- nothing lost, nothing twice -----------------------------------------------------------------


async def test_a_lost_connection_is_shown_and_made_up_for(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Ana Ruiz")
    ana = desk.talks["ana"]
    desk.say(ana, "first")
    await expect(said(page, "first")).to_have_count(1)
    desk.refuse_streams = True
    desk.drop_streams()
    banner = page.get_by_role("status").get_by_text("Connection lost, trying again…")
    await expect(banner).to_be_visible()
    await check_with_axe(page)
    await shoot(page, "desk-lost")
    desk.say(ana, "second")
    desk.open(Talk("new"), "Wants a person", "are you there")
    desk.refuse_streams = False
    await expect(banner).to_be_hidden()
    await live(page)
    await expect(said(page, "second")).to_have_count(1)
    await expect(said(page, "first")).to_have_count(1)
    await expect(card(page, "are you there")).to_be_visible()


async def test_a_short_break_is_resumed_where_it_was(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Ana Ruiz")
    desk.say(desk.talks["ana"], "first")
    await expect(said(page, "first")).to_be_visible()
    desk.drop_streams()
    await until(lambda: desk.seen_ids[-1] == "1")
    desk.say(desk.talks["ana"], "second")
    await expect(said(page, "second")).to_have_count(1)
    # What the page asks by itself does not keep the session alive.
    own = [(path, mark) for method, path, mark in desk.requests if method == "GET"]
    reads = [mark for path, mark in own if path == "/escalations"]
    assert reads
    assert set(reads) == {"1"}


async def test_a_gap_in_the_events_reads_the_whole_again(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Ana Ruiz")
    ana = desk.talks["ana"]
    before = len(ana.events)
    ana.add("patient", "one")
    ana.add("patient", "two")
    kept, ana.events = ana.events, [*ana.events[:before], {**ana.events[-1], "seq": before + 2}]
    desk.tell("message", conversation_id="ana", seq=before + 2, author="patient")
    await expect(said(page, "two")).to_have_count(1)
    ana.events = kept
    desk.forgotten = True
    desk.drop_streams()
    await live(page)
    desk.tell("message", conversation_id="ana", seq=before + 2, author="patient")
    await expect(said(page, "two")).to_have_count(1)


async def test_a_reply_is_sent_once_whatever_happens(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    desk.lose_answers = 1
    await reply(page).fill("Are you there?")
    await reply(page).press("Enter")
    await expect(said(page, "Are you there?")).to_have_count(1)
    desk.refuse_messages = 1
    await reply(page).fill("Second")
    await reply(page).press("Enter")
    await reply(page).fill("Third")
    await reply(page).press("Enter")
    await expect(page.get_by_text("Not sent yet – trying again").first).to_be_visible()
    await expect(page.get_by_text("Not sent yet – trying again")).to_have_count(0)
    await expect(page.get_by_text("Sending…")).to_have_count(0)
    texts = [each["text"] for each in desk.talks["ana"].events if each["author"] == "staff"]
    assert texts == ["Are you there?", "Second", "Third"]
    for text in texts:
        await expect(said(page, text)).to_have_count(1)


async def test_a_reply_written_offline_is_sent_later_even_after_a_reload(
    open_desk: Open, desk: FakeDesk
) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    await page.context.set_offline(True)
    await expect(page.get_by_text("Connection lost, trying again…")).to_be_visible()
    await reply(page).fill("From the cellar")
    await reply(page).press("Enter")
    await expect(page.get_by_text("Not sent yet – trying again")).to_be_visible()
    await shoot(page, "desk-offline")
    await page.context.set_offline(False)
    await expect(page.get_by_text("Connection lost, trying again…")).to_be_hidden()
    await expect(said(page, "From the cellar")).to_have_count(1)
    await expect(page.get_by_text("Not sent yet – trying again")).to_have_count(0)
    desk.refuse_messages = 1000
    await reply(page).fill("And again")
    await reply(page).press("Enter")
    await expect(page.get_by_text("Not sent yet – trying again")).to_be_visible()
    await page.reload()
    await expect(said(page, "And again")).to_have_count(1)
    desk.refuse_messages = 0
    await expect(page.get_by_text("Not sent yet – trying again")).to_have_count(0)
    texts = [each["text"] for each in desk.talks["ana"].events if each["author"] == "staff"]
    assert texts == ["From the cellar", "And again"]


async def test_a_refused_reply_comes_back(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk()
    await live(page)
    await show(page, "Rosa Diaz")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    desk.refuse_replies = True
    await reply(page).fill("Too late")
    await reply(page).press("Enter")
    problem = conversation(page).get_by_role("alert").filter(has_text="Not sent: You do not hold")
    await expect(problem).to_be_visible()
    await expect(reply(page)).to_have_value("Too late")
    await expect(said(page, "Too late")).to_have_count(0)
    desk.take(find(desk, "two"), "omar")
    await expect(conversation(page)).to_contain_text("Omar Haddad has this conversation.")
    await expect(conversation(page)).to_contain_text("What you have written is kept.")
    await expect(problem).to_be_visible()


# --- for everyone --------------------------------------------------------------------------------


async def test_markup_in_any_field_is_inert(open_url: OpenUrl, desk: FakeDesk) -> None:
    for account in desk.accounts.values():
        account.display_name = HOSTILE
    patient = dict.fromkeys(("name", "date_of_birth", "phone", "language"), HOSTILE)
    names = ("rx_number", "medicine", "directions", "quantity", "state", "title", "meaning")
    rx: Row = dict.fromkeys((*names, "next_step", "as_of_text", "store_name"), HOSTILE)
    rx |= {"refills_remaining": HOSTILE, "late": True}
    facts = [{"label": HOSTILE, "value": HOSTILE}]
    bad = Talk("bad", record=[{
        "patient": patient, "caregiver": {"relationship": HOSTILE}, "verified_at": ago(1),
        "valid": True, "prescriptions": [rx | {"facts": facts}],
    }])  # fmt: skip
    kinds = "message choices identity_form identity_result status_card notice owner closed".split()
    for kind in [*kinds, HOSTILE]:
        for author in ("patient", "bot", "staff", "system", HOSTILE):
            text = f'{HOSTILE} javascript:alert(1) https://example.org/"onclick=x'
            bad.add(author, text, kind, name=HOSTILE, role=HOSTILE, lang=HOSTILE, late_text=HOSTILE)
    bad.notes.append({"note_id": 1, "at": ago(0), "text": HOSTILE,
                      "author": desk.accounts["tina"].public()})  # fmt: skip
    call = {"from": HOSTILE, "until": HOSTILE, "phone": HOSTILE, "name": HOSTILE}
    desk.escalations.clear()
    desk.open(bad, HOSTILE, HOSTILE, call_back=call, priority=HOSTILE, locale='"><b>')
    desk.canned = [{"id": "x", "title": HOSTILE, "text": HOSTILE}]
    page = await open_url(desk.url)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    await sign_in(page)
    await cards(page).click()
    await expect(transcript(page).locator(".item")).to_have_count(len(bad.events) + 1)
    await act(page, "Claim").click()
    await conversation(page).get_by_role("button", name="Canned replies").click()
    await expect(dialog(page).get_by_role("listitem")).to_contain_text("<script>")
    injected = "img, body script, b b, a[href^='javascript'], [onerror], [onclick]"
    await expect(page.locator(injected)).to_have_count(0)
    await page.keyboard.press("Escape")
    await queue(page).get_by_role("searchbox").fill("img")
    await page.keyboard.press("Enter")
    await expect(queue(page).get_by_text("1 result", exact=True)).to_be_visible()
    await page.get_by_role("button", name="Menu").click()
    await expect(page.locator(injected)).to_have_count(0)
    assert await page.evaluate("window.hacked === undefined")
    assert not dialogs


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "width", "height"), [
    ("desktop", 1280, 800), ("tablet", 820, 1100), ("phone", 390, 844),
])  # fmt: skip
async def test_axe_finds_nothing(
    open_url: OpenUrl, desk: FakeDesk, scheme: Scheme, size: str, width: int, height: int
) -> None:
    page = await open_url(desk.url, width, height, scheme)
    name = f"desk-{size}-{scheme}"
    await check_with_axe(page)
    await shoot(page, f"{name}-sign-in")
    await sign_in(page)
    await expect(cards(page)).to_have_count(5)
    await check_with_axe(page)
    await shoot(page, f"{name}-queue")
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await reply(page).fill("Hello Ana, this is Dana.")
    await reply(page).press("Enter")
    await expect(said(page, "Hello Ana, this is Dana.")).to_be_visible()
    await check_with_axe(page)
    await shoot(page, f"{name}-conversation")
    if size != "desktop":
        await conversation(page).get_by_role("button", name="Record").click()
        await expect(record(page).get_by_role("button", name="Close the record")).to_be_focused()
        await check_with_axe(page)
        await shoot(page, f"{name}-record")
        await record(page).get_by_role("button", name="Close the record").click()
        await expect(record(page)).to_be_hidden()
    if size == "phone":
        await expect(queue(page)).to_be_hidden()
        await conversation(page).get_by_role("button", name="Back to the queue").click()
        await expect(conversation(page)).to_be_hidden()
        await page.go_back()
    await page.get_by_role("tab", name="All open").click()
    await expect(cards(page)).to_have_count(6)
    await check_with_axe(page)
    await show(page, "Possible emergency")
    await check_with_axe(page)
    await shoot(page, f"{name}-urgent")


async def test_a_small_screen_has_no_sideways_scroll(open_desk: Open, desk: FakeDesk) -> None:
    find(desk, "ana")["question"] = "w" * 300
    desk.talks["ana"].add("patient", "w" * 300)
    page = await open_desk(width=320, height=640)
    assert await fits(page)
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    assert await fits(page)
    await shoot(page, "desk-320")
    await conversation(page).get_by_role("button", name="Record").click()
    assert await fits(page)
    await record(page).get_by_role("button", name="Close the record").click()
    await act(page, "Close").click()
    assert await fits(page)


async def test_the_targets_are_large_enough(open_desk: Open, desk: FakeDesk) -> None:
    page = await open_desk(width=390, height=844)
    await show(page, "Ana Ruiz")
    await act(page, "Claim").click()
    await expect(reply(page)).to_be_focused()
    script = """() => [...document.querySelectorAll('button, input, textarea, select')]
      .filter((each) => each.checkVisibility())
      .map((each) => [each.textContent || each.id, each.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 24 || height < 24)
      .map(([name]) => name)"""
    assert await page.evaluate(script) == []


# --- the admin's pages ---------------------------------------------------------------------------


async def test_the_audit(open_desk: Open, desk: FakeDesk) -> None:
    for number in range(30):
        desk.audit.append({
            "entry_id": number, "at": ago(number), "username": "tina" if number % 2 else "dana",
            "role": "technician", "action": "conversation_read", "outcome": "ok",
            "conversation_id": "ana", "escalation_id": 2, "address": "192.0.2.1",
            "detail": {"text": HOSTILE},
        })  # fmt: skip
    desk.audit[0]["outcome"] = "forbidden"
    page = await open_desk("ada")
    await expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    assert page.url.endswith("/staff/audit")
    rows = page.locator("tbody tr")
    await expect(rows).to_have_count(20)
    await check_with_axe(page)
    await shoot(page, "desk-audit")
    await page.get_by_role("button", name="Load more").click()
    await expect(rows).to_have_count(30)
    await expect(page.get_by_text("30 entries shown, that is all.")).to_be_visible()
    await page.get_by_label("User name").fill("tina")
    await page.get_by_label("From").fill("2026-01-02T03:04")
    await page.get_by_role("button", name="Show").click()
    await expect(rows).to_have_count(15)
    link = page.get_by_role("link", name="Download as CSV")
    href = await link.get_attribute("href")
    assert href is not None
    assert re.match(r"/staff/api/audit\.csv\?username=tina&since=2026-01-0\dT\d\d%3A04", href)
    assert await page.evaluate("window.hacked === undefined")
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await fits(page)
    await page.emulate_media(color_scheme="dark")
    await check_with_axe(page)
    await shoot(page, "desk-audit-320-dark")


async def test_the_accounts(open_desk: Open, desk: FakeDesk) -> None:
    desk.accounts["omar"].locked = True
    desk.sessions["x"] = (desk.accounts["tina"], "y")
    page = await open_desk("ada")
    await page.get_by_role("link", name="Accounts").click()
    row = page.get_by_role("row", name="Tina Lopez")
    await expect(row).to_be_visible()
    await check_with_axe(page)
    await shoot(page, "desk-accounts")
    await page.get_by_role("button", name="Sign out: Tina Lopez").click()
    await dialog(page).get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign out: Tina Lopez")).to_have_count(0)
    await page.get_by_role("button", name="Disable: Tina Lopez").click()
    await expect(dialog(page)).to_contain_text("cannot sign in")
    await check_with_axe(page)
    await dialog(page).get_by_role("button", name="Disable").click()
    await expect(row).to_contain_text("disabled")
    await page.get_by_role("button", name="Enable: Tina Lopez").click()
    await dialog(page).get_by_role("button", name="Cancel").click()
    await expect(row).to_contain_text("disabled")
    await page.get_by_role("button", name="Enable: Tina Lopez").click()
    await dialog(page).get_by_role("button", name="Enable").click()
    await expect(row).to_contain_text("active")
    await page.get_by_role("button", name="Unlock: Omar Haddad").click()
    await dialog(page).get_by_role("button", name="Unlock").click()
    await expect(page.get_by_text("locked")).to_have_count(0)
    await expect(page.get_by_role("button", name="Disable: Ada Admin")).to_have_count(0)
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await fits(page)


async def test_the_files_obey_the_strict_policy() -> None:
    for file in Path(STATIC / "staff").iterdir():
        text = file.read_text(encoding="utf-8")
        assert "innerHTML" not in text, file.name
        assert " style=" not in text, file.name
        assert "<script>" not in text, file.name
        if file.suffix == ".js":
            assert len(text.splitlines()) <= 260, file.name
