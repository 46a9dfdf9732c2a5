"""The wait through the public interface: a phone call left at night, and who answers."""

import json
from datetime import UTC, datetime

import pytest

from bot import directives as d
from bot.feed import json_lines
from bot.services.event_log import change_owner, lock
from bot.services.records import import_records
from tests.feed import examples
from tests.gateway.conftest import NOW, House
from tests.gateway.engine import custom
from tests.staff import add_staff, at_the_desk

RECORDS = (
    examples.STORE, examples.PATIENT | {"last_name": "Carter"}, examples.PRODUCT,
    examples.PRESCRIPTION,
)  # fmt: skip
CARTER = {"last_name": "Carter", "date_of_birth": "1968-12-24", "phone": "(216) 555-0113"}
# A Friday evening in Cleveland; the store opens on Saturday and on Monday.
NIGHT = datetime(2026, 11, 28, 2, 0, tzinfo=UTC)


@pytest.fixture
async def pharmacy(house: House) -> House:
    """A house with a store, where everything is handed to the pharmacist."""
    lines = (json.dumps(row) for row in RECORDS)
    await import_records(house.app.database, json_lines.read(lines), NOW)
    handoff = d.Handoff(queue="pharmacist", priority="soon", reason="ask_clinical")
    house.engine.reply = lambda _text: custom(handoff)
    return house


async def test_a_call_is_left_from_the_question_to_the_time(pharmacy: House) -> None:
    pharmacy.clock.now = NIGHT
    device = await pharmacy.opened()
    await device.say("can i take advil with it")
    events = await device.choose("Ask for a phone call")
    assert [event["kind"] for event in events] == ["message", "identity_form", "choices"]
    assert (await device.verify(**CARTER))[0] == 200
    events = await device.catch_up()
    assert [event["kind"] for event in events] == ["identity_result", "choices"]
    assert set(events[1]["choices"][0]) == {"choice_id", "label"}
    events = await device.choose("Saturday, November 28, 9:00 AM to 11:00 AM")
    assert events[0]["text"].startswith("The pharmacy will call you on Saturday, November 28")
    asked, call = await pharmacy.escalations(device)
    assert (asked.reason, asked.state) == ("ask_clinical", "waiting")
    assert (call.queue, call.reason, call.call_phone) == (
        "pharmacist", "call_back", "+1 (216) 555-0113",
    )  # fmt: skip
    assert call.call_from == datetime(2026, 11, 28, 14, 0, tzinfo=UTC)
    # Rasa heard the question and nothing of the rest.
    assert pharmacy.engine.heard == ["can i take advil with it"]
    assert (await device.connect(after=99))["owner"] == "queue"


async def test_while_it_is_open_no_call_is_offered(pharmacy: House) -> None:
    device = await pharmacy.opened()
    events = await device.say("can i take advil with it")
    assert [choice["label"] for choice in events[-1]["choices"]] == ["Ask the assistant more"]


async def test_a_device_that_connects_is_told_who_answers(pharmacy: House) -> None:
    first, device = await pharmacy.opened(), await pharmacy.opened("es")
    assert not {"place", "name"} & (await device.connect()).keys()
    await first.say("can i take advil with it")
    await device.say("puedo tomarla con advil")
    welcome = await device.connect(after=99)
    assert (welcome["owner"], welcome["place"]) == ("queue", 2)
    assert welcome["due_at"] == "2026-11-23T19:15:00Z"

    await add_staff(pharmacy.app.database, "paul", "pharmacist", display_name="Paul Kim")
    async with pharmacy.app.database.write() as session:
        conversation = await lock(session, device.conversation_id)
        assert conversation is not None
        change_owner(session, conversation, "staff", "", at=NOW, holder="paul")
    welcome = await device.connect(after=99)
    assert (welcome["owner"], welcome["name"]) == ("staff", "Paul Kim")
    assert (welcome["role"], welcome["role_label"]) == ("pharmacist", "farmacéutico")
    assert "place" not in welcome


async def test_a_promised_call_outlasts_a_hand_back(pharmacy: House) -> None:
    pharmacy.clock.now = NIGHT
    device = await pharmacy.opened()
    await device.say("can i take advil with it")
    await device.choose("Ask for a phone call")
    await device.verify(**CARTER)
    await device.catch_up()
    await device.choose("Saturday, November 28, 9:00 AM to 11:00 AM")
    asked, call = await pharmacy.escalations(device)
    async with at_the_desk(pharmacy.app.database, pharmacy.address, "paul", "pharmacist") as paul:
        assert (await paul.post(f"escalations/{asked.escalation_id}/claim"))[0] == 200
        rows = await pharmacy.escalations(device)
        assert [row.claimed_by for row in rows] == ["paul", "paul"]
        assert rows[1].next_alert_at == call.call_until
        assert (await paul.post(f"escalations/{asked.escalation_id}/hand_back"))[0] == 200
    asked, call = await pharmacy.escalations(device)
    assert (asked.state, call.state) == ("closed", "waiting")
    assert call.next_alert_at == call.call_from
    assert "other question" in (await device.catch_up())[-1]["text"]
