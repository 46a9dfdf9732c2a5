"""Plain rows are written with each flush, in order, and are as much part of the transaction."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.admission import open_conversation
from bot.storage.conversations import Choice, Conversation
from bot.storage.database import Database
from bot.storage.plain_rows import add_row

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def offer(session: AsyncSession, conversation_id: str, choice_id: str) -> None:
    add_row(
        session, Choice, choice_id=choice_id, conversation_id=conversation_id, seq=1, label="x",
        intent="greet",
    )  # fmt: skip


async def offered(database: Database) -> int:
    async with database.read() as session:
        return await session.scalar(select(func.count()).select_from(Choice)) or 0


async def test_a_query_finds_them_before_the_commit(database: Database) -> None:
    chat = (await open_conversation(database, "en", NOW)).conversation_id
    async with database.write() as session:
        offer(session, chat, "a")
        offer(session, chat, "b")
        rows = await session.scalars(select(Choice.choice_id).order_by(Choice.choice_id))
        assert rows.all() == ["a", "b"]
        offer(session, chat, "c")
    assert await offered(database) == 3


async def test_they_are_written_though_nothing_else_has_changed(database: Database) -> None:
    chat = (await open_conversation(database, "en", NOW)).conversation_id
    async with database.write() as session:
        offer(session, chat, "a")
    assert await offered(database) == 1


async def test_they_come_after_what_they_refer_to(database: Database) -> None:
    async with database.write() as session:
        offer(session, "new", "a")
        session.add(
            Conversation(
                conversation_id="new", secret_hash="x", locale="en", owner="bot", version=0,
                last_seq=0, seen_seq=0, memory={}, identity_failures=0, opened_at=NOW,
                last_patient_at=NOW,
            )
        )  # fmt: skip
    assert await offered(database) == 1


async def test_they_go_with_the_transaction(database: Database) -> None:
    chat = (await open_conversation(database, "en", NOW)).conversation_id

    async def fail() -> None:
        async with database.write() as session:
            offer(session, chat, "a")
            await session.flush()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    assert await offered(database) == 0
