"""What each measurement of Rasa stands on: records, an action server, both models."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from sqlalchemy import select

from bench.engine_servers import Engine, serving
from bench.people import Chat, chats
from bench.processes import Running, actions
from bot.feed.demo import demo_records
from bot.feed.json_lines import read
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.records import Patient
from bot.storage.schema import migrate
from tests.stack import Device, free_port

PATIENT = "Carter"


@dataclass(frozen=True)
class House:
    """The demonstration pharmacy in SQLite with a running action server."""

    database: Database
    folder: Path
    session: aiohttp.ClientSession
    actions: Running
    patient_id: str

    async def chats(self, count: int) -> list[Chat]:
        """New conversations of the verified patient."""
        return await chats(self.database, count, datetime.now(UTC), [self.patient_id])

    @asynccontextmanager
    async def engine(self, engine: Engine) -> AsyncIterator[Running]:
        """Rasa, which has answered this patient once."""
        first = (await self.chats(1))[0]
        async with serving(
            engine, self.session, free_port(), self.actions.url, self.folder, first.conversation_id
        ) as running:
            yield running


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """The pharmacy, in a folder that is empty."""
    url = f"sqlite:///{folder}/bench.sqlite"
    database = Database(url)
    try:
        patient_id = await demo_pharmacy(database)
        async with (
            aiohttp.ClientSession() as session,
            actions(session, folder, url, free_port()) as server,
        ):
            yield House(database, folder, session, server, patient_id)
    finally:
        await database.close()


async def connected(home: House, door: Running, chat: Chat) -> Device:
    """The conversation's device, welcomed by the gateway."""
    device = Device(home.session, door.url)
    device.conversation_id, device.secret = chat.conversation_id, chat.secret
    await device.connect()
    return device


async def demo_pharmacy(database: Database) -> str:
    """Write the demonstration records; returns the id of the patient who asks."""
    await migrate(database)
    now = datetime.now(UTC)
    lines = (json.dumps(record) for record in demo_records(now))
    await import_records(database, read(lines), now)
    async with database.read() as session:
        return (
            await session.scalars(select(Patient.patient_id).where(Patient.last_name == PATIENT))
        ).one()
