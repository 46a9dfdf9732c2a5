"""`willcall parse` tells what the deployed assistant does: both are asked the same things."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import yaml
from sqlalchemy import select

from bot.actions import registry
from bot.actions.server import build_action_server
from bot.cli.model import parse_lines
from bot.feed import json_lines
from bot.pharmacy.routes import HANDOVERS
from bot.places import ROOT
from bot.services.records import import_records
from bot.settings import Settings
from bot.storage.conversations import Escalation
from bot.storage.database import Database
from tests.stack import Clock, Device, RasaProcess, stack

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def _rules() -> dict[str, str]:
    """The action of each intent, as data/rules has it."""
    found: dict[str, str] = {}
    for file in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(file.read_text())["rules"]:
            intent, action = rule["steps"]
            found[intent["intent"]] = action["action"]
    return found


def _examples() -> dict[str, list[str]]:
    """What patients say, by intent, from the training sentences."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(file.read_text())["nlu"]:
            sentences = [line[2:] for line in entry["examples"].splitlines() if line[:2] == "- "]
            found.setdefault(entry["intent"], []).extend(sentences)
    return found


def test_every_intent_of_the_domain_has_one_rule_and_its_action_answers_it() -> None:
    build_action_server()
    domain = yaml.safe_load((ROOT / "domain.yml").read_text())
    rules = _rules()
    assert set(rules) == {*domain["intents"], "nlu_fallback"}
    for intent, action in rules.items():
        answers = registry.action_for(intent)
        assert answers.name() == action, intent
        assert action in domain["actions"], action


def test_every_handover_has_its_sentence_in_both_languages() -> None:
    from bot.wording import load

    for route in HANDOVERS.values():
        for locale in ("en", "es"):
            assert load(locale).has(f"handoff.{route.response}")


@pytest.mark.stack
async def test_parse_and_the_deployed_assistant_agree(sqlite_url: str, rasa: RasaProcess) -> None:
    sentences = [
        *(text for examples in _examples().values() for text in examples[:3]),
        "my son swallowed a bunch of my pills",
        "no puedo respirar",
        '/ask_clinical{"x": 1}',
        "qwrt zxpl vbnm",
        "Thuốc của tôi đã có chưa",
        "wann kann ich mein rezept abholen",
        "dónde está mi pedido",
        "hm",
        "are you open now? also can i take ibuprofen with warfarin",
        "can i take ibuprofen with warfarin? what time do you close?",
    ]
    await _hold_against(sqlite_url, rasa, sentences)


@pytest.mark.stack
async def test_they_agree_about_what_is_approved(sqlite_url: str, rasa: RasaProcess) -> None:
    examples = _examples()
    sentences = [
        *examples["ask_storage"][:60:2],
        *examples["ask_directions"][:60:4],
        "how do i store latanoprost",
        "how do i store amoxicillin",
        "how do i store amoxicillin liquid",
        "how should i store my lisinopril",
        "how do i throw away latanoprost",
        "cómo guardo las gotas de latanoprost en casa",
        "do i take lisinopril with food",
        "se me olvidó una dosis qué hago",
        "i missed a dose of lisinopril what does the label say",
    ]
    lines = (json.dumps(record) for record in _approved())
    database = Database(sqlite_url)
    await import_records(database, json_lines.read(lines), NOW)
    await database.close()
    await _hold_against(sqlite_url, rasa, sentences)


def _approved() -> Iterator[dict[str, Any]]:
    """A small catalogue; for some of it there are approved texts."""
    for number, (name, form) in enumerate(
        [("latanoprost", "eye drops"), ("amoxicillin", "oral suspension"),
         ("amoxicillin", "capsule"), ("lisinopril", "tablet"), ("insulin glargine", "pen")]
    ):  # fmt: skip
        yield {
            "type": "product", "product_id": f"n{number}", "generic_name": name,
            "strength": f"{number + 1} mg", "form": form,
        }  # fmt: skip
    for name, form in (("latanoprost", "eye drops"), ("amoxicillin", "oral suspension")):
        yield {
            "type": "instruction", "instruction_id": name, "generic_name": name, "form": form,
            "topic": "storage", "language": "en", "text": "Keep it cold.", "source": "Label",
            "approved_by": "Dana", "approved_on": "2000-01-01", "review_due_on": "2100-01-01",
        }  # fmt: skip


async def _hold_against(url: str, rasa: RasaProcess, sentences: list[str]) -> None:
    """Ask `willcall parse` and the deployed assistant, on the same records."""
    known = Settings(data_dir=ROOT / "var", database_url=url)
    readings = await asyncio.to_thread(lambda: list(parse_lines(known, sentences)))
    database = Database(url)
    async with (
        stack(
            database, rasa.url, rasa.actions_port, Clock(NOW), new_conversations_per_minute=1000
        ) as (address, _),
        aiohttp.ClientSession() as session,
    ):
        for text, reading in zip(sentences, readings, strict=True):
            device = Device(session, address)
            await device.open()
            events = await device.say(text)
            await device.close()
            done = await route_of(database, device.conversation_id, events)
            assert done == reading["route"], (text, reading["intent"])
    await database.close()


async def route_of(database: Database, conversation_id: str, events: list[dict[str, Any]]) -> str:
    """Who the first message ended with, by what staff have and the patient sees."""
    async with database.read() as session:
        rows = await session.scalars(
            select(Escalation).where(Escalation.conversation_id == conversation_id)
        )
        waiting = list(rows)
    if any(event.get("urgent") for event in events):
        return "urgent"
    if not waiting:
        return "bot"
    assert len(waiting) == 1
    return "urgent" if waiting[0].priority == "urgent" else waiting[0].queue
