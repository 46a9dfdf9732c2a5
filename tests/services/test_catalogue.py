"""A medicine of the pharmacy is found in what a patient types, by whoever asks first."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event

from bot.feed.json_lines import read
from bot.services.catalogue import Catalogue
from bot.services.records import import_records
from bot.storage.database import Database
from tests.feed.examples import FeedRecord, lines

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def product(key: str, name: str) -> FeedRecord:
    return {
        "type": "product", "product_id": key, "generic_name": name, "strength": "10 mg",
        "form": "tablet",
    }  # fmt: skip


async def names(catalogue: Catalogue, database: Database, text: str) -> list[str]:
    async with database.read() as session:
        found = await catalogue.mentions(session, text)
        return [mention.medicines[0].generic_name for mention in found]


async def test_a_product_that_has_just_come_in_is_found(database: Database) -> None:
    catalogue = Catalogue()
    await import_records(database, read(lines([product("p1", "lisinopril")])), NOW)
    assert await names(catalogue, database, "is my lisinopril ready") == ["lisinopril"]
    assert await names(catalogue, database, "is my metformin ready") == []
    await import_records(database, read(lines([product("p2", "metformin")])), NOW)
    assert await names(catalogue, database, "is my metformin ready") == ["metformin"]


async def test_who_asks_while_the_products_are_read_is_not_told_that_there_is_none(
    database: Database,
) -> None:
    """An action server that has just started: two patients ask at the same moment."""
    catalogue = Catalogue()
    await import_records(database, read(lines([product("p1", "lisinopril")])), NOW)
    other: list[asyncio.Task[list[str]]] = []

    def somebody_else_asks(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM product" in statement and not other:
            other.append(asyncio.create_task(names(catalogue, database, "lisinopril")))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", somebody_else_asks)
    try:
        assert await names(catalogue, database, "lisinopril") == ["lisinopril"]
        assert await other[0] == ["lisinopril"]
    finally:
        event.remove(engine, "before_cursor_execute", somebody_else_asks)
