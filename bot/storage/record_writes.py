"""Writes the mirror of the pharmacy's records in bulk, on SQLite and PostgreSQL alike."""

from collections.abc import Iterable, Mapping
from itertools import batched
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.sql.elements import KeyedColumnElement

from bot.storage.record_tables import RECORD_TABLES, RecordTable
from bot.storage.records import Prescription, Store

# Rows a statement: bounds the memory of a large import. Keys a question: SQLite's limit is 999
# variables in old builds.
ROWS, KEYS = 2_000, 900
IMPORT_LOCK = 7_411_001

type Values = Mapping[str, object]


async def one_import_at_a_time(session: AsyncSession) -> None:
    """Wait for other imports. On SQLite the write transaction itself does that."""
    if _dialect(session) == "postgresql":
        await session.execute(
            text("SELECT pg_advisory_xact_lock(:lock)").bindparams(
                bindparam("lock", value=IMPORT_LOCK)
            )
        )


async def known(session: AsyncSession, record_type: str, keys: Iterable[object]) -> set[object]:
    """Which of these records the database has. For record types with a key of one column."""
    record = RECORD_TABLES[record_type]
    return set(await _lookup(session, record, record.key[0], keys))


async def stores_of(session: AsyncSession, rx_numbers: Iterable[object]) -> dict[object, object]:
    """The store of each of these prescriptions that the database has."""
    return await _lookup(session, RECORD_TABLES["prescription"], "store_id", rx_numbers)


async def fills_of(
    session: AsyncSession, rx_numbers: Iterable[object]
) -> list[tuple[object, object]]:
    """Rx number and id of every fill of these prescriptions that was not called off."""
    columns = RECORD_TABLES["fill"].table.c
    question = select(columns.rx_number, columns.fill_id).where(
        columns.rx_number.in_(bindparam("keys", expanding=True)),
        columns.state.not_in(("cancelled", "returned_to_stock", "transferred")),
    )
    found: list[tuple[object, object]] = []
    for chunk in batched(rx_numbers, KEYS):
        rows = await session.execute(question, {"keys": list(chunk)})
        found += [(row[0], row[1]) for row in rows]
    return found


async def time_zones(session: AsyncSession) -> dict[object, object]:
    """The time zone of every store."""
    rows = await session.execute(select(Store.store_id, Store.timezone))
    return {store_id: zone for store_id, zone in rows}  # noqa: C416 - rows are not pairs to mypy


async def has_stores(session: AsyncSession) -> bool:
    """Whether any store is recorded."""
    return await session.scalar(select(Store.store_id).limit(1)) is not None


async def upsert(session: AsyncSession, record: RecordTable, rows: Iterable[Values]) -> None:
    """Insert these rows, or update the ones that exist, found by their natural key.

    The referenced records must be there already.
    """
    for chunk in batched(rows, ROWS):
        if record.name == "prescription":
            await _upsert_prescriptions(session, record, chunk)
        else:
            await session.execute(_statement(session, record), list(chunk))


async def _upsert_prescriptions(
    session: AsyncSession, record: RecordTable, rows: tuple[Values, ...]
) -> None:
    """Keep the ids of known prescriptions.

    Their rows bring the id with them, so that PostgreSQL does not draw a number from the
    sequence for every row of every import: daily full feeds would use it up.
    """
    ids = await _ids(session, [row["rx_number"] for row in rows])
    old = [{"id": ids[row["rx_number"]], **row} for row in rows if row["rx_number"] in ids]
    new = [row for row in rows if row["rx_number"] not in ids]
    for part in (old, new):
        if part:
            await session.execute(_statement(session, record), part)


async def _ids(session: AsyncSession, rx_numbers: Iterable[object]) -> dict[object, object]:
    return await _lookup(session, RECORD_TABLES["prescription"], Prescription.id.key, rx_numbers)


async def _lookup(
    session: AsyncSession, record: RecordTable, column: str, keys: Iterable[object]
) -> dict[object, object]:
    """One column of the records with these keys, by key."""
    key = record.table.c[record.key[0]]
    question = select(key, record.table.c[column]).where(key.in_(bindparam("keys", expanding=True)))
    found: dict[object, object] = {}
    for chunk in batched(keys, KEYS):
        rows = await session.execute(question, {"keys": list(chunk)})
        found.update((row[0], row[1]) for row in rows)
    return found


def _statement(session: AsyncSession, record: RecordTable) -> SqliteInsert | PostgresInsert:
    if _dialect(session) == "postgresql":
        insert = postgresql.insert(record.table)
        return insert.on_conflict_do_update(
            index_elements=record.key, set_=_updates(record, insert.excluded)
        )
    other = sqlite.insert(record.table)
    return other.on_conflict_do_update(
        index_elements=record.key, set_=_updates(record, other.excluded)
    )


def _updates(
    record: RecordTable, new: ReadOnlyColumnCollection[str, KeyedColumnElement[Any]]
) -> dict[str, object]:
    return {name: new[name] for name in record.columns if name not in record.key}


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
