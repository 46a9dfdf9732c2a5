"""Many people at once: exactly one gets an escalation, and the bot never speaks after a claim."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot import directives as d
from bot.pharmacy.desk import Role
from bot.services import desk, turns
from bot.services.admission import open_conversation
from bot.services.audit import Actor
from bot.services.conversations import Rules, Stored, take_message
from bot.services.desk_cases import AlreadyClaimed, Done
from bot.services.escalations import hand_over, pass_to_queue
from bot.services.event_log import lock
from bot.services.owed_turns import Owed
from bot.storage.conversations import Conversation, Escalation, Event
from bot.storage.database import Database
from bot.storage.staff import AuditEntry
from bot.wording import load
from tests.staff import add_staff

NOW = datetime(2026, 11, 24, 16, 20, tzinfo=UTC)
RULES = Rules(verified_minutes=15, country="US", timezone="America/New_York")
HANDOFF = d.Handoff(queue="counter", priority="soon", reason="request_human")
CLAIMANTS = 20
RACES = 200


async def people(database: Database) -> list[Actor]:
    """Twenty technicians and pharmacists."""
    actors = []
    for number in range(CLAIMANTS):
        role: Role = "pharmacist" if number % 2 else "technician"
        name = f"person{number}"
        await add_staff(database, name, role)
        actors.append(Actor(name, name.title(), role))
    return actors


async def waiting(database: Database) -> tuple[str, int]:
    """A conversation in the queue; its id and its escalation's."""
    conversation_id = (await open_conversation(database, "en", NOW)).conversation_id
    async with database.write() as session:
        conversation = await lock(session, conversation_id)
        assert conversation is not None
        await hand_over(session, conversation, HANDOFF, "a person please", load("en"), NOW)
        await pass_to_queue(session, conversation, load("en"), NOW)
    async with database.read() as session:
        number = await session.scalar(
            select(Escalation.escalation_id).where(Escalation.conversation_id == conversation_id)
        )
    assert number is not None
    return conversation_id, number


@pytest.mark.timeout(1200)  # four thousand transactions, each safely on the disk
async def test_twenty_race_for_one_two_hundred_times(database: Database) -> None:
    actors = await people(database)
    for _ in range(RACES):
        conversation_id, number = await waiting(database)
        results = await asyncio.gather(
            *(desk.claim(database, actor, number, RULES, NOW) for actor in actors)
        )
        winners = [
            actor for actor, done in zip(actors, results, strict=True) if isinstance(done, Done)
        ]
        assert len(winners) == 1
        losers = {done for done in results if not isinstance(done, Done)}
        assert losers == {AlreadyClaimed(winners[0].display_name)}
        async with database.read() as session:
            row = await session.get_one(Escalation, number)
            conversation = await session.get_one(Conversation, conversation_id)
            owners = await session.scalars(
                select(Event.data)
                .where(Event.conversation_id == conversation_id, Event.kind == "owner")
                .order_by(Event.seq)
            )
            told = [data["owner"] for data in owners]
        assert row.claimed_by == conversation.holder == winners[0].username
        assert (conversation.owner, conversation.version) == ("staff", 2)
        assert told == ["queue", "staff"]
    async with database.read() as session:
        entries = (await session.scalars(select(AuditEntry.outcome))).all()
    assert entries.count("ok") == RACES
    assert entries.count("already_claimed") == RACES * (CLAIMANTS - 1)


async def later[Result](work: Awaitable[Result], steps: int) -> Result:
    """The same some moments later, so that it comes before, in and after the other."""
    for _ in range(steps):
        await asyncio.sleep(0.002)
    return await work


async def test_the_bot_is_silent_after_a_claim_however_they_race(database: Database) -> None:
    await add_staff(database, "paul", "pharmacist")
    paul = Actor("paul", "Paul Kim", "pharmacist")
    spoken = [d.Say(response="greet")]
    outcomes = set()
    for number in range(40):
        conversation_id, escalation = await waiting(database)
        async with database.write() as session:  # the patient went back to the assistant
            conversation = await lock(session, conversation_id)
            assert conversation is not None
            conversation.owner = "bot"
        stored = await take_message(database, conversation_id, f"m{number}", "hello", RULES, NOW)
        assert isinstance(stored, Stored)
        owed = Owed(conversation_id, stored.seq, "hello", "m", 1, NOW)
        claim = desk.claim(database, paul, escalation, RULES, NOW)
        answer = turns.answer(database, owed, spoken, RULES, NOW)
        if number == 0:  # the two orders for sure, then whatever comes
            answered, claimed = await answer, await claim
        elif number == 1:
            claimed, answered = await claim, await answer
        else:
            wait = number % 10
            first, second = (wait, 0) if number % 2 else (0, wait)
            claimed, answered = await asyncio.gather(later(claim, first), later(answer, second))
        assert isinstance(claimed, Done)
        outcomes.add(answered.written)
        async with database.read() as session:
            events = (
                await session.scalars(
                    select(Event)
                    .where(Event.conversation_id == conversation_id)
                    .order_by(Event.seq)
                )
            ).all()
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        since = next(e.seq for e in events if e.data.get("owner") == "staff")
        assert not [e for e in events if e.author == "bot" and e.seq > since]
    assert outcomes == {True, False}
