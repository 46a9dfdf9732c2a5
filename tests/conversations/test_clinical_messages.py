"""As deployed, through the gateway: what becomes of every clinical and urgent kept-back message."""

import asyncio
import json
from datetime import UTC, datetime

import aiohttp
import pytest
import yaml

from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.pharmacy.routes import SERIOUS
from bot.places import ROOT
from bot.services.records import import_records
from bot.storage.database import Database
from tests.conversations.test_routes import route_of
from tests.stack import Clock, Device, RasaProcess, stack

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
AT_ONCE = 4  # chats side by side


def messages() -> list[tuple[str, str]]:
    """(intent, text) of every kept-back message that people must answer."""
    found = []
    for path in sorted((ROOT / "tests" / "nlu").glob("kept_back*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [(intent, text) for intent in SERIOUS for text in content[intent]]
    return found


@pytest.mark.stack
async def test_each_ends_with_the_pharmacist_the_notice_or_an_approved_text(
    sqlite_url: str, rasa: RasaProcess
) -> None:
    database = Database(sqlite_url)
    lines = (json.dumps(record) for record in demo_records(NOW))
    await import_records(database, json_lines.read(lines), NOW)
    gate = asyncio.Semaphore(AT_ONCE)
    async with (
        stack(
            database, rasa.url, rasa.actions_port, Clock(NOW), new_conversations_per_minute=10_000
        ) as (address, _),
        aiohttp.ClientSession() as session,
    ):

        async def ask(intent: str, text: str) -> tuple[str, str, str, str]:
            async with gate:
                device = Device(session, address)
                await device.open()
                events = await device.say(text)
                await device.close()
                route = await route_of(database, device.conversation_id, events)
                said = " ".join(event["text"] for event in events if event["author"] != "patient")
                return intent, text, route, said

        ended = await asyncio.gather(*(ask(intent, text) for intent, text in messages()))
    await database.close()
    wrong = [
        (intent, text, route, said)
        for intent, text, route, said in ended
        # A text with its source and the date of its approval is the bot's to give.
        if route not in ("pharmacist", "urgent") and "approved" not in said.lower()
    ]
    assert len(ended) >= 200
    assert wrong == []
