"""Did this help? What patients say about answers, over HTTP and over the socket."""

from typing import Any

import pytest
from sqlalchemy import select

from bot import directives as d
from bot.storage.conversations import Turn
from bot.storage.teaching import Feedback
from tests.gateway.conftest import House
from tests.gateway.engine import custom
from tests.gateway.reviewing import kept
from tests.stack import Device

SURE = (d.Say(response="greet"), d.Understood(intent="ask_price", confidence=0.93))


async def given(house: House, device: Device, seq: Any, helpful: Any) -> tuple[int, str]:
    async with house.session.post(
        f"{house.address}/api/v1/conversations/{device.conversation_id}/feedback",
        json={"seq": seq, "helpful": helpful},
        headers={"Authorization": f"Bearer {device.secret}"},
    ) as response:
        if response.status == 204:
            return 204, ""
        return response.status, (await response.json())["error"]["code"]


async def answered(house: House, text: str = "what does it cost") -> tuple[Device, int]:
    """A patient with an answer of the bot's; its `seq`."""
    house.engine.reply = lambda _text: custom(*SURE)
    device = await house.opened()
    events = await device.say(text)
    return device, events[-1]["seq"]


async def opinions(house: House) -> list[tuple[int, bool]]:
    async with house.app.database.read() as session:
        rows = await session.scalars(select(Feedback))
        return [(row.seq, row.helpful) for row in rows]


async def test_an_answer_that_has_not_helped_is_kept_with_its_question(house: House) -> None:
    device, seq = await answered(house)
    assert await given(house, device, seq, False) == (204, "")
    assert await opinions(house) == [(seq, False)]
    (question,) = await kept(house)
    assert (question.kind, question.text, question.status) == (
        "not_helpful", "what does it cost", "new",
    )  # fmt: skip
    assert (question.seq, question.intent, question.confidence) == (1, "ask_price", 0.93)


async def test_saying_it_again_changes_nothing(house: House) -> None:
    device, seq = await answered(house)
    for _ in range(3):
        assert (await given(house, device, seq, False))[0] == 204
    assert len(await kept(house)) == 1


async def test_it_may_be_changed(house: House) -> None:
    device, seq = await answered(house)
    for helpful, questions in ((True, 0), (False, 1), (True, 0), (False, 1)):
        assert (await given(house, device, seq, helpful))[0] == 204
        assert await opinions(house) == [(seq, helpful)]
        assert len(await kept(house)) == questions


async def test_a_question_that_was_reviewed_stays(house: House) -> None:
    device, seq = await answered(house)
    await given(house, device, seq, False)
    async with house.app.database.write() as session:
        for row in await kept(house):
            row.status = "dismissed"
            await session.merge(row)
    assert (await given(house, device, seq, True))[0] == 204
    assert len(await kept(house)) == 1


async def test_the_question_of_a_button_is_what_was_typed(house: House) -> None:
    device, _ = await answered(house, "how much is the small one")
    options = (d.Option(intent="ask_price", label_text="lisinopril 10 mg tablet"),)
    house.engine.reply = lambda _text: custom(d.Choices(response="also_asked", options=options))
    await device.say("how much is it")
    house.engine.reply = lambda _text: custom(*SURE[:1])
    events = await device.choose("lisinopril 10 mg tablet")
    assert (await given(house, device, events[-1]["seq"], False))[0] == 204
    assert [row.text for row in await kept(house)] == ["how much is it"]


async def test_only_answers_of_the_bot_in_this_chat(house: House) -> None:
    device, seq = await answered(house)
    other, _ = await answered(house)
    assert await given(house, device, 1, True) == (404, "unknown_event")  # the patient's own
    assert await given(house, device, seq + 5, True) == (404, "unknown_event")
    await house.opened()
    assert await opinions(house) == []
    device.secret = other.secret
    assert await given(house, device, seq, False) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("seq", "helpful"), [(0, True), (-1, True), ("x", True), (2, "yes"), (2, None), (2**31, True)]
)
async def test_what_is_no_feedback(house: House, seq: Any, helpful: Any) -> None:
    device, _ = await answered(house)
    assert await given(house, device, seq, helpful) == (400, "bad_request")


async def test_over_the_socket(house: House) -> None:
    device, seq = await answered(house)
    await device.send({"type": "feedback", "seq": seq, "helpful": False})
    await device.send({"type": "feedback", "seq": 99, "helpful": False})
    assert (await device.frame())["code"] == "unknown_event"
    assert await opinions(house) == [(seq, False)]
    assert len(await kept(house)) == 1


async def test_a_turn_remembers_what_it_was_taken_for(house: House) -> None:
    await answered(house)
    async with house.app.database.read() as session:
        (turn,) = await session.scalars(select(Turn))
    assert (turn.intent, turn.confidence) == ("ask_price", 0.93)
