"""Planted names, medicines and details, followed through the logs and metrics of real processes.

A gateway, an action server and Rasa run as processes of their own, at the level DEBUG. Patients
verify, ask, fail, raise an alarm; then the records break, so that exceptions quote statements.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.feed import json_lines
from bot.services.records import import_records
from bot.storage.database import Database
from tests.faults.processes import Installation
from tests.feed import examples
from tests.stack import Device, RasaProcess, free_port, model_file
from tests.staff import at_the_desk

pytestmark = pytest.mark.stack

TOKEN = "a-token-for-prometheus"
PATIENT = examples.PATIENT | {
    "first_name": "Zebedee", "last_name": "Quillfeather", "date_of_birth": "1961-07-31",
    "phone": "216-555-0198",
}  # fmt: skip
PRODUCT = examples.PRODUCT | {
    "generic_name": "zyrquexatrol", "brand_names": ["Vandelmox"], "strength": "13 mg",
}  # fmt: skip
PRESCRIPTION = examples.PRESCRIPTION | {
    "rx_number": "7709118", "status": "active", "directions": "Take with larkspur water.",
    "prescriber_name": "Dr. Nakagaweza",
}  # fmt: skip
FILL = examples.FILL | {"rx_number": "7709118", "state": "ready", "reason": None}
RECORDS = (examples.STORE, PATIENT, PRODUCT, PRESCRIPTION, FILL)
CANARIES = (
    "zebedee", "quillfeather", "1961-07-31", "216-555-0198", "2165550198", "zyrquexatrol",
    "vandelmox", "7709118", "larkspur", "nakagaweza", "snorkelfish", "canary.example",
)  # fmt: skip
SAID = (
    "is my zyrquexatrol ready",
    "i am Zebedee Quillfeather born 1961-07-31, phone 216-555-0198, rx 7709118",
    "snorkelfish snorkelfish zebedee@canary.example",
    "can i take vandelmox with snorkelfish juice",
)
IDENTITY = {
    "last_name": "Quillfeather", "date_of_birth": "1961-07-31", "rx_number": "7709118",
}  # fmt: skip


@dataclass(frozen=True)
class Watched:
    """The three processes, and what they have logged."""

    installation: Installation
    rasa_log: Path

    def logs(self) -> dict[str, str]:
        parts = self.installation
        rasa = self.rasa_log.read_text(errors="replace")
        return {"gateway": parts.gateway.log(), "actions": parts.actions.log(), "rasa": rasa}

    def lines(self, process: str, message: str) -> list[dict[str, Any]]:
        """The JSON lines of a process with this message."""
        found = map(json.loads, self.logs()[process].splitlines())
        return [line for line in found if line["message"] == message]


@pytest.fixture
def watched(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    """Everything at DEBUG, as JSON, behind a proxy."""
    monkeypatch.setenv("WILLCALL_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("WILLCALL_LOG_FORMAT", "json")
    monkeypatch.setenv("WILLCALL_TRUSTED_PROXIES", "1")
    monkeypatch.setenv("WILLCALL_METRICS_TOKEN", TOKEN)
    rasa, log = RasaProcess(model_file(), free_port()), tmp_path / "rasa.log"
    installation = Installation(tmp_path, sqlite_url, rasa)
    try:
        rasa.start(log)
        installation.start()
        yield Watched(installation, log)
    finally:
        installation.stop()
        rasa.kill()


async def figures(session: aiohttp.ClientSession, watched: Watched) -> str:
    """The metrics of both processes."""
    installation = watched.installation
    told = []
    for address in (installation.address, f"http://127.0.0.1:{installation.rasa.actions_port}"):
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with session.get(f"{address}/metrics", headers=headers) as response:
            assert response.status == 200
            told.append(await response.text())
    return "\n".join(told)


async def test_a_turn_can_be_followed_and_nobody_is_named(watched: Watched) -> None:
    database = Database(watched.installation.database_url)
    now = datetime.now(UTC)
    await import_records(database, json_lines.read(examples.lines(RECORDS)), now)
    address = watched.installation.address
    async with aiohttp.ClientSession() as session:
        device = Device(session, address)
        await device.open()
        for text in SAID[:2]:
            await device.say(text)
        assert (await device.verify(**IDENTITY))[0] == 200
        assert any(event["kind"] == "status_card" for event in await device.turn_events())
        for text in SAID[2:]:
            await device.say(text)
        other = Device(session, address)
        await other.open()
        await other.say("zebedee swallowed the whole bottle of vandelmox")
        async with at_the_desk(database, address, "paul", "pharmacist") as paul:
            _, listing = await paul.get("escalations")
            for row in listing["escalations"]:
                await paul.post(f"escalations/{row['escalation_id']}/claim")
            assert (await paul.post("search", {"q": "snorkelfish"}))[0] == 200
        await _followed(session, address, watched)
        await database.close()
        await _broken(session, address, watched)
        told = "\n".join([*watched.logs().values(), await figures(session, watched)]).casefold()
        ids = [device.conversation_id, other.conversation_id]
    assert [canary for canary in (*CANARIES, *ids) if canary in told] == []
    assert "willcall_action_duration_seconds_bucket" in told


async def _followed(session: aiohttp.ClientSession, address: str, watched: Watched) -> None:
    """One message, by the id that a proxy gave it."""
    device = Device(session, address)
    await device.open()
    async with session.post(
        f"{address}/api/v1/conversations/{device.conversation_id}/messages",
        json={"client_id": "followed", "text": "are you open on sunday"},
        headers={"Authorization": f"Bearer {device.secret}", "X-Request-ID": "followed-1"},
    ) as response:
        assert response.headers["X-Request-ID"] == "followed-1"
    await device.turn_events()
    await device.say("thank you")  # the line about a turn comes after its last frame
    followed = {
        "gateway": watched.lines("gateway", "turn ended"),
        "rasa": watched.lines("rasa", "message answered"),
        "actions": watched.lines("actions", "action run"),
    }
    for process, lines in followed.items():
        assert [line["request_id"] for line in lines].count("followed-1") == 1, process
    (action,) = [line for line in followed["actions"] if line["request_id"] == "followed-1"]
    assert (action["action"], action["outcome"]) == ("action_ask_hours", "answered")


async def _broken(session: aiohttp.ClientSession, address: str, watched: Watched) -> None:
    """The records cannot be read any more: everything that asks them fails."""
    connection = sqlite3.connect(watched.installation.database_url.removeprefix("sqlite:///"))
    for table in ("prescription", "patient", "product", "proxy"):
        connection.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    connection.commit()
    connection.close()
    device = Device(session, address)
    await device.open()
    status, _ = await device.verify(**IDENTITY)
    assert status == 503
    assert watched.lines("gateway", "POST failed: OperationalError")
    await device.send({"type": "message", "client_id": "b", "text": "do you have vandelmox"})
    async with asyncio.timeout(60):
        while not watched.lines("gateway", "a turn waits for the database: OperationalError"):
            await asyncio.sleep(0.1)
    assert watched.lines("actions", "action run")[-1]["outcome"] == "database"
