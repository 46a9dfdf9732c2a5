"""SQLite with one change of thread for a statement, and all that a transaction promises."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.storage import database as opening
from bot.storage.database import Database
from bot.storage.sqlite_driver import OneStepConnection


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    async with database.write() as session:
        await session.execute(text("CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT UNIQUE)"))
    yield database
    await database.close()


async def words(database: Database) -> list[str]:
    async with database.read() as session:
        return list(await session.scalars(text("SELECT word FROM kept ORDER BY id")))


async def test_each_statement_changes_the_thread_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await words(database)
    real = OneStepConnection.in_its_thread
    steps = 0

    async def counted(self: OneStepConnection, work: object) -> object:
        nonlocal steps
        steps += 1
        return await real(self, work)  # type: ignore[arg-type]

    monkeypatch.setattr(OneStepConnection, "in_its_thread", counted)
    async with database.write() as session:
        await session.execute(text("INSERT INTO kept (word) VALUES ('a')"))
        assert (await session.execute(text("SELECT word FROM kept"))).scalars().all() == ["a"]
    assert steps == 2  # the BEGIN goes along with the first


async def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO kept (word) VALUES ('a')"))
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await fail()
    assert await words(database) == []


async def test_a_statement_that_fails_leaves_nothing_and_the_connection_goes_on(
    database: Database,
) -> None:
    async def twice() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO kept (word) VALUES ('a')"))
            await session.execute(text("INSERT INTO kept (word) VALUES ('a')"))

    with pytest.raises(IntegrityError):
        await twice()
    async with database.write() as session:
        await session.execute(
            text("INSERT INTO kept (word) VALUES (:word)"), [{"word": w} for w in "bc"]
        )
    assert await words(database) == ["b", "c"]


async def test_a_writer_keeps_others_out_from_its_first_look(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_TIMEOUT", 0)
    other = Database(f"sqlite:///{tmp_path}/x.db")
    try:
        async with database.write() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(OperationalError, match="locked"):
                async with other.write() as second:
                    await second.execute(text("SELECT 1"))
            assert await words(other) == []
    finally:
        await other.close()


async def test_nothing_done_is_nothing_begun(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path}/x.db")
    try:
        async with database.write(), other.write() as second:
            await second.execute(text("INSERT INTO kept (word) VALUES ('a')"))
    finally:
        await other.close()
    assert await words(database) == ["a"]


async def test_a_reader_sees_one_moment(database: Database) -> None:
    async with database.read() as session:
        assert (await session.scalar(text("SELECT count(*) FROM kept"))) == 0
        async with database.write() as writer:
            await writer.execute(text("INSERT INTO kept (word) VALUES ('a')"))
        assert (await session.scalar(text("SELECT count(*) FROM kept"))) == 0
    assert await words(database) == ["a"]


async def test_every_commit_is_on_the_disk(database: Database) -> None:
    async with database.read() as session:
        assert await session.scalar(text("PRAGMA synchronous")) == 2  # FULL
