"""Planted names, numbers, words and secrets, through the whole of Willcall as three real processes.

They are sent on every way in, also on those that fail; nothing of them may be left outside the
database: in a log (at DEBUG), a metric, an error, a file, a command line, or Rasa's memory.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.places import models_folder
from bot.storage.database import Database
from tests.faults.processes import Installation
from tests.security import traces as t
from tests.security.traces import Traces
from tests.stack import Device, RasaProcess, free_port, model_file
from tests.staff import Console, add_staff

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
FEED = {"Authorization": f"Bearer {t.FEED_TOKEN}"}


@pytest.fixture
def installation(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Installation]:
    """All three processes, each telling as much as it can, with a folder for temporary files."""
    folder, temporary = tmp_path / "data", tmp_path / "temporary"
    temporary.mkdir()
    models_folder(folder).mkdir(parents=True)
    model = models_folder(folder) / model_file().name
    shutil.copyfile(model_file(), model)
    shutil.copyfile(sqlite_template, folder / "willcall.sqlite")
    for name, value in {
        "TMPDIR": str(temporary),
        "WILLCALL_LOG_LEVEL": "DEBUG",
        "WILLCALL_RASA_TOKEN": t.RASA_TOKEN,
        "WILLCALL_FEED_TOKEN": t.FEED_TOKEN,
        "WILLCALL_METRICS_TOKEN": t.METRICS_TOKEN,
        "WILLCALL_IDENTITY_FAILURES_PER_CONVERSATION": "9",
    }.items():
        monkeypatch.setenv(name, value)
    rasa = RasaProcess(model, free_port())
    running = Installation(folder, f"sqlite:///{folder / 'willcall.sqlite'}", rasa)
    try:
        rasa.start(folder / "rasa.log")
        running.start()
        yield running
    finally:
        running.stop()
        rasa.kill()


@pytest_asyncio.fixture
async def database(installation: Installation) -> AsyncIterator[Database]:
    """The installation's database, to break it in a moment of our choice."""
    opened = Database(installation.database_url)
    yield opened
    await opened.close()


class Visit:
    """One visit with everything that may go wrong; what is answered to failures is kept."""

    def __init__(
        self, installation: Installation, database: Database, session: aiohttp.ClientSession
    ) -> None:
        self._installation = installation
        self._address = installation.address
        self._database = database
        self._session = session
        self.traces = Traces()
        self.device = Device(session, installation.address)

    async def refused(self, method: str, path: str, status: int, **sent: Any) -> None:
        """Send something that fails in this way."""
        async with self._session.request(method, f"{self._address}{path}", **sent) as response:
            answer = await response.text()
            assert response.status == status, answer
            self.traces.add(f"answer of {method} with {status}", f"{response.headers}{answer}")

    async def records(self) -> None:
        """Records that are refused, then records that are taken."""
        wrong = [
            json.dumps(t.RECORDS[1] | {"date_of_birth": f"{t.NAME} {t.BORN}"}),
            json.dumps(t.RECORDS[3] | {"rx_number": t.RX, "quantity": t.DIRECTIONS}),
            f'{{"type": "patient", "last_name": "{t.NAME}',
            json.dumps(t.RECORDS[4] | {"rx_number": f"{t.RX}9", "state": "ready"}),
        ]
        for body in ("\n".join(wrong), wrong[3], f"{t.NAME}\0"):
            await self.refused("POST", "/feed/v1/records", 422, data=body.encode(), headers=FEED)
        fhir = {"resourceType": "Bundle", "type": t.NAME, "entry": t.BORN}
        kind = {"Content-Type": "application/fhir+json"}
        await self.refused("POST", "/feed/v1/records", 422, json=fhir, headers=FEED | kind)
        taken = "\n".join(map(json.dumps, t.RECORDS)).encode()
        async with self._session.post(
            f"{self._address}/feed/v1/records", data=taken, headers=FEED
        ) as response:
            assert response.status == 200, await response.text()

    async def conversation(self) -> None:
        """What patients write; identity that fails, in the database too, and one that succeeds."""
        device = self.device
        await device.open()
        said = [
            f"is {t.MEDICINE} ready, i am {t.FIRST} {t.NAME} born {t.BORN}",
            f"rx {t.RX}, call 216-555-0198 or come to 77 {t.TYPED}",
        ]
        for message in said:
            assert await device.say(message)
        await self._identity(403, t.IDENTITY | {"last_name": t.STRANGER})
        await self._identity(400, t.IDENTITY | {"date_of_birth": t.NAME})
        await self._without_table("patient", self._identity(503, t.IDENTITY))
        assert (await device.verify(**t.IDENTITY))[0] == 200
        await device.turn_events()
        card = await device.say(f"is my {t.MEDICINE} ready?")
        assert any(t.MEDICINE in str(event) for event in card), card

    async def failures(self) -> None:
        """An action that cannot read, one that crashes over a record, and requests of all kinds."""
        device = self.device
        await self._said_while_broken(
            f"is my {t.MEDICINE} ready?",
            "ALTER TABLE prescription RENAME TO gone",
            "ALTER TABLE gone RENAME TO prescription",
        )
        await self._said_while_broken(
            "when are you open",
            f"UPDATE store SET timezone = '{t.BROKEN}'",
            "UPDATE store SET timezone = 'America/New_York'",
        )
        one = f"/api/v1/conversations/{device.conversation_id}"
        key = {"Authorization": f"Bearer {device.secret}"}
        await self.refused("POST", f"{one}/messages", 400, data=f"{{{t.NAME}", headers=key)
        await self.refused(
            "POST",
            f"{one}/messages",
            413,
            json={"client_id": "x", "text": t.NAME * 300},
            headers=key,
        )
        await self.refused(
            "POST", f"{one}/choices", 404, json={"client_id": "y", "choice_id": t.NAME}, headers=key
        )
        await self.refused("GET", f"/{t.NAMELESS}?name={t.NAME}", 404)
        await self.refused("GET", f"/api/v1/conversations/{t.NAMELESS}/events", 401, headers=key)
        await self.refused("GET", f"{one}/events?after={t.NAME}", 400, headers=key)
        await self.refused("PUT", f"/api/v1/conversations?{t.NAME}", 405, data=t.NAME)
        await device.send({"type": t.NAME, "text": t.NAME})
        self.traces.add("answer to a frame", json.dumps(await device.frame()))

    async def desk(self) -> None:
        """What staff write, look for and mistype."""
        device = self.device
        await device.say("i want to talk to a person")
        await add_staff(self._database, "paul", "pharmacist", password=t.PASSWORD)
        async with Console(self._address) as paul:
            assert (await paul.sign_in(t.NAME, t.PASSWORD))[0] == 401
            assert (await paul.sign_in("paul", t.PASSWORD))[0] == 200
            waiting = (await paul.get("escalations"))[1]["escalations"]
            number = waiting[0]["escalation_id"]
            assert (await paul.post(f"escalations/{number}/claim"))[0] == 200
            one = f"conversations/{device.conversation_id}"
            assert (await paul.post(f"{one}/notes", {"text": f"{t.NOTE} {t.NAME}"}))[0] < 300
            sent = {"client_id": "a", "text": f"{t.REPLY}, {t.FIRST}"}
            assert (await paul.post(f"{one}/messages", sent))[0] < 300
            assert (await paul.post("search", {"q": t.SEARCHED}))[0] == 200
            for path, body in (
                (f"{one}/notes", {"text": [t.NOTE]}),
                ("search", {"q": {t.NAME: 1}}),
            ):
                status, answer = await paul.post(path, body)
                assert status == 400
                self.traces.add("answer to staff", json.dumps(answer))
            renamed = text("ALTER TABLE staff_note RENAME TO gone")
            await self._run(renamed)
            status, answer = await paul.post(f"{one}/notes", {"text": t.NOTE})
            await self._run(text("ALTER TABLE gone RENAME TO staff_note"))
            assert status == 503
            self.traces.add("answer to staff", json.dumps(answer))

    async def without_rasa(self) -> None:
        """What Rasa remembers; then it dies while it is asked."""
        other = Device(self._session, self._address)
        await other.open()
        await other.say(f"{t.STRANGER} wants {t.MEDICINE}")
        rasa = self._installation.rasa
        for device in (self.device, other):
            await self._tracker(f"{rasa.url}/conversations/{device.conversation_id}/tracker")
        self.traces.add("command lines", t.command_lines(self._pids()))
        rasa.kill()
        assert await other.say(f"{t.STRANGER} has no {t.MEDICINE} left")
        await other.close()

    async def figures(self) -> None:
        """The metrics of both processes that have some."""
        for url in (self._address, f"http://127.0.0.1:{self._installation.rasa.actions_port}"):
            key = {"Authorization": f"Bearer {t.METRICS_TOKEN}"}
            async with self._session.get(f"{url}/metrics", headers=key) as response:
                assert response.status == 200
                self.traces.add(f"metrics of {url}", await response.text())

    async def _tracker(self, url: str) -> None:
        async with self._session.get(url) as response:
            assert response.status == 401  # it asks for the token
            self.traces.add("Rasa's refusal", await response.text())
        async with self._session.get(url, params={"token": t.RASA_TOKEN}) as response:
            assert response.status == 200
            self.traces.add("Rasa's memory", await response.text())

    async def _identity(self, status: int, details: dict[str, str]) -> None:
        found, answer = await self.device.verify(**details)
        assert found == status, answer
        self.traces.add(f"identity with {status}", json.dumps(answer))

    async def _without_table(self, table: str, doing: Any) -> None:
        """Do something while a table is missing: the statement fails, with all its values."""
        await self._run(text(f"ALTER TABLE {table} RENAME TO gone"))
        await doing
        await self._run(text(f"ALTER TABLE gone RENAME TO {table}"))

    async def _run(self, statement: Any, **values: str) -> None:
        async with self._database.write() as session:
            await session.execute(statement, values)

    async def _said_while_broken(self, message: str, breaking: str, mending: str) -> None:
        """Write a message that an action fails over; mend the database once that is logged."""
        before = self._failures()
        await self._run(text(breaking))
        waiting = asyncio.create_task(self.device.say(message))
        async with asyncio.timeout(60):
            while self._failures() == before:
                await asyncio.sleep(0.1)
        await self._run(text(mending))
        assert await waiting

    def _failures(self) -> int:
        """How many actions have failed."""
        return self._installation.actions.log().count("ERROR")

    def _pids(self) -> list[int]:
        parts = self._installation
        return [parts.gateway.pid, parts.actions.pid, parts.rasa.pid]


async def test_nothing_is_left_outside_the_database(
    installation: Installation, database: Database, tmp_path: Path
) -> None:
    async with aiohttp.ClientSession() as session:
        visit = Visit(installation, database, session)
        await visit.records()
        await visit.conversation()
        await visit.failures()
        await visit.desk()
        await visit.without_rasa()
        await visit.figures()
        await visit.device.close()
    logs = installation.gateway.log() + installation.actions.log()
    folder = installation.folder
    stored = [*folder.glob("willcall.sqlite*")]
    traces = visit.traces
    traces.add_files(folder, besides=stored)
    traces.add_files(tmp_path / "temporary")
    # The visit was one with failures, and they were logged; the files that were read are real.
    assert logs.count("ERROR") >= 4, logs
    assert {"gateway.log", "actions.log", "rasa.log"} <= {Path(name).name for name in traces.texts}
    assert any(name.endswith(".tar.gz") for name in traces.texts)
    # What is found where it belongs would be found elsewhere.
    kept = "".join(path.read_bytes().decode("latin-1") for path in stored)
    assert all(word in kept for word in (t.NAME, t.MEDICINE, t.NOTE, t.REPLY))
    assert list(traces.found()) == []


async def test_what_is_looked_for_is_found(tmp_path: Path) -> None:
    """The search itself can fail."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.log").write_text(f"before {t.NAME.upper()} after")
    (folder / f"{t.NAMELESS}.txt").write_text("")
    traces = Traces()
    await asyncio.to_thread(traces.add_files, folder)
    traces.add("answer", f"{{{t.RX}}}")
    assert set(traces.found()) == {
        ("data/a.log", t.NAME), (f"data/{t.NAMELESS}.txt", t.NAMELESS), ("answer", t.RX),
    }  # fmt: skip
