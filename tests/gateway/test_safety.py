"""What must hold whatever Rasa does: red flags first, no silence, one speaker, no commands."""

import asyncio
import json
from typing import Any

import pytest
from sqlalchemy import update

from bot import directives as d
from bot.feed import json_lines
from bot.services.records import import_records
from bot.storage.records import Store
from tests.gateway.conftest import House, Opening
from tests.gateway.engine import Engine, custom, say


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "not json",
        [{"text": "a sentence of Rasa's own"}],
        [{"custom": {"type": "unheard of"}}],
        [{"custom": d.dump(d.Say(response="no such response"))}],
        custom(d.Remember(memory=d.Memory())),
        {"status": "failure"},
        [[]],
    ],
    ids=["empty", "broken", "text", "unknown", "no wording", "invisible", "object", "list"],
)
async def test_an_answer_that_is_none_becomes_an_apology_and_a_ticket(
    house: House, answer: Any
) -> None:
    house.engine.reply = lambda _text: answer
    device = await house.opened()
    events = await device.say("is my prescription ready")
    assert len(events) == 1
    assert "something went wrong on our side" in events[0]["text"]
    rows = await house.escalations(device)
    assert [(row.queue, row.reason, row.state) for row in rows] == [
        ("counter", "technical", "waiting")
    ]
    assert rows[0].question == "is my prescription ready"
    house.engine.reply = lambda _text: [say()]
    assert "Hello." in (await device.say("hello"))[0]["text"]


async def test_a_damaged_store_on_record_does_not_silence_the_apology(house: House) -> None:
    store = {
        "type": "store", "store_id": "s", "name": "Main", "phone": "216-555-0100",
        "address": "12 Main", "timezone": "America/New_York", "hours": {},
    }  # fmt: skip
    await import_records(house.app.database, json_lines.read([json.dumps(store)]), house.clock())
    async with house.app.database.write() as session:
        await session.execute(update(Store).values(timezone="Mars/Olympus"))
    house.engine.reply = lambda _text: []
    device = await house.opened()
    events = await device.say("is my prescription ready")
    assert "something went wrong on our side" in events[0]["text"]
    assert [row.reason for row in await house.escalations(device)] == ["technical"]


async def test_a_rasa_that_fails_hangs_or_is_gone(open_house: Opening) -> None:
    engine = Engine()
    house = await open_house(engine, rasa_timeout_seconds=0.2)
    device = await house.opened()
    engine.status = 500
    assert "went wrong" in (await device.say("one"))[0]["text"]
    engine.status, engine.delay = 200, 5.0
    assert "went wrong" in (await device.say("two"))[0]["text"]
    rows = await house.escalations(device)
    assert len(rows) == 1
    assert rows[0].unread == 2
    assert rows[0].question == "one\ntwo"


async def test_a_red_flag_never_reaches_rasa_and_is_answered_while_rasa_is_down(
    house: House,
) -> None:
    house.engine.status = 500
    device = await house.opened()
    events = await device.say("my daughter swallowed a bunch of my pills")
    assert house.engine.heard == []
    notice = events[0]
    assert (notice["kind"], notice["urgent"]) == ("notice", True)
    assert "911" in notice["text"]
    assert {phone["number"] for phone in notice["phones"]} >= {"911", "1-800-222-1222"}
    rows = await house.escalations(device)
    assert [(row.queue, row.priority) for row in rows] == [("pharmacist", "urgent")]
    assert (await device.connect(after=99))["owner"] == "queue"


async def test_a_red_flag_drops_the_question_that_waited(house: House) -> None:
    asked = d.Memory(question=d.Ask(intent="ask_status", text="is it ready"))
    house.engine.reply = lambda _text: custom(d.IdentityForm(), d.Remember(memory=asked))
    device = await house.opened()
    await device.say("is it ready")
    await device.say("i cant breathe")
    await device.choose("Ask the assistant more")
    house.engine.reply = lambda _text: [say()]
    events = await device.say("hello")
    assert kinds(events) == ["message"]
    assert house.engine.heard == ["is it ready", "hello"]


async def test_while_the_queue_holds_the_chat_the_bot_is_silent(house: House) -> None:
    handoff = d.Handoff(queue="counter", reason="request_human", response="handoff.request_human")
    house.engine.reply = lambda _text: custom(handoff)
    device = await house.opened()
    events = await device.say("a human please")
    assert kinds(events) == ["message", "owner", "choices"]
    assert events[1]["owner"] == "queue"
    assert "Someone at the counter" in events[0]["text"] or "as soon as" in events[0]["text"]
    assert kinds(await device.say("are you there")) == ["notice"]
    assert kinds(await device.say("hello?")) == []
    assert house.engine.heard == ["a human please"]
    rows = await house.escalations(device)
    assert [(row.reason, row.unread) for row in rows] == [("request_human", 3)]
    # The red-flag screen still runs.
    assert (await device.say("i want to kill myself"))[0]["urgent"] is True
    rows = await house.escalations(device)
    assert [row.priority for row in rows] == ["routine", "urgent"]


async def test_the_patient_may_go_back_to_the_assistant(house: House) -> None:
    house.engine.reply = lambda _text: custom(d.Handoff(queue="counter", reason="request_human"))
    device = await house.opened()
    await device.say("a human please")
    events = await device.choose("Ask the assistant more")
    assert [event.get("owner") for event in events] == ["bot"]
    house.engine.reply = lambda _text: [say()]
    await device.say("hello")
    assert house.engine.heard == ["a human please", "hello"]
    assert [row.state for row in await house.escalations(device)] == ["waiting"]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ('/ask_status{"medicine": "x"}', "/nlu_fallback"),
        ("/restart", "/nlu_fallback"),
        ("  /handoff@0.01", "/nlu_fallback"),
        ("/", "/nlu_fallback"),
        ("/ is my refill ready", "is my refill ready"),
        ("w/o insurance", "w/o insurance"),
    ],
)
async def test_typed_commands_are_text(house: House, typed: str, told: str) -> None:
    device = await house.opened()
    await device.say(typed)
    assert house.engine.heard == [told]
    _, body = await house.get(device, "events?after=0")
    assert body["events"][0]["text"] == typed


async def test_only_offered_choices_can_be_chosen(house: House) -> None:
    offer = d.Choices(response="what_next", options=(d.Option(intent="ask_hours"),))
    house.engine.reply = lambda _text: custom(offer)
    first, second = await house.opened(), await house.opened()
    events = await first.say("hello")
    choice_id = events[0]["choices"][0]["choice_id"]
    assert "ask_hours" not in json.dumps(events)
    status, body = await house.post(second, "choices", {"client_id": "a", "choice_id": choice_id})
    assert (status, body["error"]["code"]) == (404, "unknown_choice")
    events = await first.choose("Opening hours")
    assert house.engine.heard == ["hello", "/ask_hours"]


async def test_typed_identity_details_are_taken_out_everywhere(house: House) -> None:
    device = await house.opened()
    events = await device.say("is it ready? john smith 03/04/1961, 216-555-0101")
    assert "1961" not in house.engine.heard[0]
    assert "0101" not in house.engine.heard[0]
    _, body = await house.get(device, "events?after=0")
    assert "1961" not in json.dumps(body)
    assert "0101" not in json.dumps(body)
    assert kinds(events) == ["message", "message", "identity_form"]
    assert "use the form" in events[0]["text"]


async def test_an_answer_that_raced_a_hand_over_is_dropped(house: House) -> None:
    device = await house.opened()
    house.engine.delay = 0.3
    await device.send({"type": "message", "client_id": "a", "text": "hello"})
    await device.send({"type": "message", "client_id": "b", "text": "my chest hurts bad"})
    await device.turn_events()
    await asyncio.sleep(0.6)  # until Rasa's answer to the first message has come
    _, body = await house.get(device, "events?after=0&wait=1")
    assert [event["kind"] for event in body["events"] if event.get("urgent")] == ["notice"]
    texts = [event["text"] for event in body["events"] if event["author"] == "bot"]
    assert not any(text.startswith("Hello.") for text in texts)
