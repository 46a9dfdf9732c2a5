"""A walk over the whole table of fill states and reasons, through the real bot."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from bot.feed import json_lines
from bot.pharmacy.fill_states import FILL_STATES, FillState
from bot.services.records import import_records
from bot.storage.conversations import Escalation
from bot.storage.database import Database
from bot.wording import load
from tests.stack import Clock, Device, RasaProcess, stack
from tests.transcripts.coverage import WALKED

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)  # Monday, 2:00 PM in the store
CASES = [(state, reason) for state in FILL_STATES.values() for reason in (None, *state.reasons)]
ASKED = {"en": "is my lisinopril ready", "es": "ya está lista mi receta de lisinopril"}
DATES = {
    "promised_at": "Tuesday, November 24",
    "kept_until": "Wednesday, December 2",
    "earliest_refill_on": "Monday, December 14",
    "owed_expected_on": "Thursday, November 26",
    "picked_up_at": "Friday, November 20",
}


def _iso(days: float) -> str:
    return (NOW + timedelta(days=days)).isoformat()


def _records() -> Iterator[dict[str, Any]]:
    """One patient for each state and reason, each with one fill that has every date."""
    yield {
        "type": "store", "store_id": "s", "name": "Main Street Pharmacy",
        "phone": "(216) 555-0100", "address": "12 Main Street", "timezone": "America/New_York",
        "hours": {day: [["09:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }  # fmt: skip
    yield {
        "type": "product", "product_id": "n", "generic_name": "lisinopril", "strength": "10 mg",
        "form": "tablet",
    }  # fmt: skip
    for number, (state, reason) in enumerate(CASES):
        rx = str(7000000 + number)
        yield {
            "type": "patient", "patient_id": f"p{number}", "first_name": "Pat",
            "last_name": f"Case{number}", "date_of_birth": "1960-01-02",
            "phone": f"216555{number:04d}",
        }  # fmt: skip
        yield {
            "type": "prescription", "rx_number": rx, "store_id": "s", "patient_id": f"p{number}",
            "product_id": "n", "directions": "Take 1.", "quantity": 30, "days_supply": 30,
            "refills_remaining": 2, "written_on": "2026-09-01", "expires_on": "2027-09-01",
            "prescriber_name": "Dr. P", "status": "active", "transferred_to": "Oak Drugs",
        }  # fmt: skip
        yield {
            "type": "fill", "fill_id": f"f{number}", "rx_number": rx, "state": state.name,
            "reason": reason, "requested_at": _iso(-1), "promised_at": _iso(1),
            "ready_at": _iso(-0.5), "kept_until": "2026-12-02", "picked_up_at": _iso(-3),
            "quantity": 20, "quantity_owed": 10, "owed_expected_on": "2026-11-26",
            "copay_cents": 1234, "earliest_refill_on": "2026-12-14", "method": "pickup",
            "updated_at": _iso(-0.1),
        }  # fmt: skip


async def _ask(device: Device, number: int, locale: str) -> list[dict[str, Any]]:
    await device.open(locale)
    await device.say(ASKED[locale])
    status, body = await device.verify(
        last_name=f"Case{number}", date_of_birth="1960-01-02", rx_number=str(7000000 + number)
    )
    assert status == 200, body
    return await device.turn_events()


@pytest.mark.stack
@pytest.mark.parametrize("locale", ["en", "es"])
async def test_every_state_and_reason(sqlite_url: str, rasa: RasaProcess, locale: str) -> None:
    database = Database(sqlite_url)
    await import_records(database, json_lines.read(json.dumps(row) for row in _records()), NOW)
    async with (
        stack(
            database, rasa.url, rasa.actions_port, Clock(NOW), new_conversations_per_minute=1000
        ) as (address, app),
        aiohttp.ClientSession() as session,
    ):
        for number, (state, reason) in enumerate(CASES):
            device = Device(session, address)
            events = await _ask(device, number, locale)
            cards = [event for event in events if event["kind"] == "status_card"]
            assert len(cards) == 1, (state.name, [event["text"] for event in events])
            _check_card(cards[0], state, reason, locale)
            _check_buttons(events, state, locale)
            async with app.database.read() as reading:
                rows = await reading.scalars(
                    select(Escalation.reason).where(
                        Escalation.conversation_id == device.conversation_id
                    )
                )
                assert list(rows) == (["unknown_state"] if state.name == "unknown" else [])
            await device.close()
            WALKED.add((state.name, reason))


def _check_card(card: dict[str, Any], state: FillState, reason: str | None, locale: str) -> None:
    wording = load(locale)
    text = card["text"]
    title = wording.render(f"state.{state.name}.title", now=NOW)
    assert (card["state"], card["reason"], card["title"]) == (state.name, reason, title)
    assert text.startswith(f"Lisinopril 10 mg tablet: {title}")
    for part in ("meaning", "next_step", "as_of_text"):
        assert card[part], (state.name, part)
        assert card[part] in text, (state.name, part)
    if reason is not None:
        assert wording.render(f"state.{state.name}.reasons.{reason}", now=NOW) in text
    assert card["who_acts"] == state.who_acts.value
    assert card["late"] is (state.name == "unknown")
    assert [step["status"] for step in card["steps"]].count("todo") <= 4
    assert "None" not in text
    assert "{" not in text
    if locale == "en" and state.date_field in DATES:
        assert DATES[state.date_field] in text, (state.name, text)
    if state.name in ("ready", "partial_ready"):
        assert "$12.34" in text


def _check_buttons(events: list[dict[str, Any]], state: FillState, locale: str) -> None:
    wording = load(locale)
    offered = [choice["label"] for choice in events[-1]["choices"]]
    assert offered == [
        wording.render(f"button.{button.value}", now=NOW) for button in state.buttons
    ]


@pytest.mark.stack
async def test_every_late_state_apologises_and_tells_the_counter(
    sqlite_url: str, rasa: RasaProcess
) -> None:
    database = Database(sqlite_url)
    await import_records(database, json_lines.read(json.dumps(row) for row in _records()), NOW)
    clock = Clock(NOW + timedelta(days=30))
    async with (
        stack(database, rasa.url, rasa.actions_port, clock, new_conversations_per_minute=1000) as (
            address,
            app,
        ),
        aiohttp.ClientSession() as session,
    ):
        for number, (state, reason) in enumerate(CASES):
            if reason is not None or state.late_after is None or state.name == "unknown":
                continue
            device = Device(session, address)
            events = await _ask(device, number, "en")
            card = next(event for event in events if event["kind"] == "status_card")
            assert card["late"] is True, state.name
            assert "sorry" in card["late_text"]
            assert card["late_text"] in card["text"]
            async with app.database.read() as reading:
                rows = await reading.scalars(
                    select(Escalation).where(Escalation.conversation_id == device.conversation_id)
                )
                assert [(row.queue, row.reason) for row in rows] == [("counter", "late_fill")]
            await device.close()
