"""The database opens when other processes open it in the same moment."""

import asyncio
from pathlib import Path

from sqlalchemy import text

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
