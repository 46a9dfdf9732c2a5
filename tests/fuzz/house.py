"""A gateway in a process of its own to throw things at, with a pharmacy and staff behind it."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests
from aiohttp import web

from bot import directives as d
from bot.bootstrap import utc_now
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.places import ROOT
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.record_tables import RECORD_TABLES
from tests.gateway.desk import CLINICAL, PERSON
from tests.gateway.engine import Engine, custom, say
from tests.stack import free_port
from tests.staff import add_staff

FEED_TOKEN = "fuzz-feed-token-0123456789"
STAFF = {"tess": "technician", "paul": "pharmacist", "ada": "admin", "sam": "technician"}
START_SECONDS = 120
SETTINGS = {
    "FEED_TOKEN": FEED_TOKEN,
    "IDENTITY_SECONDS": "0",
    "MESSAGES_PER_MINUTE": "100000",
    "NEW_CONVERSATIONS_PER_MINUTE": "100000",
    "SIGN_INS_PER_MINUTE": "100000",
    "ALLOWED_ORIGINS": "https://pharmacy.example",
    "MAX_FEED_BYTES": str(1024 * 1024),
}
CHOICES = d.Choices(
    response="which_medicine",
    options=(d.Option(intent="ask_hours"), d.Option(intent="request_human")),
)


def reply(text: str) -> Any:
    """What the engine answers: something else for each kind of text."""
    match text.split(maxsplit=1)[:1]:
        case ["person"]:
            return custom(PERSON)
        case ["clinical"]:
            return custom(CLINICAL)
        case ["which"]:
            return custom(CHOICES)
        case ["who"]:
            return custom(d.IdentityForm())
        case ["unsure"]:
            return custom(d.Unanswered(intent="ask_price", confidence=0.2))
        case ["broken"]:
            return [{"custom": {"type": "no such directive"}}]
        case _:
            return [say()]


@contextmanager
def scripted_engine() -> Iterator[str]:
    """Rasa's stand-in in a thread of its own; yields its address."""
    loop, port = asyncio.new_event_loop(), free_port()
    engine = Engine()
    engine.reply = reply

    async def serve() -> web.AppRunner:
        runner = web.AppRunner(engine.application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    runner = loop.run_until_complete(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class FuzzedGateway:
    """The process, its database, and what a test may look at from outside."""

    def __init__(self, folder: Path, database_url: str, rasa_url: str, **settings: str) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._counts, self._log = folder / "counts.json", folder / "gateway.log"
        chosen = {
            **SETTINGS,
            "DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "PORT": str(self.port),
            "RASA_URL": rasa_url,
            **settings,
        }
        self._environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "WILLCALL_SUPERVISOR_PID": str(os.getpid()),  # it ends with the tests, however they end
            **{f"WILLCALL_{name}": value for name, value in chosen.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "tests.fuzz.watched_gateway", str(self._counts)]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.alive():
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def alive(self) -> bool:
        """Whether it answers."""
        try:
            return requests.get(f"{self.address}/healthz", timeout=10).ok
        except requests.RequestException:
            return False

    def counts(self) -> dict[str, int]:
        """How many objects and blocks of memory it holds."""
        assert self._process is not None
        self._counts.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + START_SECONDS
        while not self._counts.exists():
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.05)
        counts: dict[str, int] = json.loads(self._counts.read_text(encoding="utf-8"))
        return counts

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """End it; what it has still to do does not matter."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def records_in(database_file: Path) -> dict[str, list[str]]:
    """Everything that the feed can write, as it is in an SQLite database now."""
    tables = [table.name for table in RECORD_TABLES.values()] + ["refill_request"]
    with closing(sqlite3.connect(database_file)) as connection:
        return {
            table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}")))
            for table in tables
        }


def furnish(database_url: str) -> None:
    """Write the demonstration pharmacy and the staff into a migrated database."""

    async def write() -> None:
        database = Database(database_url)
        lines = (json.dumps(record) for record in demo_records(utc_now()))
        await import_records(database, json_lines.read(lines), utc_now())
        for username, role in STAFF.items():
            await add_staff(database, username, role)  # type: ignore[arg-type]
        await database.close()

    asyncio.run(write())
