"""docs/feed.md describes exactly what the feed takes."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.feed import formats
from bot.feed.json_lines import read
from bot.pharmacy.fill_states import FILL_STATES
from bot.pharmacy.refill_decisions import REASONS
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.record_tables import RECORD_TABLES
from bot.storage.records import RefillRequest

PAGE = (Path(__file__).parents[2] / "docs" / "feed.md").read_text("utf-8")
EXAMPLES = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
SECTIONS = {section.split("\n", 1)[0]: section for section in PAGE.split("\n## ")[1:]}
RECORDS = [
    model
    for model in vars(formats).values()
    if isinstance(model, type) and model.__name__.endswith("Record")
]


async def test_the_examples_can_be_imported(database: Database) -> None:
    now = datetime.now(UTC)
    decisions = [text for text in EXAMPLES if json.loads(text)["type"] == "refill_request"]
    batch = read(text for text in EXAMPLES if text not in decisions)
    report = await import_records(database, batch, now)
    assert report.written == dict.fromkeys(RECORD_TABLES, 1)
    assert report.warnings == ()
    async with database.write() as session:
        session.add(
            RefillRequest(rx_number="7001001", kind="refill", status="placed", placed_at=now)
        )
    report = await import_records(database, read(decisions), now)
    assert report.written == {"refill_request": 1}
    assert report.warnings == ()


@pytest.mark.parametrize("model", RECORDS, ids=lambda model: model.__name__)
def test_every_field_is_described_and_in_the_example(model: type[formats.StoreRecord]) -> None:
    (record_type,) = [name for name in SECTIONS if _type(model) == name]
    section = SECTIONS[record_type]
    (example,) = [json.loads(text) for text in EXAMPLES if json.loads(text)["type"] == record_type]
    table = section.split("```", 1)[0]
    for field in model.model_fields:
        assert field in example
        assert field == "type" or re.search(rf"\b{field}\b", table), field


def test_every_state_and_reason_is_listed() -> None:
    table = re.search(r"<!-- states -->\n(.*?)<!-- /states -->", PAGE, re.DOTALL)
    assert table is not None
    rows = [line.split("|")[1:3] for line in table[1].splitlines()[2:]]
    listed = {
        re.findall(r"\w+", state)[0]: tuple(re.findall(r"\w+", reasons)) for state, reasons in rows
    }
    assert listed == {state.name: state.reasons for state in FILL_STATES.values()}


def test_every_reason_of_a_decision_is_listed() -> None:
    listed = re.search(r"<!-- reasons -->\n(.*?)<!-- /reasons -->", PAGE, re.DOTALL)
    assert listed is not None
    assert tuple(re.findall(r"`(\w+)`", listed[1])) == REASONS


def _type(model: type[formats.StoreRecord]) -> str:
    words = re.findall(r"[A-Z][a-z]+", model.__name__.removesuffix("Record"))
    return "_".join(words).lower()
