"""Questions to review on a running gateway: patients who are not understood, and what is kept."""

import asyncio
from typing import Any

from sqlalchemy import select

from bot import directives as d
from bot.storage.teaching import Question, TrainingSentence
from tests.gateway.conftest import House
from tests.gateway.engine import custom
from tests.stack import Device
from tests.staff import Console

RANKING = (("ask_price", 0.04), ("ask_status", 0.03))
MISSED = (
    d.Unanswered(intent="ask_price", confidence=0.04, ranking=RANKING),
    d.Say(response="not_understood"),
    d.Understood(intent="nlu_fallback", confidence=0.3, ranking=RANKING),
)


async def not_understood(house: House, text: str, device: Device | None = None) -> Device:
    """A patient writes something that the bot does not understand."""
    device = device or await house.opened()
    before, house.engine.reply = house.engine.reply, lambda _text: custom(*MISSED)
    await device.say(text)
    house.engine.reply = before
    return device


async def kept(house: House) -> list[Question]:
    """The questions in the database, oldest first."""
    async with house.app.database.read() as session:
        return list(await session.scalars(select(Question).order_by(Question.question_id)))


async def sentences(house: House) -> list[TrainingSentence]:
    """What has been taught, also what was taken back."""
    async with house.app.database.read() as session:
        rows = select(TrainingSentence).order_by(TrainingSentence.sentence_id)
        return list(await session.scalars(rows))


async def grouped(console: Console, **query: Any) -> dict[str, Any]:
    """The listing, once every new question has a group."""
    async with asyncio.timeout(10):
        while True:
            _, body = await console.get("questions", **query)
            if all(row["group_id"] is not None for row in body["questions"]):
                found: dict[str, Any] = body
                return found
            await asyncio.sleep(0.1)
