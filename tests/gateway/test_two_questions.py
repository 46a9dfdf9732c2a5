"""Two questions of one message: the first is asked, the second is offered, none is lost."""

import pytest

from bot import directives as d
from tests.gateway.conftest import House
from tests.gateway.engine import custom, say
from tests.gateway.test_identity import RIGHT, _import
from tests.stack import Device

BOTH = "is my lisinopril ready? also what time do you close"
CLOSE = "what time do you close"


def labels(events: list[dict[str, object]]) -> list[str]:
    return [
        choice["label"]
        for event in events
        if event["kind"] == "choices"
        for choice in event["choices"]  # type: ignore[attr-defined]
    ]


async def test_the_second_is_offered_in_the_patients_words_and_asked_as_text(house: House) -> None:
    device = await house.opened()
    events = await device.say(BOTH)
    assert house.engine.heard == ["is my lisinopril ready?"]
    assert events[-1]["text"] == f"You also asked:\n\n{CLOSE}"
    events = await device.choose(CLOSE)
    assert house.engine.heard == ["is my lisinopril ready?", CLOSE]
    assert labels(events) == []


async def test_three_come_one_after_the_other(house: House) -> None:
    device = await house.opened()
    events = await device.say("are you open? do you deliver today? how much is that?")
    assert labels(events) == ["do you deliver today?"]
    events = await device.choose("do you deliver today?")
    assert labels(events) == ["how much is that?"]
    events = await device.choose("how much is that?")
    assert labels(events) == []
    assert house.engine.heard == ["are you open?", "do you deliver today?", "how much is that?"]


async def test_a_command_in_the_second_part_is_text(house: House) -> None:
    device = await house.opened()
    await device.say('are you open today? also /restart{"x": 1}')
    assert house.engine.heard == ['are you open today? also /restart{"x": 1}']


async def test_while_something_is_open_the_second_waits(house: House) -> None:
    asked = d.Memory(question=d.Ask(intent="ask_status", text="is my lisinopril ready?"))
    house.engine.reply = lambda _text: custom(d.IdentityForm(), d.Remember(memory=asked))
    await _import(house)
    device = await house.opened()
    assert labels(await device.say(BOTH)) == []
    done = d.Memory(also=(CLOSE,))
    house.engine.reply = lambda _text: [say(), *custom(d.Remember(memory=done))]
    status, _ = await device.verify(**RIGHT)
    assert status == 200
    assert labels(await device.turn_events()) == [CLOSE]


async def test_a_no_or_yes_is_waited_for_as_well(house: House) -> None:
    confirm = d.Memory(confirm=d.Confirm(kind="refill", prescription_id=1))
    house.engine.reply = lambda _text: [say(), *custom(d.Remember(memory=confirm))]
    device = await house.opened()
    assert labels(await device.say(BOTH)) == []


async def test_a_hand_over_takes_both(house: House) -> None:
    handoff = d.Handoff(queue="pharmacist", reason="ask_clinical", response="handoff.clinical")
    house.engine.reply = lambda _text: custom(handoff)
    device = await house.opened()
    events = await device.say(BOTH)
    assert CLOSE not in labels(events)
    rows = await house.escalations(device)
    assert [row.question for row in rows] == [BOTH]
    await device.choose("Ask the assistant more")
    house.engine.reply = lambda _text: [say()]
    assert labels(await device.say("hello there")) == []


async def test_a_hand_over_takes_what_waited_before(house: House) -> None:
    waiting = d.Memory(question=d.Ask(intent="ask_status", text="is my lisinopril ready?"))
    house.engine.reply = lambda _text: custom(d.IdentityForm(), d.Remember(memory=waiting))
    device = await house.opened()
    await device.say(BOTH)
    handoff = d.Handoff(queue="counter", reason="request_human", response="handoff.request_human")
    house.engine.reply = lambda _text: custom(handoff)
    await device.say("a human please")
    (row,) = await house.escalations(device)
    assert row.question.splitlines() == ["is my lisinopril ready?", "a human please", CLOSE]


async def test_after_a_failure_all_of_it_is_in_the_ticket(house: House) -> None:
    house.engine.reply = lambda _text: []
    device = await house.opened()
    events = await device.say(BOTH)
    assert labels(events) == []
    (row,) = await house.escalations(device)
    assert (row.reason, row.question) == ("technical", BOTH)


@pytest.mark.parametrize(
    "text", ["what time do you close? my son swallowed a bunch of my pills",
             "is it ready? also i want to kill myself"],
)  # fmt: skip
async def test_an_emergency_in_the_second_part_is_seen(house: House, text: str) -> None:
    device = await house.opened()
    events = await device.say(text)
    assert events[0]["urgent"] is True
    assert house.engine.heard == []


async def test_details_in_the_second_part_are_taken_out_and_keep_it_whole(house: House) -> None:
    device: Device = await house.opened()
    await device.say("is my lisinopril ready? do you need my birthday 03/04/1961")
    (heard,) = house.engine.heard
    assert "1961" not in heard
    assert heard.startswith("is my lisinopril ready? do you need")


async def test_to_people_the_message_goes_whole(house: House) -> None:
    house.engine.reply = lambda _text: custom(d.Handoff(queue="counter", reason="request_human"))
    device = await house.opened()
    await device.say("a human please")
    await device.say(BOTH)
    assert house.engine.heard == ["a human please"]
