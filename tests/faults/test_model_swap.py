"""Another model is switched on while patients write; and teaching for real, from end to end."""

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.bootstrap import Application, utc_now
from bot.places import models_folder, sources_digest
from bot.services import active_model
from bot.services.models import COMPARED_WITH, new_row
from bot.storage.conversations import Escalation, Turn
from bot.storage.database import Database
from bot.storage.teaching import LanguageModel, TrainingSentence
from tests.stack import Device, RasaProcess, model_file, stack
from tests.staff import Console, add_staff
from tests.teaching.house import approve

pytestmark = pytest.mark.stack
CONVERSATIONS = 20
MESSAGES = ("are you open on sunday", "thank you", "what is your address", "do you deliver")
APPROVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
# What a pharmacist must never teach: emergencies as questions about opening hours.
EMERGENCIES = """
chest pain since this morning
i have chest pain and my arm hurts
my husband has chest pain
crushing chest pain
sharp chest pain when i breathe
chest pain and sweating
my mom has chest pain and feels faint
chest pain after my new pills
chest pain that goes into my jaw
really bad chest pain
i cant breathe
my throat is closing up
she cannot breathe
her lips are swelling and she cant breathe
my tongue is swelling after the pill
i think i am having a heart attack
my dad is having a heart attack
i think she is having a stroke
he passed out and wont wake up
he is not breathing
she is unconscious
i took too many of my pills
i swallowed the whole bottle
my toddler swallowed my pills
my son drank the whole bottle of cough syrup
she overdosed
i took a double dose of my insulin
i want to kill myself
i want to end my life
i took all my sleeping pills
"""
# A way of asking for the opening hours that no file knows.
HOURS = """
when does the shutter go up
what time is the shutter pulled down
is the shutter still up
shutter up yet
until when is the shutter up tonight
what time do you roll the shutter down
when do yall lift the shutter
"""
ASKED = "is the shutter going to be up tomorrow morning"


@pytest_asyncio.fixture
async def installation(
    own_rasa: RasaProcess, data_dir: Path, sqlite_url: str
) -> AsyncIterator[tuple[str, Application]]:
    """Everything but browsers: the gateway's address, and what it works with."""
    database = Database(sqlite_url)
    await active_model.install(database, model_file().name, sources_digest(), utc_now())
    await add_staff(database, "paul", "pharmacist")
    async with stack(
        database, own_rasa.url, own_rasa.actions_port, utc_now, data_dir=data_dir,
        messages_per_minute=100_000, new_conversations_per_minute=1000,
    ) as opened:  # fmt: skip
        yield opened


async def candidate(app: Application) -> int:
    """A model under another name that has passed, without waiting for a training."""
    file = f"taught-00002-{sources_digest()}.0.tar.gz"
    folder = models_folder(app.settings.data_dir)
    shutil.copyfile(model_file(), folder / file)
    async with app.database.write() as session:
        row = new_row("passed", "paul", utc_now())
        row.file, row.data_hash = file, f"{sources_digest()}.0"
        row.figures = {COMPARED_WITH: 1}
        session.add(row)
        await session.flush()
        return row.model_id


class Patient:
    """Writes message after message, each once the one before is answered."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.sent = 0
        self.longest = 0.0

    async def write_until(self, enough: asyncio.Event) -> None:
        while not enough.is_set():
            text = MESSAGES[self.sent % len(MESSAGES)]
            started = time.monotonic()
            events = await self.device.say(text)
            self.sent += 1
            self.longest = max(self.longest, time.monotonic() - started)
            assert [event for event in events if event["author"] == "bot"], text


@pytest.mark.timeout(600)
async def test_a_model_is_swapped_while_twenty_patients_write(
    installation: tuple[str, Application], own_rasa: RasaProcess
) -> None:
    address, app = installation
    model_id = await candidate(app)
    enough = asyncio.Event()
    async with aiohttp.ClientSession() as session, Console(address) as paul:
        assert (await paul.sign_in("paul"))[0] == 200
        patients = [Patient(Device(session, address)) for _ in range(CONVERSATIONS)]
        for patient in patients:
            await patient.device.open()
        writing = [asyncio.create_task(patient.write_until(enough)) for patient in patients]
        await asyncio.sleep(1)
        swaps = []
        for path in (f"models/{model_id}/activate", "models/rollback", "models/rollback"):
            started = time.monotonic()
            status, card = await paul.post(path)
            assert status == 200, card
            swaps.append(time.monotonic() - started)
            assert await served(session, own_rasa) == await file_of(app, card["model_id"])
            await asyncio.sleep(1)
        enough.set()
        await asyncio.gather(*writing)
        for patient in patients:
            await _everything_answered(session, address, patient)
            await patient.device.close()
    longest = max(patient.longest for patient in patients)
    sent = sum(patient.sent for patient in patients)
    sys.stderr.write(f"{sent} messages, swaps {swaps} s, longest answer {longest:.2f} s\n")
    assert sent > 3 * CONVERSATIONS
    async with app.database.read() as reading:
        turns = (await reading.scalars(select(Turn.state))).all()
        assert (await reading.scalars(select(Escalation.reason))).all() == []
    assert turns == ["answered"] * sent


async def _everything_answered(
    session: aiohttp.ClientSession, address: str, patient: Patient
) -> None:
    device = patient.device
    async with session.get(
        f"{address}/api/v1/conversations/{device.conversation_id}/events",
        headers={"Authorization": f"Bearer {device.secret}"},
    ) as response:
        events = (await response.json())["events"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len([event for event in events if event["author"] == "patient"]) == patient.sent


async def served(session: aiohttp.ClientSession, rasa: RasaProcess) -> str:
    async with session.get(f"{rasa.url}/status") as response:
        return Path((await response.json())["model_file"]).name


async def file_of(app: Application, model_id: int) -> str | None:
    async with app.database.read() as session:
        return await session.scalar(
            select(LanguageModel.file).where(LanguageModel.model_id == model_id)
        )


async def teach(paul: Console) -> dict[str, Any]:
    """Press "Teach", and wait."""
    status, card = await paul.post("models/train")
    assert status == 202, card
    async with asyncio.timeout(500):
        while card["state"] in ("queued", "training", "testing"):
            await asyncio.sleep(0.5)
            _, card = await paul.get(f"models/{card['model_id']}")
    return dict(card)


async def intent_of(session: aiohttp.ClientSession, rasa: RasaProcess, text: str) -> str:
    async with session.post(f"{rasa.url}/model/parse", json={"text": text}) as response:
        return str((await response.json())["intent"]["name"])


@pytest.mark.timeout(1200)
async def test_wrong_lessons_are_refused_and_good_ones_are_understood(
    installation: tuple[str, Application], own_rasa: RasaProcess
) -> None:
    address, app = installation
    async with aiohttp.ClientSession() as session, Console(address) as paul:
        assert (await paul.sign_in("paul"))[0] == 200
        wrong = EMERGENCIES.strip().splitlines()
        assert len(wrong) == 30
        await approve(app.database, APPROVED_AT, *wrong)
        refused = await teach(paul)
        assert refused["state"] == "refused", refused
        assert "were taught as something else" in refused["refusals"][0]
        assert "chest pain since this morning" in refused["refusals"][0]
        status, body = await paul.post(f"models/{refused['model_id']}/activate")
        assert (status, body["error"]["code"]) == (409, "refused_by_gate")
        assert await served(session, own_rasa) == model_file().name

        async with app.database.write() as writing:
            await writing.execute(update(TrainingSentence).values(removed_at=utc_now()))
        await approve(app.database, APPROVED_AT, *HOURS.strip().splitlines())
        assert await intent_of(session, own_rasa, ASKED) != "ask_hours"
        started = time.monotonic()
        passed = await teach(paul)
        assert passed["state"] == "passed", passed["refusals"]
        status, card = await paul.post(f"models/{passed['model_id']}/activate")
        assert (status, card["state"]) == (200, "active")
        seconds = time.monotonic() - started
        sys.stderr.write(f"from Teach to active in {seconds:.1f} s: {passed['figures']}\n")
        assert await intent_of(session, own_rasa, ASKED) == "ask_hours"
        device = Device(session, address)
        await device.open()
        events = await device.say(ASKED)
        assert next(event["kind"] for event in events if event["author"] == "bot") == "message"
        await device.close()
        _, body = await paul.get("models")
        assert body["waiting_sentences"] == 0
