"""What a turn costs the database, and a turn that is claimed as it is stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from bot import directives as d
from bot.services import turns
from bot.services.conversations import Stored, take_message
from bot.services.owed_turns import Owed
from bot.services.questions.known_names import medicine_words
from bot.storage.database import Database
from tests.services.chats import RECORDS, RULES, Chat, opened, records

LEASE = timedelta(seconds=10)
OPTIONS = (d.Option(intent="ask_hours"), d.Option(intent="ask_pickup_rules"))
SPOKEN = (
    d.Understood(intent="ask_hours", confidence=0.9),
    d.Say(response="greet"),
    d.Choices(response="what_next", options=OPTIONS),
)


@contextmanager
def sent(database: Database) -> Iterator[list[str]]:
    """What the database is asked meanwhile, commits included."""
    seen: list[str] = []

    def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        seen.append(text)

    def commit(_connection: Any) -> None:
        seen.append("COMMIT")

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", statement)
    event.listen(engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", statement)
        event.remove(engine, "commit", commit)


async def says(chat: Chat, client_id: str, lease: timedelta | None = LEASE) -> Stored:
    stored = await take_message(
        chat.database, chat.conversation_id, client_id, "is it open", RULES, chat.now, lease
    )
    assert isinstance(stored, Stored)
    assert stored.turn
    return stored


async def claimed(chat: Chat) -> Owed | None:
    return await turns.claim_next(chat.database, chat.conversation_id, LEASE, chat.now)


async def test_a_turn_is_two_transactions(database: Database) -> None:
    chat = await opened(database, verified=True)
    with sent(database) as seen:
        stored = await says(chat, "a")
    assert seen.count("COMMIT") == 1
    assert len(seen) <= 7, "\n".join(seen)
    assert stored.owed is not None
    with sent(database) as seen:
        done = await turns.answer(database, stored.owed, SPOKEN, RULES, chat.now)
    assert (done.written, done.more, done.watched) == (True, False, False)
    assert seen.count("COMMIT") == 1
    assert len(seen) <= 7, "\n".join(seen)


async def test_the_events_that_are_handed_on_are_those_of_the_log(database: Database) -> None:
    chat = await opened(database)
    stored = await says(chat, "a")
    assert stored.owed is not None
    done = await turns.answer(database, stored.owed, SPOKEN, RULES, chat.now)
    assert [*stored.events, *done.events] == await chat.said()


async def test_nobody_else_gets_a_turn_that_is_claimed_until_its_time_is_over(
    database: Database,
) -> None:
    chat = await opened(database)
    stored = await says(chat, "a")
    assert await claimed(chat) is None
    assert await turns.waiting_conversations(database, chat.now) == []
    chat.now += LEASE + timedelta(seconds=1)
    assert await turns.waiting_conversations(database, chat.now) == [chat.conversation_id]
    again = await claimed(chat)
    assert again is not None
    assert (again.seq, again.attempts) == (stored.seq, 2)


async def test_a_turn_behind_another_one_is_not_claimed(database: Database) -> None:
    chat = await opened(database)
    first, second = await says(chat, "a"), await says(chat, "b")
    assert first.owed is not None
    assert second.owed is None
    done = await turns.answer(database, first.owed, SPOKEN, RULES, chat.now)
    assert done.more
    following = await claimed(chat)
    assert following is not None
    assert following.seq == second.seq


async def test_without_a_lease_it_waits_for_whoever_comes(database: Database) -> None:
    chat = await opened(database)
    assert (await says(chat, "a", lease=None)).owed is None
    assert await turns.waiting_conversations(database, chat.now) == [chat.conversation_id]


async def test_an_answer_comes_once_however_often_it_is_written(database: Database) -> None:
    chat = await opened(database)
    owed = (await says(chat, "a")).owed
    assert owed is not None
    first = await turns.answer(database, owed, SPOKEN, RULES, chat.now)
    again = await turns.answer(database, owed, SPOKEN, RULES, chat.now)
    assert (first.written, again.written, again.events) == (True, False, ())


async def test_the_catalogue_is_read_once_after_each_import(database: Database) -> None:
    await records(database)

    async def reads() -> int:
        with sent(database) as seen:
            async with database.read() as session:
                words = await medicine_words(session)
        assert "lisinopril" in words
        return sum("FROM product" in statement for statement in seen)

    assert [await reads(), await reads()] == [1, 0]
    await records(database, *RECORDS)
    assert [await reads(), await reads()] == [1, 0]
