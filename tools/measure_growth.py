"""Measures what 1,000 conversations add to the database: `python -m tools.measure_growth`.

Each has a sign-in by the identity form and four questions, answered by the trained model and the
demonstration pharmacy. A fixed number is held on a fresh SQLite file and a fresh PostgreSQL
database; the growth is read from their sizes, indexes included, and scaled to 1,000.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
from pathlib import Path

import aiohttp
import psycopg

from bot.bootstrap import utc_now
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.schema import migrate
from tests.postgres import private_cluster
from tests.stack import Device, RasaProcess, free_port, model_file, stack

CONVERSATIONS = 200
AT_ONCE = 4
IDENTITY = {"last_name": "Carter", "date_of_birth": "1961-03-04", "rx_number": "7001001"}
QUESTIONS = (
    "is my lisinopril ready",
    "what about the metformin",
    "how many refills do i have left on it",
    "when are you open on sunday",
)


async def talk(session: aiohttp.ClientSession, address: str) -> None:
    device = Device(session, address)
    await device.open()
    await device.say(QUESTIONS[0])
    status, body = await device.verify(**IDENTITY)
    assert status == 200, body
    await device.turn_events()
    for question in QUESTIONS[1:]:
        await device.say(question)
    await device.close()


async def hold(url: str, rasa: RasaProcess) -> None:
    database = Database(url)
    limits = {"new_conversations_per_minute": 100_000, "messages_per_minute": 1000}
    async with (
        stack(database, rasa.url, rasa.actions_port, utc_now, **limits) as (address, _),
        aiohttp.ClientSession() as session,
    ):
        for _ in range(CONVERSATIONS // AT_ONCE):
            await asyncio.gather(*(talk(session, address) for _ in range(AT_ONCE)))


async def prepare(url: str) -> None:
    database = Database(url)
    await migrate(database)
    now = utc_now()
    lines = (json.dumps(record) for record in demo_records(now))
    await import_records(database, json_lines.read(lines), now)
    await database.close()


def size(url: str) -> int:
    """Bytes of the whole database."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            pages, each = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "page_size")
            )
            return int(pages * each)
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0


def main() -> int:
    """Print a line of JSON for each database."""
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        rasa = RasaProcess(model_file(), free_port())
        rasa.start(Path(folder) / "rasa.log")
        try:
            for url in (f"sqlite:///{folder}/growth.db", cluster.create("growth")):
                asyncio.run(prepare(url))
                before = size(url)
                asyncio.run(hold(url, rasa))
                grown = (size(url) - before) / CONVERSATIONS * 1000 / 1e6
                kind = url.partition(":")[0]
                print(json.dumps({"database": kind, "mb_per_1000": round(grown, 1)}), flush=True)
        finally:
            rasa.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
