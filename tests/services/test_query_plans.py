"""A million prescriptions must not slow an answer: what a turn reads, it finds by an index."""

from datetime import date, timedelta

import pytest_asyncio
from sqlalchemy import select

from bot import directives as d
from bot.pharmacy.identity_policy import Claim
from bot.services import (
    access,
    alerts,
    announcements,
    desk_reading,
    desk_views,
    turns,
    waits,
)
from bot.services.audit import Actor
from bot.services.conversations import take_message
from bot.services.event_log import read_after
from bot.services.prescriptions import status_card
from bot.services.refill_facts import open_request
from bot.storage.database import Database
from bot.storage.records import Patient
from tests.feed import examples
from tests.plans import overheard, whole_tables_read
from tests.services.chats import JAMES, RULES, SATURDAY, Chat, opened, records

LEASE = timedelta(seconds=10)
PAUL = Actor("paul", "Paul Kim", "pharmacist")
BY_NUMBER = Claim.of("Carter", date(1968, 12, 24), "7001001", None)


@pytest_asyncio.fixture
async def chat(database: Database) -> Chat:
    chat = await opened(database)
    await records(database, examples.FILL)
    return chat


async def ask(chat: Chat, client_id: str, text: str, *spoken: d.Directive) -> None:
    """A message of the patient's, and the bot's answer to it."""
    stored = await take_message(
        chat.database, chat.conversation_id, client_id, text, RULES, chat.now, LEASE
    )
    owed = getattr(stored, "owed", None)
    assert owed is not None
    assert (await turns.answer(chat.database, owed, spoken, RULES, chat.now)).written


async def test_identity(chat: Chat, database: Database) -> None:
    with overheard(database) as heard:
        for claim in (BY_NUMBER, JAMES):
            await chat.verify(claim)
    assert len(heard.sent) > 5
    assert await whole_tables_read(database, heard) == {}


async def test_a_status_turn(chat: Chat, database: Database) -> None:
    await chat.verify()
    await turns.release_all(database)
    await take_message(database, chat.conversation_id, "c0", "hello", RULES, chat.now)
    with overheard(database) as heard:
        async with database.read() as session:
            asker = await access.asker(session, chat.conversation_id, chat.now)
            assert asker is not None
            (view, *_) = await access.visible_prescriptions(session, asker.grants)
            await open_request(session, view, chat.now)
            assert view.fill is not None
            with session.no_autoflush:  # each of these is told from other records
                for state in ("ready", "pa_pending", "renewal_requested", "out_of_stock"):
                    view.fill.state = state
                    await status_card(session, view, view.fill, chat.now)
            await read_after(session, chat.conversation_id, 0)
    assert len(heard.sent) > 5
    assert await whole_tables_read(database, heard) == {}


async def test_messages_and_answers(chat: Chat, database: Database) -> None:
    options = (d.Option(intent="ask_hours"), d.Option(intent="ask_pickup_rules"))
    with overheard(database) as heard:
        await ask(chat, "c1", "is it ready", d.Choices(response="what_next", options=options))
        unanswered = (d.Unanswered(), d.Say(response="greet"))
        await ask(chat, "c2", "does Maria Lopez have my paper", *unanswered)
        await chat.hand_over()
        await take_message(database, chat.conversation_id, "c3", "and now", RULES, chat.now, LEASE)
    assert len(heard.sent) > 15
    assert await whole_tables_read(database, heard) == {}


async def test_the_desk(chat: Chat, database: Database) -> None:
    await chat.verify()
    await chat.hand_over()
    with overheard(database) as heard:
        async with database.read() as session:
            for state in (None, "waiting", "claimed", "closed"):
                for mine in (False, True):
                    await desk_views.listed(session, PAUL, state, mine=mine, now=chat.now)
            await waits.places(session, [chat.conversation_id], chat.now)
        await desk_reading.read(database, PAUL, chat.conversation_id, None, chat.now)
    assert len(heard.sent) > 10
    assert await whole_tables_read(database, heard) == {}


async def test_what_is_looked_for_every_second(chat: Chat, database: Database) -> None:
    with overheard(database) as heard:
        await turns.waiting_conversations(database, SATURDAY)
        await announcements.waiting_conversations(database, SATURDAY)
        await alerts.due(database, SATURDAY)
    assert len(heard.sent) >= 3
    assert await whole_tables_read(database, heard) == {}


async def test_a_table_that_is_read_as_a_whole_is_found(database: Database) -> None:
    with overheard(database) as heard:
        async with database.read() as session:
            await session.scalars(select(Patient.phone).where(Patient.language == "es"))
    assert list((await whole_tables_read(database, heard)).values()) == [["patient"]]
