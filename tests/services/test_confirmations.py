"""What waits for a yes lasts for one turn, also when that turn fails."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot import directives as d
from bot.services import turns
from bot.services.admission import open_conversation
from bot.services.conversations import Rules, take_message
from bot.storage.conversations import Conversation, Event
from bot.storage.database import Database

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
RULES = Rules(15, "US", "America/New_York")
WAITS = d.Memory(confirm=d.Confirm(kind="refill", prescription_id=7), last_intent="request_refill")
PLACED = d.RefillPlaced(
    prescription_id=7, medicine="lisinopril 10 mg tablet", store_name="Main Street Pharmacy",
    timezone="America/New_York", placed_at=NOW.isoformat(),
)  # fmt: skip


async def answered(
    database: Database, spoken: list[d.Directive] | None, locale: str = "en"
) -> tuple[list[str], d.Memory]:
    """A yes to what waits, answered with `spoken`: the texts, and what is remembered then."""
    chat = (await open_conversation(database, locale, NOW)).conversation_id
    async with database.write() as session:
        conversation = await session.get_one(Conversation, chat)
        conversation.memory = WAITS.model_dump(mode="json")
    await take_message(database, chat, "c1", "yes", RULES, NOW)
    owed = await turns.claim_next(database, chat, timedelta(seconds=10), NOW)
    assert owed is not None
    await turns.answer(database, owed, spoken, RULES, NOW)
    async with database.read() as session:
        texts = await session.scalars(
            select(Event.text)
            .where(Event.conversation_id == chat, Event.author == "bot")
            .order_by(Event.seq)
        )
        memory = (await session.get_one(Conversation, chat)).memory
        return list(texts), d.Memory.model_validate(memory)


@pytest.mark.parametrize("spoken", [None, [], [turns.TECHNICAL]], ids=["Rasa", "empty", "action"])
async def test_after_a_failure_nobody_relies_on_it(
    database: Database, spoken: list[d.Directive] | None
) -> None:
    texts, memory = await answered(database, spoken)
    assert texts[0].startswith("I could not check whether your refill was placed.")
    assert "something went wrong" in texts[1]
    assert memory.confirm is None
    assert memory.last_intent == "request_refill"


async def test_an_answer_brings_its_own_memory(database: Database) -> None:
    texts, memory = await answered(database, [PLACED, d.Remember(memory=d.Memory(focus=7))])
    assert texts == [
        "Placed: a refill of lisinopril 10 mg tablet at Main Street Pharmacy, on Monday, "
        "November 23 at 2:00 PM. It is not filled yet. The pharmacy answers next, and I will "
        "tell you here."
    ]
    assert memory == d.Memory(focus=7)


async def test_a_renewal_is_told_apart(database: Database) -> None:
    renewal = PLACED.model_copy(update={"kind": "renewal"})
    texts, _ = await answered(database, [renewal, d.Remember(memory=d.Memory())], "es")
    assert texts == [
        "Ya se hizo el pedido de preguntar a su médico por lisinopril 10 mg tablet. Fue el lunes "
        "23 de noviembre a las 2:00 p. m. Ahora responde Main Street Pharmacy, y yo le aviso "
        "aquí. Luego decide su médico."
    ]
