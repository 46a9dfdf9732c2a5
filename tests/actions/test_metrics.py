"""What the action server counts, logs and tells Prometheus, over its real interface."""

import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from bot.actions.server import build_action_server
from bot.bootstrap import build, utc_now
from bot.settings import Settings
from bot.storage.database import Database
from tests.stack import current_application, free_port, serving
from tests.test_logs import Kept

NAME = "action_small_talk"
CANARY = "Quillfeather"


def call(text: str) -> dict[str, Any]:
    """What Rasa sends for a message of a conversation that is not there."""
    message = {"text": text, "intent": {"name": "greet", "confidence": 1.0}, "entities": []}
    return {
        "next_action": NAME,
        "sender_id": "nobody",
        "domain": {},
        "tracker": {"sender_id": "nobody", "slots": {}, "latest_message": message, "events": []},
    }


async def counted(session: aiohttp.ClientSession, address: str) -> dict[str, float]:
    """How often the action has ended in each way, since this process began."""
    async with session.get(f"{address}/metrics") as response:
        assert response.content_type == "text/plain"
        families = list(text_string_to_metric_families(await response.text()))
    return {
        sample.labels["outcome"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == "willcall_actions_total" and sample.labels["action"] == NAME
    }


async def after_one(folder: Path, url: str, **headers: str) -> dict[str, float]:
    """What one call adds to the counts."""
    app = build(Settings(data_dir=folder), utc_now, Database(url))
    with current_application(app):
        async with (
            serving(build_action_server(), free_port()) as address,
            aiohttp.ClientSession() as session,
        ):
            before = await counted(session, address)
            async with session.post(
                f"{address}/webhook", json=call(CANARY), headers=headers
            ) as response:
                assert response.status == 200
            after = await counted(session, address)
    await app.database.close()
    grown = {outcome: after[outcome] - before.get(outcome, 0) for outcome in after}
    return {outcome: many for outcome, many in grown.items() if many}


async def test_an_action_is_counted_and_logged_under_the_turns_id(
    tmp_path: Path, database_url: str
) -> None:
    kept, log = Kept("json"), logging.getLogger("bot.actions")
    level = log.level
    log.addHandler(kept)
    log.setLevel(logging.DEBUG)
    try:
        grown = await after_one(tmp_path, database_url, **{"X-Request-ID": "turn-7"})
    finally:
        log.removeHandler(kept)
        log.setLevel(level)
    assert grown == {"answered": 1}
    (line,) = map(json.loads, kept.lines)
    assert (line["message"], line["request_id"]) == ("action run", "turn-7")
    assert (line["action"], line["outcome"]) == (NAME, "answered")
    assert CANARY not in kept.lines[0]


async def test_records_that_cannot_be_read_are_counted_apart(tmp_path: Path) -> None:
    grown = await after_one(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    assert grown == {"database": 1}
