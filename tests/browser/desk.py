"""The console as the people of the pharmacy meet it, and a desk with patients who wait."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.fake_desk import PASSWORD, FakeDesk, Row, Talk, ago

ANA: Row = {
    "patient": {
        "name": "Ana Ruiz",
        "date_of_birth": "1961-02-09",
        "phone": "(555) 010-4477",
        "language": "es",
    },
    "caregiver": None,
    "verified_at": ago(4),
    "valid": True,
    "prescriptions": [
        {
            "rx_number": "7001001", "medicine": "lisinopril 10 mg tablet",
            "directions": "Take 1 tablet by mouth every day.", "quantity": "30 tablets",
            "refills_remaining": 0, "state": "ready", "title": "Ready for pickup",
            "meaning": "It is filled, checked and waiting.",
            "next_step": "Pick it up at the Cedar Street store.", "late": False,
            "facts": [{"label": "You pay", "value": "$10.00"},
                      {"label": "Kept until", "value": "Tuesday, December 1"}],
            "as_of_text": "As of today, 10:42 AM.", "store_name": "Cedar Street",
        },
        {
            "rx_number": "7001002", "medicine": "atorvastatin 20 mg tablet",
            "directions": "Take 1 tablet by mouth at bedtime.", "quantity": "90 tablets",
            "refills_remaining": 3, "state": "rejected", "title": "Waiting for the insurance",
            "meaning": "The insurance did not accept the claim.",
            "next_step": "The pharmacy calls the plan.", "late": True, "facts": [],
            "as_of_text": "As of today, 9:05 AM.", "store_name": "Cedar Street",
        },
    ],
}  # fmt: skip


def furnish(desk: FakeDesk) -> None:
    """Five who wait, one whom Tina has, one who is done."""
    ana = Talk("ana", record=[ANA], seen_seq=4)
    ana.add("patient", "is my lisinopril ready", at=ago(6))
    ana.add("bot", "First I need to make sure that it is you.", "identity_form", at=ago(6))
    ana.add("system", "Your identity is confirmed.", "identity_result", verified=True, at=ago(5))
    ana.add(
        "bot", "Your lisinopril 10 mg tablet is ready for pickup. Kept until Tuesday, December 1.",
        "status_card", at=ago(5), medicine="lisinopril 10 mg tablet", title="Ready for pickup",
    )  # fmt: skip
    ana.add("patient", "can i take ibuprofen with it", at=ago(4))
    ana.add("bot", "A pharmacist will answer by 10:55 AM.", at=ago(4))
    ana.add("system", "You are in the queue for a pharmacist.", "owner", at=ago(4), owner="queue")
    ana.notes.append(
        {"note_id": 1, "at": ago(4.5), "text": "Called last week about the same.",
         "author": desk.accounts["tina"].public()}
    )  # fmt: skip
    child = Talk("child")
    child.add("patient", "my son swallowed some of my pills", at=ago(2))
    notice = (
        "If someone may be in danger, call 911 now. For poisoning call 1-800-222-1222.\n\n"
        "A pharmacist has been told and will read this chat."
    )
    child.add("system", notice, "notice", at=ago(2), urgent=True)
    luis = Talk("luis", locale="es", record=[{**ANA, "valid": False}])
    luis.record[0]["patient"] = {**ANA["patient"], "name": "Luis Ortega"}
    luis.add("patient", "quiero hablar con una persona", at=ago(40))
    luis.add("bot", "Alguien le contestará pronto.", at=ago(40), lang="es")
    tom = Talk("tom")
    tom.add("patient", "move my prescription to another pharmacy", at=ago(12))
    busy = Talk("busy")
    busy.add("patient", "this is the third time that you lose my order", at=ago(20))
    done = Talk("done")
    done.add("patient", "do you sell stamps", at=ago(90))
    two = Talk("two", record=[{**ANA, "caregiver": {"relationship": "mother"}}])
    two.record[0]["patient"] = {**ANA["patient"], "name": "Rosa Diaz"}
    two.add("patient", "I need to change my phone number", at=ago(8))
    choices = [{"choice_id": "a", "label": "Mobile"}, {"choice_id": "b", "label": "Home"}]
    text = "Which do you mean?\n\n1. Mobile\n2. Home"
    two.add("bot", text, "choices", at=ago(8), choices=choices)
    desk.open(tom, "Transfer a prescription", tom.events[0]["text"], waited=12, due_in=48)
    desk.open(
        ana, "Clinical question", "can i take ibuprofen with it", waited=4, due_in=11,
        priority="soon", queue="pharmacist", clinical=True,
    )  # fmt: skip
    call = {"from": ago(-30), "until": ago(-150), "phone": "(555) 010-7788", "name": "Luis Ortega"}
    desk.open(
        luis, "Wants a person", luis.events[0]["text"], waited=40, due_in=-3, priority="soon",
        alerts=1, call_back=call,
    )  # fmt: skip
    desk.open(two, "Change of personal details", two.events[0]["text"], waited=8, due_in=52)
    desk.open(
        child, "Possible emergency", child.events[0]["text"], waited=2, due_in=8,
        priority="urgent", queue="pharmacist", clinical=True,
    )  # fmt: skip
    complaint = desk.open(busy, "Complaint", busy.events[0]["text"], waited=20, due_in=20)
    desk.take(complaint, "tina")
    closed = desk.open(done, "Wants a person", done.events[0]["text"], waited=90)
    closed |= {"state": "closed", "outcome": "answered", "closed_at": ago(80)}
    closed |= {"closed_by": desk.accounts["tina"].public(), "unread": 0}
    done.ended_at = ago(80)
    desk.changes.clear()


def find(desk: FakeDesk, conversation_id: str) -> Row:
    """The first escalation of a conversation."""
    return desk.of(desk.talks[conversation_id])[0]


async def sign_in(page: Page, username: str = "dana", code: str | None = None) -> None:
    await page.get_by_label("User name").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_label("Password").press("Enter")
    if code:
        await page.get_by_label("Code").fill(code)
        await page.get_by_label("Code").press("Enter")
    await expect(page.get_by_role("button", name="Menu")).to_be_visible()


def queue(page: Page) -> Locator:
    return page.get_by_role("region", name="Queue")


def cards(page: Page) -> Locator:
    return queue(page).get_by_role("list", name="Escalations").get_by_role("button")


def card(page: Page, text: str) -> Locator:
    return cards(page).filter(has_text=text)


def conversation(page: Page) -> Locator:
    return page.get_by_role("region", name="Conversation")


def transcript(page: Page) -> Locator:
    return page.get_by_role("log")


def record(page: Page) -> Locator:
    return page.get_by_role("region", name="Patient record")


def reply(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Reply to the patient")


def said(page: Page, text: str) -> Locator:
    """What stands in the transcript with exactly these words."""
    return transcript(page).locator(".text", has_text=re.compile(f"^{re.escape(text)}$"))


def act(page: Page, name: str) -> Locator:
    actions = conversation(page).get_by_role("group", name="Actions")
    return actions.get_by_role("button", name=name)


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


async def show(page: Page, text: str) -> None:
    """Open the conversation of the card with these words."""
    await card(page, text).click()
    await expect(conversation(page).get_by_role("heading").first).to_be_visible()
    await expect(transcript(page).locator(".item").first).to_be_visible()


async def live(page: Page) -> None:
    await expect(page.get_by_text("Live", exact=True)).to_be_visible()


async def fits(page: Page) -> bool:
    """Nothing makes the page, or one of its panes, scroll sideways."""
    script = """() => [document.documentElement,
        ...document.querySelectorAll('.scroll, .log, .requests, .heading, .foot, .page'),
        ...document.querySelectorAll('.side, .detail, dialog')]
      .filter((each) => each.checkVisibility())
      .every((each) => each.scrollWidth <= each.clientWidth + 1)"""
    return bool(await page.evaluate(script))


def sent(desk: FakeDesk, path: str) -> list[Any]:
    """The bodies that were posted to an address that ends so."""
    return [body for posted, body in desk.posts if posted.endswith(path)]


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that is not on the page."""
    async with asyncio.timeout(PATIENCE_MS / 1000):
        while not true():
            await asyncio.sleep(0.05)


def day_in(days: int) -> str:
    """A day of the calendar, counted from today."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def furnish_review(desk: FakeDesk) -> None:
    """Questions in groups, instructions in each state, models, numbers."""
    review = desk.review
    for text in (
        "how much would my lisinopril be without insurance",
        "whats the cash price for lisinopril",
        "price if i dont use my insurance",
        "how much out of pocket",
    ):
        review.ask(text, 1)
    review.questions[0] |= {"reachable": True}
    spanish = {"locale": "es", "intent": "ask_vaccine", "kind": "unsure", "confidence": 0.52}
    review.ask("ponen la vacuna del herpes", 2, **spanish, reachable=True)
    review.ask("cuanto cuesta la vacuna contra el herpes", 2, **spanish)
    review.ask("can i crush the big white pills", intent="ask_clinical", kind="not_helpful",
               ranking=[["ask_clinical", 0.88], ["ask_stock", 0.05]], reachable=True)  # fmt: skip
    dana, omar = (desk.accounts[name].public() for name in ("dana", "omar"))
    signed = {"approved_by": dana, "approved_at": ago(9000)}
    review.write(**signed, second_by=omar, second_at=ago(8000), clinical=True)
    soon = {"review_due_on": day_in(12), "topic": "storage"}
    review.write(medicine="amoxicillin suspension", generic_name="amoxicillin",
                 form="suspension", **signed, **soon)  # fmt: skip
    review.write(medicine="insulin glargine pen", state="second", clinical=True, **signed)
    review.write(medicine="lisinopril 10 mg tablet", product_id="p1", series=None,
                 version_id=None, imported=True, **signed)  # fmt: skip
    done = review.ask("do you sell stamps", None)
    review.decide(done, "labelled", "omar", "ask_stock")


def furnish_models(desk: FakeDesk) -> None:
    """The model of the installation, an active one, one that was refused, one that has passed."""
    review = desk.review
    figures: Row = {
        "all_sentences": 4812,
        "seconds": {"training": 70.5, "testing": 21.0, "all": 91.5},
        "accuracy": {"messages": 1500, "before": 0.912, "after": 0.923},
        "macro_f1": {"messages": 1500, "before": 0.894, "after": 0.894},
        "red_flags_found": {"messages": 220, "before": 219, "after": 220},
        "false_alarms": {"messages": 2400, "before": 20, "after": 21},
        "clinical_answered_by_bot": {"messages": 300, "before": 3, "after": 3},
    }
    missed = {
        "set": "red_flags", "text": "my lips are swelling since the new pill",
        "expected": "emergency", "before": "report_emergency", "after": "ask_clinical",
        "worse": True, "safety": True,
    }  # fmt: skip
    dearer = {"set": "kept_back", "text": "what will it cost me", "expected": "ask_price",
              "before": "ask_stock", "after": "ask_price", "worse": False,
              "safety": False}  # fmt: skip
    lost = {"set": "kept_back", "text": "got any metformin", "expected": "ask_stock",
            "before": "ask_stock", "after": "ask_price", "worse": True,
            "safety": False}  # fmt: skip
    review.train(state="retired", created_by="install", created_at=ago(90_000), retired_at=ago(900))
    review.train(state="active", activated_by="omar", activated_at=ago(900), figures=figures)
    refusal = "1 emergency raises no alarm any more: “my lips are swelling since the new pill”."
    worse = figures | {"red_flags_found": {"messages": 220, "before": 219, "after": 218}}
    review.train(state="refused", refusals=[refusal], differences=[missed, lost, dearer],
                 figures=worse, finished_at=ago(50))  # fmt: skip
    review.train(state="passed", differences=[lost, dearer], figures=figures, finished_at=ago(20))


def furnish_numbers(desk: FakeDesk) -> None:
    """Ninety days with weekends, and what is counted over all of them."""
    days = []
    for before in range(89, -1, -1):
        asked = 20 + (before * 7) % 23 if before % 7 not in (2, 3) else 6
        counts = {"asked": asked, "answered": asked * 7 // 10, "escalated": asked // 5}
        days.append({"day": day_in(-before), **counts, "unanswered": asked // 9, "alarms": 0})
    wait = {"answered": 40, "median_seconds": 312.0, "p90_seconds": 4100.5}
    intents = [("Price of a medicine", 210), ("Stock of a medicine", 140), ("Vaccination", 12)]
    desk.review.numbers = {
        "days": days,
        "intents": [{"intent": label, "label": label, "asked": n} for label, n in intents],
        "first_answer": {**wait, "by_queue": {"counter": wait, "pharmacist": wait}},
        "topics": [{"group_id": 1, "size": 4, "new": 4, "example": "how much out of pocket"}],
        "feedback": {"helpful": 31, "not_helpful": 9},
    }


def furnish_retention(desk: FakeDesk) -> None:
    desk.review.retention = {
        "rules": {"transcripts_days": 180, "questions_days": 0},
        "due": {"conversations": 3, "questions": 0},
        "runs": [{"at": ago(600), "by": None, "conversations": 61, "questions": 4}],
    }
