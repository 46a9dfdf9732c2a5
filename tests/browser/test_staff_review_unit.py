"""What pharmacists review and teach, in a real Chromium, against a desk in memory."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.chat import check_with_axe, shoot
from tests.browser.conftest import OpenUrl, Scheme
from tests.browser.desk import (
    day_in,
    dialog,
    fits,
    furnish,
    furnish_models,
    furnish_numbers,
    furnish_retention,
    furnish_review,
    live,
    sent,
    sign_in,
    until,
)
from tests.browser.fake_desk import FakeDesk, Row
from tests.browser.fake_desk_people import ago

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

type Open = Callable[..., Awaitable[Page]]

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
INJECTED = "img, body script, b b, a[href^='javascript'], [onerror], [onclick]"
PAGES = ["questions", "instructions", "models", "numbers"]
SIZES = [("desktop", 1280, 800), ("tablet", 820, 1100), ("phone", 390, 844)]


@pytest_asyncio.fixture(loop_scope="module")
async def desk() -> AsyncIterator[FakeDesk]:
    fake = FakeDesk()
    furnish(fake)
    furnish_review(fake)
    furnish_models(fake)
    furnish_numbers(fake)
    furnish_retention(fake)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def open_at(open_url: OpenUrl, desk: FakeDesk) -> Open:
    async def open_at(
        path: str,
        username: str = "dana",
        width: int = 1280,
        height: int = 800,
        scheme: Scheme = "light",
    ) -> Page:
        page = await open_url(desk.url + path, width, height, scheme)
        await sign_in(page, username, "123456" if username == "omar" else None)
        await expect(page.locator("main").get_by_text("Loading…").first).to_be_hidden()
        return page

    return open_at


def items(page: Page, name: str) -> Locator:
    """The cards of the left pane."""
    return page.get_by_role("list", name=name).get_by_role("button")


def group(page: Page) -> Locator:
    return page.get_by_role("region", name="Group")


def asked(page: Page) -> Locator:
    """The questions of the group that is open."""
    return group(page).get_by_role("list", name="Questions of the group").locator(":scope > li")


def toast(page: Page) -> Locator:
    return page.locator(".toast")


def pane(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


# --- the way there -------------------------------------------------------------------------------


async def test_each_role_has_its_pages(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("")
    nav = page.get_by_role("navigation", name="Pages").get_by_role("link")
    assert await nav.all_inner_texts() == [
        "Desk", "Questions", "Instructions", "Models", "Numbers",
    ]  # fmt: skip
    for name in PAGES:
        await page.get_by_role("link", name=name.title()).click()
        await expect(page.get_by_role("heading", name=name.title(), level=1)).to_be_visible()
        current = page.get_by_role("navigation").locator("[aria-current=page]")
        await expect(current).to_have_text(name.title())
    page = await open_at("retention", "ada")
    assert await page.get_by_role("navigation").get_by_role("link").all_inner_texts() == [
        "Audit", "Accounts", "Retention",
    ]  # fmt: skip
    await page.goto(desk.url + "models")
    await expect(page.get_by_role("heading", name="Audit")).to_be_visible()
    page = await open_at("", "tina")
    await expect(page.get_by_role("navigation", name="Pages")).to_have_count(0)
    await page.goto(desk.url + "questions")
    await expect(page.get_by_role("region", name="Queue")).to_be_visible()


# --- questions -----------------------------------------------------------------------------------


async def test_groups_by_size_and_age_and_their_filters(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    groups = items(page, "Groups")
    await expect(groups).to_have_count(3)
    await expect(groups.first).to_contain_text("4 questions")
    await expect(groups.first).to_contain_text("maybe Price of a medicine · English")
    await expect(groups.nth(1)).to_contain_text("Spanish · answered unsurely")
    await page.get_by_label("Oldest first").check()
    await until(lambda: ("questions", {"status": "new", "order": "age"}) in desk.review.queries)
    await page.get_by_label("Kind").select_option("No help")
    await expect(groups).to_have_count(1)
    await expect(groups).to_contain_text("can i crush the big white pills")
    await page.get_by_label("Kind").select_option("Every kind")
    await page.get_by_label("Status").select_option("Labelled (1)")
    await groups.click()
    await expect(asked(page)).to_contain_text("Labelled as Stock of a medicine by Omar Haddad")
    await expect(asked(page).get_by_role("button")).to_have_count(0)
    await page.get_by_label("Status").select_option("Answered (0)")
    await expect(page.get_by_text("Nothing has been answered yet.")).to_be_visible()


async def test_a_group_shows_what_the_engine_made_of_each(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await items(page, "Groups").first.click()
    await expect(asked(page)).to_have_count(4)
    first = asked(page).first
    await expect(first).to_be_focused()
    for words in ("Not answered", "English", "asked", "Price of a medicine", "41%", "22%"):
        await expect(first).to_contain_text(words)
    await expect(first.get_by_role("button", name="Answer the patient")).to_be_enabled()
    second = asked(page).nth(1)
    await expect(second.get_by_role("button", name="Answer the patient")).to_be_disabled()
    await expect(second).to_contain_text("The chat has ended: an answer would not arrive.")
    await check_with_axe(page)
    await shoot(page, "review-group")


async def test_questions_by_keyboard(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await live(page)
    for key in ("j", "j", "k"):
        await page.keyboard.press(key)
    await expect(items(page, "Groups").first).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("j")
    await expect(asked(page).nth(1)).to_be_focused()
    await page.keyboard.press("k")
    # label: the guess is chosen, Enter is enough
    await page.keyboard.press("l")
    await expect(dialog(page).get_by_role("radio", checked=True)).to_have_value("ask_price")
    await page.keyboard.press("Enter")
    await expect(toast(page)).to_contain_text("Labelled as “Price of a medicine”.")
    await expect(asked(page)).to_have_count(3)
    await expect(asked(page).first).to_be_focused()
    await expect(asked(page).first).to_contain_text("whats the cash price")
    assert sent(desk, "/questions/1/label") == [
        {"intent": "ask_price", "text": "how much would my lisinopril be without insurance"}
    ]
    # dismiss, and take both back
    await page.keyboard.press("d")
    await expect(toast(page)).to_contain_text("Dismissed.")
    await expect(asked(page)).to_have_count(2)
    await expect(asked(page).first).to_be_focused()
    await page.keyboard.press("u")
    await expect(toast(page)).to_contain_text("Taken back.")
    await expect(asked(page)).to_have_count(3)
    await expect(asked(page).first).to_be_focused()
    await page.keyboard.press("u")
    await expect(asked(page)).to_have_count(4)
    assert desk.review.questions[0]["status"] == "new"
    await expect(asked(page).first).to_be_focused()
    # The page reads anew in the middle of what it reads after taking something back.
    await page.keyboard.press("d")
    await expect(asked(page)).to_have_count(3)
    reads: list[Route] = []

    async def overtaken(route: Route) -> None:
        reads.append(route)
        if len(reads) == 1:
            desk.passing("questions")
            await until(lambda: len(reads) > 1)
        else:
            await asyncio.sleep(0.5)
        await route.continue_()

    await page.route(re.compile(r"/questions\?(?!.*group_id)"), overtaken)
    await page.keyboard.press("u")
    await expect(asked(page)).to_have_count(4)
    await expect(asked(page).first).to_be_focused()
    assert len(reads) > 1
    await page.unroute_all(behavior="wait")
    # a whole group, from the list
    await page.keyboard.press("Escape")
    await expect(items(page, "Groups").first).to_be_focused()
    await page.keyboard.press("d")
    await expect(toast(page)).to_contain_text("Dismissed 4 questions.")
    await expect(items(page, "Groups")).to_have_count(2)
    await expect(items(page, "Groups").first).to_be_focused()
    assert sent(desk, "/questions/groups/1/dismiss") == [{}]
    await page.keyboard.press("?")
    for words in ("Answer the patient", "Undo the last decision", "Next group or question"):
        await expect(dialog(page)).to_contain_text(words)
    await check_with_axe(page)
    await shoot(page, "review-shortcuts")


async def test_the_next_group_is_ready_when_one_is_done(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await items(page, "Groups").nth(1).click()
    await page.keyboard.press("d")
    await expect(asked(page)).to_have_count(1)
    await page.keyboard.press("d")
    await expect(items(page, "Groups")).to_have_count(2)
    await expect(asked(page)).to_contain_text("can i crush the big white pills")
    await expect(asked(page).first).to_be_focused()
    await page.keyboard.press("d")
    await expect(asked(page)).to_have_count(4)
    await group(page).get_by_role("button", name="Dismiss all 4").click()
    await expect(page.get_by_text("Nothing to review.")).to_be_visible()
    await toast(page).get_by_role("button", name="Undo").click()
    await expect(items(page, "Groups")).to_have_count(1)
    await expect(asked(page)).to_have_count(4)


async def test_a_label_is_found_by_words_and_the_sentence_corrected(
    open_at: Open, desk: FakeDesk
) -> None:
    page = await open_at("questions")
    await items(page, "Groups").nth(1).click()
    await asked(page).first.get_by_role("button", name="Label").click()
    find = dialog(page).get_by_label("Meaning", exact=True)
    await expect(find).to_be_focused()
    await expect(dialog(page)).to_contain_text("Chosen: Vaccination.")
    await expect(dialog(page).locator(".option", has_text="Clinical question")).to_contain_text(
        "clinical"
    )
    await check_with_axe(page)
    await shoot(page, "review-label")
    await find.fill("nothing like this")
    await expect(dialog(page)).to_contain_text("0 meanings fit. None is chosen.")
    await dialog(page).get_by_role("button", name="Label").click()
    await expect(dialog(page).get_by_role("alert")).to_have_text("Meaning: please fill this in.")
    await find.fill("ibuprofen")
    await expect(dialog(page)).to_contain_text("1 meaning fits. Chosen: Clinical question.")
    await find.fill("")
    await find.press("ArrowDown")
    await expect(dialog(page).get_by_role("radio", name="Clinical question")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    sentence = dialog(page).get_by_label("Sentence")
    await expect(sentence).to_have_value("ponen la vacuna del herpes")
    await sentence.fill("¿ponen la vacuna del herpes?")
    await sentence.press("Control+Enter")
    await expect(dialog(page)).to_have_count(0)
    body = sent(desk, "/questions/5/label")[0]
    assert body["text"] == "¿ponen la vacuna del herpes?"
    await group(page).get_by_role("button", name="Label").first.click()
    await dialog(page).get_by_role("button", name="Cancel").click()
    await items(page, "Groups").first.focus()
    await page.keyboard.press("l")
    await expect(dialog(page)).to_contain_text("All 4 sentences go into training as they are.")
    await page.keyboard.press("Enter")
    await expect(toast(page)).to_contain_text("Labelled 4 questions as “Price of a medicine”.")
    assert sent(desk, "/questions/groups/1/label") == [{"intent": "ask_price"}]


async def test_an_answer_goes_to_who_can_be_reached(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await items(page, "Groups").first.click()
    await page.keyboard.press("a")
    answer = dialog(page).get_by_label("Answer", exact=True)
    await expect(answer).to_be_focused()
    await expect(dialog(page)).to_contain_text("how much would my lisinopril be")
    await answer.fill("Half")
    await expect(dialog(page)).to_contain_text("4 of 2000 characters")
    desk.end_sessions()
    await expect(page.get_by_text("Your session has ended.")).to_be_visible()
    await sign_in(page)
    await expect(asked(page)).to_have_count(4)
    await asked(page).first.get_by_role("button", name="Answer the patient").click()
    await expect(answer).to_have_value("Half")
    await answer.fill("It is $12 without insurance.")
    await check_with_axe(page)
    await shoot(page, "review-answer")
    await answer.press("Control+Enter")
    await expect(toast(page)).to_contain_text("Answered the patient.")
    (body,) = sent(desk, "/questions/1/answer")
    assert body["text"] == "It is $12 without insurance."
    assert body["client_id"]
    await page.keyboard.press("a")
    await expect(toast(page)).to_contain_text("an answer would not arrive")
    await page.keyboard.press("u")
    await expect(toast(page)).to_contain_text("What was sent stays sent.")
    await group(page).get_by_role("button", name="Answer all 4").click()
    await expect(dialog(page)).to_contain_text("It reaches 1 of 4 patients")
    await answer.fill("Twelve dollars")
    await dialog(page).get_by_role("button", name="Send the answer").click()
    await expect(asked(page)).to_have_count(3)
    # who has answered may label as well
    await page.get_by_label("Status").select_option("Answered (1)")
    await items(page, "Groups").click()
    await expect(asked(page).get_by_role("button")).to_have_text(["Label"])


async def test_somebody_who_was_faster_is_named(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await items(page, "Groups").first.click()
    desk.review.faster = "rosa"
    await page.keyboard.press("d")
    await expect(toast(page)).to_contain_text("Rosa Marin has just labelled this.")
    await expect(toast(page).get_by_role("button", name="Undo")).to_have_count(0)
    await expect(asked(page)).to_have_count(3)
    await page.keyboard.press("l")
    await page.keyboard.press("Enter")
    await expect(asked(page)).to_have_count(2)
    await shoot(page, "review-conflict")
    await check_with_axe(page)


async def test_what_is_new_arrives_by_itself(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await live(page)
    await items(page, "Groups").first.click()
    await expect(asked(page).first).to_be_focused()
    desk.review.ask("and with a coupon", 1)
    desk.passing("questions")
    await expect(asked(page)).to_have_count(5)
    await expect(asked(page).first).to_be_focused()
    desk.review.decide(desk.review.questions[0], "labelled", "omar", "ask_price")
    desk.passing("questions", conversation_id="")
    await expect(asked(page)).to_have_count(4)
    await expect(asked(page).first).to_be_focused()


async def test_an_open_question_is_followed_into_its_group(open_at: Open, desk: FakeDesk) -> None:
    question = desk.review.ask("and for two boxes")
    page = await open_at("questions")
    await live(page)
    await items(page, "Groups").filter(has_text="and for two boxes").click()
    await expect(asked(page)).to_have_count(1)
    question["group_id"] = 1  # the sorter has seen it
    desk.passing("questions")
    await expect(asked(page)).to_have_count(5)
    await expect(group(page).get_by_role("heading", level=2)).not_to_have_text("One question")
    await expect(asked(page).filter(has_text="and for two boxes")).to_be_focused()


# --- instructions --------------------------------------------------------------------------------


async def test_instructions_are_found_and_read(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("instructions")
    cards = items(page, "Instructions")
    await expect(cards).to_have_count(4)
    await expect(cards.first).to_contain_text("approved by Dana Lee and Omar Haddad")
    await expect(cards.nth(1)).to_contain_text("in 12 days")
    await expect(cards.nth(2)).to_contain_text("Waits for a second pharmacist")
    await expect(cards.nth(3)).to_contain_text("from the feed")
    await page.get_by_label("To review within 30 days (1)").check()
    await expect(cards).to_have_count(1)
    await page.get_by_label("To review within 30 days (1)").uncheck()
    await page.get_by_label("Topic").select_option("Storage")
    await expect(cards).to_have_count(1)
    await page.get_by_label("Topic").select_option("Every topic")
    await page.get_by_label("State").select_option("Waits for a second pharmacist")
    await expect(cards).to_have_count(1)
    await page.get_by_label("State").select_option("Every state")
    await page.get_by_label("Medicine or words").fill("lisinopril")
    await expect(cards).to_have_text([re.compile("lisinopril")])
    await cards.click()
    detail = pane(page, "Instruction")
    await expect(detail).to_contain_text("It came with the pharmacy's feed")
    await expect(detail.get_by_role("button", name="Retire")).to_have_count(0)
    await page.get_by_label("Medicine or words").fill("")
    await expect(cards).to_have_count(4)
    await cards.first.click()
    await expect(detail.get_by_role("heading", level=2)).to_be_focused()
    await expect(detail.get_by_text("Take it with food.")).to_have_attribute("lang", "en")
    await expect(detail.get_by_text("Tómela con comida.")).to_have_attribute("lang", "es")
    await check_with_axe(page)
    await shoot(page, "review-instruction")


async def test_a_question_becomes_an_instruction(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions")
    await items(page, "Groups").nth(2).click()
    await page.keyboard.press("i")
    await expect(page.get_by_role("heading", name="New instruction")).to_be_visible()
    question = page.get_by_role("complementary", name="The patient's question")
    await expect(question).to_contain_text("can i crush the big white pills")
    form = page.get_by_role("form", name="New instruction")
    await form.get_by_role("button", name="Save the draft").click()
    for words in ("Choose a medicine.", "Choose a topic.", "Write the Spanish text."):
        await expect(form).to_contain_text(words)
    await expect(form.get_by_label("Medicine", exact=True)).to_be_focused()
    await check_with_axe(page)
    await form.get_by_label("Medicine", exact=True).fill("metf")
    await form.get_by_role("button", name="every strength").click()
    await form.get_by_label("Topic").select_option("With food")
    await expect(form.get_by_label("Clinical")).to_be_checked()
    await expect(form.get_by_label("Clinical")).to_be_disabled()
    await form.get_by_label("Text in English").fill("Do not crush it.")
    await form.get_by_label("Text in Spanish").fill("No la triture.")
    await expect(form.get_by_text("16 of 1500 characters")).to_be_visible()
    await form.get_by_label("Source", exact=True).fill("Package leaflet")
    await form.get_by_label("Address of the source").fill("http://example.org")
    await form.get_by_label("Review by").fill(day_in(0))
    await shoot(page, "review-instruction-form")
    await form.get_by_role("button", name="Save the draft").click()
    await expect(form).to_contain_text("Enter an address that begins with https://.")
    await expect(form).to_contain_text("Choose a day after today, at most two years ahead.")
    await form.get_by_label("Address of the source").fill("https://dailymed.nlm.nih.gov/x")
    await form.get_by_label("Review by").fill(day_in(300))
    # what was written survives a reload
    await page.reload()
    await expect(form.get_by_label("Text in English")).to_have_value("Do not crush it.")
    await form.get_by_label("Medicine", exact=True).fill("metf")
    await form.get_by_role("button", name="only this product").click()
    await form.get_by_role("button", name="Save the draft").click()
    await expect(toast(page)).to_contain_text("Saved. It is told to nobody before it is approved.")
    assert sent(desk, "/instructions") == [{
        "product_id": "p1", "topic": "with_food",
        "texts": {"en": "Do not crush it.", "es": "No la triture."},
        "source": "Package leaflet", "source_url": "https://dailymed.nlm.nih.gov/x",
        "review_due_on": day_in(300), "clinical": True,
    }]  # fmt: skip
    detail = pane(page, "Instruction")
    await expect(detail).to_contain_text("Draft")
    await page.goto(desk.url + "instructions#new")
    await expect(page.get_by_role("heading", name="New instruction")).to_be_visible()
    await expect(question).to_have_count(0)


async def test_two_pharmacists_approve_what_is_clinical(open_at: Open, desk: FakeDesk) -> None:
    desk.review.write(state="draft", clinical=True, medicine="warfarin 5 mg tablet")
    page = await open_at("instructions")
    await items(page, "Instructions").filter(has_text="warfarin").click()
    detail = pane(page, "Instruction")
    await detail.get_by_role("button", name="Approve").click()
    await expect(dialog(page)).to_contain_text("after a second pharmacist has approved it too")
    await check_with_axe(page)
    await dialog(page).get_by_role("button", name="Approve").click()
    await expect(toast(page)).to_contain_text("It waits for a second pharmacist.")
    await expect(detail.get_by_role("button", name="Approve")).to_be_disabled()
    await expect(detail).to_contain_text("another pharmacist has to approve it too")
    await shoot(page, "review-second")
    page = await open_at("instructions", "omar")
    await items(page, "Instructions").filter(has_text="warfarin").click()
    detail = pane(page, "Instruction")
    await detail.get_by_role("button", name="Approve").click()
    await dialog(page).get_by_role("button", name="Approve").click()
    await expect(toast(page)).to_contain_text("Approved: patients are told it now.")
    await expect(detail).to_contain_text("Dana Lee and Omar Haddad")
    await detail.get_by_role("button", name="New version").click()
    form = page.get_by_role("form", name="New version")
    await expect(form.get_by_label("Text in English")).to_have_value("Take it with food.")
    await expect(form.get_by_label("Topic")).to_be_disabled()
    await form.get_by_label("Text in English").fill("Take it with a meal.")
    await form.get_by_role("button", name="Save the draft").click()
    await expect(detail).to_contain_text("Patients are still told the version of")
    await detail.locator("summary").click()
    await expect(detail.locator("details")).to_contain_text("Take it with food.")
    assert sent(desk, "/instructions")[-1]["series"] == 5
    await detail.get_by_role("button", name="Discard").click()
    await dialog(page).get_by_role("button", name="Discard").click()
    await expect(toast(page)).to_contain_text("Discarded.")


async def test_an_instruction_is_retired(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("instructions")
    await items(page, "Instructions").nth(1).click()
    await pane(page, "Instruction").get_by_role("button", name="Retire").click()
    await expect(dialog(page)).to_contain_text("Nobody is told it from now on.")
    await dialog(page).get_by_role("button", name="Retire").click()
    await expect(toast(page)).to_contain_text("Retired: nobody is told it any more.")
    assert desk.review.instructions[1]["state"] == "retired"
    await expect(pane(page, "Instruction")).to_contain_text("Retired")


# --- models --------------------------------------------------------------------------------------


async def test_a_model_is_taught_while_one_watches(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("models")
    await live(page)
    await expect(page.get_by_text("12 reviewed sentences wait to be learned.")).to_be_visible()
    await page.get_by_role("button", name="Teach 12 sentences").click()
    await expect(toast(page)).to_contain_text("A new model is being taught.")
    bar = page.get_by_role("progressbar", name="Progress of model 5").first
    await expect(bar).to_be_visible()
    await expect(page.get_by_role("button", name="Teach 12 sentences")).to_be_disabled()
    card = desk.review.models[-1]
    card |= {"state": "training", "progress": {"step": "training", "done": 12, "of": 40}}
    # no signal: the page asks while one is under way
    await expect(page.get_by_text("Being taught: 12 of 40").first).to_be_visible()
    # The list and the model are read one after the other: either may be the first to know.
    await expect(bar).to_have_js_property("max", 40)
    await expect(bar).to_have_js_property("value", 12)
    await check_with_axe(page)
    await shoot(page, "review-progress")
    card |= {"state": "testing", "progress": {"step": "testing", "done": 30, "of": 40}}
    desk.passing("models")
    await expect(page.get_by_text("Being tested: 30 of 40").first).to_be_visible()
    card |= {"state": "passed", "progress": {}, "figures": desk.review.models[1]["figures"]}
    desk.passing("models")
    await expect(toast(page)).to_contain_text("Model 5: passed.")
    await expect(bar).to_have_count(0)
    model = pane(page, "Model")
    await model.get_by_role("button", name="Activate").click()
    await expect(dialog(page)).to_contain_text("You can roll back at any time.")
    await dialog(page).get_by_role("button", name="Activate").click()
    await expect(model).to_contain_text("Active")
    assert [each["state"] for each in desk.review.models].count("active") == 1
    await page.get_by_role("button", name="Roll back").click()
    await check_with_axe(page)
    await dialog(page).get_by_role("button", name="Roll back").click()
    await expect(toast(page)).to_contain_text("Rolled back: model 2 is active.")


async def test_a_training_that_nobody_begins_says_so(open_at: Open, desk: FakeDesk) -> None:
    desk.review.train(state="queued", created_at=ago(0))
    page = await open_at("models")
    await expect(page.get_by_text("Waits to be taught…").first).to_be_visible()
    desk.review.models[-1]["created_at"] = ago(2)
    await expect(
        page.get_by_text("No machine that can teach has begun with it.").first
    ).to_be_visible()


async def test_a_refused_model_says_why(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("models")
    await items(page, "Models").filter(has_text="Model 3").click()
    model = pane(page, "Model")
    await expect(model.get_by_role("button", name="Activate")).to_be_disabled()
    await expect(model).to_contain_text("37 reviewed, 4,812 in all")
    await expect(model).to_contain_text("after 2 min")
    await expect(model).to_contain_text("1 emergency raises no alarm any more")
    figures = model.get_by_role("group", name="Figures").get_by_role("row")
    await expect(figures.filter(has_text="Understood as meant")).to_contain_text("better")
    await expect(figures.filter(has_text="Emergencies that raise")).to_contain_text("worse")
    await expect(figures.filter(has_text="Mean over all")).to_contain_text("same")
    rows = model.get_by_role("group", name="Differences").locator("tbody tr")
    await expect(rows).to_have_count(3)
    await model.get_by_label("Worse only").check()
    await expect(rows).to_have_count(2)
    await model.get_by_label("Safety only").check()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("my lips are swelling since the new pill")
    await check_with_axe(page)
    await shoot(page, "review-model")


async def test_a_late_refusal_stays_in_the_dialog(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("models")
    refusal = {"code": "refused_by_gate", "message": "It may not.", "refusals": ["Too few."]}
    await page.route(
        "**/models/4/activate",
        lambda route: route.fulfill(status=409, json={"error": refusal}),
    )
    await items(page, "Models").filter(has_text="Model 4").click()
    await pane(page, "Model").get_by_role("button", name="Activate").click()
    await dialog(page).get_by_role("button", name="Activate").click()
    await expect(dialog(page).get_by_role("alert")).to_have_text("It may not. Too few.")
    link = page.get_by_role("link", name="Download reviewed.yml")
    await page.keyboard.press("Escape")
    async with page.expect_download() as waited:
        await link.click()
    assert (await waited.value).suggested_filename == "reviewed.yml"


# --- numbers -------------------------------------------------------------------------------------


async def test_numbers_have_pictures_and_tables(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("numbers")
    chart = page.get_by_role("img", name="What was asked, and what became of it")
    await expect(chart).to_have_accessible_description(re.compile(r"Asked: \d+ in all"))
    await expect(page.get_by_role("img", name="What patients meant")).to_be_visible()
    await shoot(page, "review-numbers")
    figure = page.get_by_role("figure").first
    await figure.locator("summary").click()
    rows = figure.get_by_role("row")
    await expect(rows).to_have_count(31)
    assert await rows.first.get_by_role("columnheader").all_inner_texts() == [
        "Day", "Asked", "Answered by the assistant", "Passed to people", "Not understood",
    ]  # fmt: skip
    await check_with_axe(page)
    await page.get_by_label("7 days").check()
    await expect(page.get_by_text("The last 7 days.")).to_be_visible()
    href = await page.get_by_role("link", name="Download as CSV").get_attribute("href")
    assert href == "/staff/api/numbers.csv?days=7"
    await page.get_by_label("90 days").check()
    await expect(page.get_by_text("The last 90 days.")).to_be_visible()
    await expect(page.get_by_role("row", name="Pharmacist")).to_contain_text("1 h 8 min")
    await expect(page.get_by_text("31 yes, 9 no")).to_be_visible()
    await page.get_by_role("link", name="how much out of pocket").click()
    await expect(asked(page)).to_have_count(4)
    assert page.url.endswith("/staff/questions#g1")


async def test_numbers_of_nothing(open_at: Open, desk: FakeDesk) -> None:
    nobody: Row = {"answered": 0, "median_seconds": None, "p90_seconds": None, "by_queue": {}}
    days = [{**day, "asked": 0, "answered": 0} for day in desk.review.numbers["days"]]
    desk.review.numbers = {
        "days": days, "intents": [], "topics": [], "first_answer": nobody,
        "feedback": {"helpful": 0, "not_helpful": 0},
    }  # fmt: skip
    page = await open_at("numbers")
    await expect(page.get_by_text("Nothing was asked.")).to_be_visible()
    await expect(page.get_by_text(re.compile(r"\bNaN\b"))).to_have_count(0)


# --- retention -----------------------------------------------------------------------------------


async def test_retention_exports_and_erases(open_at: Open, desk: FakeDesk, tmp_path: Path) -> None:
    page = await open_at("retention", "ada")
    await expect(page.get_by_role("group", name="Rules")).to_contain_text("180 days")
    await expect(page.get_by_role("group", name="Last runs")).to_contain_text("61")
    await page.get_by_role("button", name="Export for the patient").click()
    await expect(page.get_by_role("alert")).to_have_text("Enter the number of a conversation.")
    await page.get_by_label("Conversation", exact=True).fill("nobody")
    await page.get_by_role("button", name="Export for the patient").click()
    await expect(page.get_by_role("alert")).to_have_text("No such conversation.")
    await check_with_axe(page)
    await page.get_by_label("Conversation", exact=True).fill("ana")
    async with page.expect_download() as waited:
        await page.get_by_role("button", name="Export for the patient").click()
    file = tmp_path / "export.json"
    download = await waited.value
    await download.save_as(file)
    assert download.suggested_filename == "conversation-ana.json"
    assert json.loads(file.read_text(encoding="utf-8"))["conversation_id"] == "ana"
    await page.get_by_role("button", name="Erase…").click()
    await dialog(page).get_by_label("Reason").fill("The patient wants it")
    await dialog(page).get_by_label("Type").fill("yes")
    await dialog(page).get_by_role("button", name="Erase for good").click()
    await expect(dialog(page).get_by_role("alert")).to_contain_text("to confirm")
    assert not sent(desk, "/erase")
    await check_with_axe(page)
    await shoot(page, "review-erase")
    await dialog(page).get_by_label("Type").fill("ERASE")
    await dialog(page).get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_text("Erased.")).to_be_visible()
    assert sent(desk, "/erase") == [{"conversation_id": "ana", "reason": "The patient wants it"}]
    await page.set_viewport_size({"width": 320, "height": 640})
    assert await fits(page)
    await page.emulate_media(color_scheme="dark")
    await check_with_axe(page)
    await shoot(page, "review-retention-320-dark")


# --- for everyone --------------------------------------------------------------------------------


def poison(desk: FakeDesk) -> None:
    """Markup in every text that the interface can send."""
    review = desk.review
    review.questions.clear()
    bad: Row = dict.fromkeys(("kind", "intent", "conversation_id"), HOSTILE)
    bad |= {"locale": "en", "ranking": [[HOSTILE, 0.5]]}
    for _ in range(2):
        review.ask(HOSTILE, 1, **bad, reachable=True)
    review.intents = [{"name": HOSTILE, "label": HOSTILE, "clinical": True, "examples": [HOSTILE]}]
    review.instructions.clear()
    names = ("medicine", "topic", "source", "source_url", "generic_name", "form")
    people = {"username": HOSTILE, "display_name": HOSTILE}
    row: Row = dict.fromkeys(names, HOSTILE) | {"approved_by": people, "written_by": people}
    row |= {"texts": {"en": HOSTILE, "es": HOSTILE}, "source_url": "javascript:alert(1)"}
    review.write(**row)
    review.write(**row, series=1)
    review.models.clear()
    figures = {HOSTILE: {"messages": HOSTILE, "before": HOSTILE, "after": 1}}
    row = dict.fromkeys(("set", "text", "expected", "before", "after"), HOSTILE)
    review.train(created_by=HOSTILE, data_hash=HOSTILE, figures=figures, refusals=[HOSTILE],
                 differences=[row | {"worse": True, "safety": True}])  # fmt: skip
    review.numbers["intents"] = [{"intent": HOSTILE, "label": HOSTILE, "asked": 3}]
    review.numbers["topics"] = [{"group_id": 1, "size": 1, "new": 1, "example": HOSTILE}]
    review.retention = {"rules": {HOSTILE: HOSTILE}, "runs": [{"at": HOSTILE, "by": HOSTILE}]}


async def test_markup_in_any_field_is_inert(open_url: OpenUrl, desk: FakeDesk) -> None:
    poison(desk)
    page = await open_url(desk.url + "questions")
    dialogs: list[str] = []
    page.on("dialog", lambda shown: dialogs.append(shown.message))
    await sign_in(page)
    await items(page, "Groups").click()
    await expect(asked(page)).to_have_count(2)
    await expect(page.locator(INJECTED)).to_have_count(0)
    await page.keyboard.press("l")
    await expect(dialog(page)).to_contain_text("<script>")
    await expect(page.locator(INJECTED)).to_have_count(0)
    await page.keyboard.press("Escape")
    await page.keyboard.press("i")
    await expect(page.get_by_role("complementary")).to_contain_text("<script>")
    await items(page, "Instructions").first.click()
    await expect(pane(page, "Instruction")).to_contain_text("javascript:alert(1)")
    await expect(page.locator(INJECTED)).to_have_count(0)
    await page.goto(desk.url + "models")
    await items(page, "Models").first.click()
    await expect(pane(page, "Model")).to_contain_text("<script>")
    await expect(page.locator(INJECTED)).to_have_count(0)
    await page.goto(desk.url + "numbers")
    await expect(page.get_by_role("link", name="<script>")).to_be_visible()
    await expect(page.locator(INJECTED)).to_have_count(0)
    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await page.goto(desk.url + "retention")
    await sign_in(page, "ada")
    await expect(page.get_by_role("group", name="Rules")).to_contain_text("<script>")
    await expect(page.locator(INJECTED)).to_have_count(0)
    assert await page.evaluate("window.hacked === undefined")
    assert not dialogs


LISTS = {"questions": "Groups", "instructions": "Instructions", "models": "Models"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "width", "height"), SIZES)
async def test_axe_finds_nothing(
    open_at: Open, desk: FakeDesk, scheme: Scheme, size: str, width: int, height: int
) -> None:
    page = await open_at("questions", "dana", width, height, scheme)
    for name in PAGES:
        await page.goto(desk.url + name)
        await expect(page.locator("main").get_by_text("Loading…").first).to_be_hidden()
        await check_with_axe(page)
        await shoot(page, f"review-{name}-{size}-{scheme}")
        if name not in LISTS:
            continue
        await items(page, LISTS[name]).nth(1).click()
        await expect(page.locator(".content h2")).to_be_visible()
        await check_with_axe(page)
        await shoot(page, f"review-{name}-{size}-{scheme}-open")
        if size == "phone":
            await page.get_by_role("button", name="Back to the list").click()
            await expect(items(page, LISTS[name]).nth(1)).to_be_focused()


async def test_a_small_screen_has_no_sideways_scroll(open_at: Open, desk: FakeDesk) -> None:
    long = "w" * 300
    desk.review.ask(long, 1)
    desk.review.write(medicine=long, texts={"en": long, "es": long})
    desk.review.models[2]["refusals"] = [long]
    page = await open_at("questions", "dana", 320, 640)
    for name in PAGES:
        await page.goto(desk.url + name)
        await expect(page.locator("main").get_by_text("Loading…").first).to_be_hidden()
        assert await fits(page), name
        if name not in LISTS:
            continue
        await items(page, LISTS[name]).last.click()
        await expect(page.locator(".content h2")).to_be_visible()
        assert await fits(page), name
        await shoot(page, f"review-{name}-320")
    await page.goto(desk.url + "questions#g1")
    await expect(asked(page).first).to_be_visible()
    assert await fits(page)
    await asked(page).first.get_by_role("button", name="Label").click()
    assert await fits(page)
    await shoot(page, "review-label-320")
    await page.goto(desk.url + "instructions#new")
    await expect(page.get_by_role("form")).to_be_visible()
    assert await fits(page)


async def test_the_targets_are_large_enough(open_at: Open, desk: FakeDesk) -> None:
    page = await open_at("questions", "dana", 390, 844)
    script = """() => [...document.querySelectorAll('button, input, textarea, select, summary')]
      .filter((each) => each.checkVisibility() && each.type !== 'radio')
      .map((each) => [each.textContent || each.id, each.getBoundingClientRect()])
      .filter(([, { width, height }]) => width < 24 || height < 24)
      .map(([name]) => name)"""
    for path in ("questions#g1", "instructions#new", "models#3", "numbers"):
        await page.goto(desk.url + path)
        await page.reload()
        await expect(page.locator("main").get_by_text("Loading…").first).to_be_hidden()
        assert await page.evaluate(script) == [], path
