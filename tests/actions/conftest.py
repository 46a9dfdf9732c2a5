"""What the tests of actions share."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.actions.server import build_action_server
from bot.bootstrap import build
from bot.feed import json_lines
from bot.services.admission import open_conversation
from bot.services.records import import_records
from bot.settings import Settings
from bot.storage.conversations import Verification
from bot.storage.database import Database
from tests.actions.counter import NOW, RECORDS, Counter
from tests.stack import Clock, current_application, free_port, serving


@pytest.fixture
async def counter(database: Database, tmp_path: Path) -> AsyncIterator[Counter]:
    clock = Clock(NOW)
    app = build(Settings(data_dir=tmp_path), clock, database)
    await import_records(database, json_lines.read(map(json.dumps, RECORDS)), NOW)
    opened = await open_conversation(database, "en", NOW)
    async with database.write() as session:
        session.add(
            Verification(
                conversation_id=opened.conversation_id, patient_id="p", verified_at=NOW,
                expires_at=NOW + timedelta(days=60),
            )
        )  # fmt: skip
    with current_application(app):
        async with (
            serving(build_action_server(), free_port()) as address,
            aiohttp.ClientSession() as http,
        ):
            yield Counter(app, clock, opened.conversation_id, http, address)
