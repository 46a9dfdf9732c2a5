"""The database opens beside other processes, and its writers wait for each other."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.storage import database as module
from bot.storage.database import Database


async def test_processes_open_a_new_file_together(tmp_path: Path) -> None:
    """The change to WAL needs the file alone, and SQLite refuses all but one at once.

    About one round in ten met the refusal before the switch was tried again.
    """
    for number in range(100):
        databases = [Database(f"sqlite:///{tmp_path}/{number}.db") for _ in range(4)]
        try:
            await asyncio.gather(*(database.ping() for database in databases))
            async with databases[0].read() as session:
                assert await session.scalar(text("PRAGMA journal_mode")) == "wal"
        finally:
            await asyncio.gather(*(database.close() for database in databases))


async def test_the_writers_of_a_process_come_in_the_order_in_which_they_came(
    tmp_path: Path,
) -> None:
    """SQLite would let in whoever looks first, and have the others sleep."""
    database = Database(f"sqlite:///{tmp_path}/many.db")
    done: list[int] = []

    async def write(number: int) -> None:
        async with database.write() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS seen (number INTEGER)"))
            await session.execute(text(f"INSERT INTO seen VALUES ({number})"))
            done.append(number)

    # More than there are connections: none is held by a writer that waits.
    tasks = [asyncio.create_task(write(number)) for number in range(50)]
    await asyncio.sleep(0)
    async with database.read() as session:
        await session.execute(text("SELECT 1"))
        assert database.connections()["in_use"] <= 2
    await asyncio.gather(*tasks)
    async with database.read() as session:
        rows = (await session.scalars(text("SELECT number FROM seen ORDER BY rowid"))).all()
    await database.close()
    assert rows == done == list(range(50))


async def test_a_writer_that_waits_too_long_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BUSY_TIMEOUT", 0.1)
    database = Database(f"sqlite:///{tmp_path}/held.db")
    async with database.write() as session:
        await session.execute(text("CREATE TABLE seen (number INTEGER)"))
        with pytest.raises(OperationalError, match="database is locked"):
            async with database.write():
                pass
    # The one that gave up leaves the way free.
    async with database.write() as session:
        await session.execute(text("INSERT INTO seen VALUES (1)"))
    await database.close()


def test_each_event_loop_has_its_own_queue(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/loops.db")

    async def write_twice() -> None:
        async def write() -> None:
            async with database.write() as session:
                await session.execute(text("CREATE TABLE IF NOT EXISTS seen (number INTEGER)"))

        await asyncio.gather(write(), write())
        await database.close()

    asyncio.run(write_twice())
    asyncio.run(write_twice())
