"""Takes the pharmacy's records over from a feed: all of them or none."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TypeGuard
from zoneinfo import ZoneInfo

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.refill_rules import refills_left
from bot.services import refill_decisions
from bot.services.feed_batch import Batch, FeedError, FeedRejected, FeedWarning, Findings, Keep
from bot.storage import record_writes
from bot.storage.database import Database
from bot.storage.record_tables import RECORD_TABLES, RecordTable
from bot.storage.records import FeedImport

# The last second of a day: what "kept until Friday" means.
END_OF_DAY = time(23, 59, 59)
# How long the list of imports goes back; a pharmacy that sends every change makes many.
IMPORTS_KEPT = timedelta(days=30)

type Zones = dict[object, ZoneInfo]


@dataclass(frozen=True)
class ImportReport:
    """What an import did: records written (new or updated) by type, and what to look at.

    At most 50 warnings are listed; `warnings_total` counts them all.
    """

    written: dict[str, int]
    warnings: tuple[FeedWarning, ...]
    warnings_total: int


@dataclass(frozen=True)
class Known:
    """What only the import knows, by Rx number."""

    zones: Zones
    refills_left: dict[object, int]


class _Rehearsed(Exception):  # noqa: N818 - takes a rehearsal back, and is no fault
    """Everything went well, and nothing is to stay."""


async def rehearse(database: Database, batch: Batch, now: datetime) -> ImportReport:
    """What `import_records` would do, without a record written. Raises FeedRejected likewise."""
    report = ImportReport({}, (), 0)
    try:
        async with database.write() as session:
            await _leave_out(session, batch)
            report = await _import(session, batch, now)
            raise _Rehearsed
    except _Rehearsed:
        return report


async def import_records(database: Database, batch: Batch, now: datetime) -> ImportReport:
    """Write a batch in one transaction; the same batch again changes nothing.

    `now` (aware) stands for the times of recording that the feed leaves out. Raises FeedRejected,
    and writes nothing, when a record refers to one that neither the batch nor the database has, or
    when a decision on a refill request does not fit.
    """
    # Records are never deleted: what is found before the transaction need not be looked up in it,
    # while patients wait for SQLite's one writer.
    async with database.read() as session:
        await _leave_out(session, batch)
        errors = await _dangling_references(session, batch)
    async with database.write() as session:
        return await _import(session, batch, now, errors)


async def _import(
    session: AsyncSession, batch: Batch, now: datetime, errors: Findings[FeedError] | None = None
) -> ImportReport:
    """Write in the caller's transaction; `errors` are those found before it, if looked for."""
    written = {name: len(batch.rows(name)) for name in RECORD_TABLES if batch.rows(name)}
    await record_writes.one_import_at_a_time(session)
    if errors is None or errors.total:  # unless another import has brought them meanwhile
        errors = await _dangling_references(session, batch)
    decided = await refill_decisions.take(session, batch.decisions, errors)
    if errors.total:
        listed = sorted(errors.listed, key=lambda error: (error.line, error.field))
        raise FeedRejected(tuple(listed), errors.total)
    known = Known(await _zones_of_dates(session, batch), await _refills_left(session, batch))
    for record in RECORD_TABLES.values():
        await record_writes.upsert(session, record, _complete(record, batch, known, now))
    await session.execute(delete(FeedImport).where(FeedImport.at < now - IMPORTS_KEPT))
    session.add(FeedImport(at=now, records=sum(written.values())))
    return ImportReport(
        written=written | ({refill_decisions.RECORD: decided} if decided else {}),
        warnings=batch.warnings.listed,
        warnings_total=batch.warnings.total,
    )


async def database_is_empty(database: Database) -> bool:
    """Whether no pharmacy has been recorded yet."""
    async with database.read() as session:
        return not await record_writes.has_stores(session)


async def _leave_out(session: AsyncSession, batch: Batch) -> None:
    """Drop the records that are only for a database that has them, or has not."""
    for name in RECORD_TABLES:
        new, old = (batch.conditional(name, keep) for keep in (Keep.IF_NEW, Keep.IF_KNOWN))
        known = await record_writes.known(session, name, [*new, *old]) if new or old else set()
        batch.drop(name, known.intersection(new))
        batch.drop(name, set(old) - known)


async def _dangling_references(session: AsyncSession, batch: Batch) -> Findings[FeedError]:
    """The references that lead nowhere."""
    errors: Findings[FeedError] = Findings()
    for record in RECORD_TABLES.values():
        for column, target in record.references.items():
            for line in await _dangling(session, batch, record, column, target):
                message = f"no such {target.replace('_', ' ')} in the feed or on record"
                errors.add(FeedError(line, f"{record.name}.{column}", message))
    return errors


async def _dangling(
    session: AsyncSession, batch: Batch, record: RecordTable, column: str, target: str
) -> list[int]:
    """The lines whose reference leads nowhere."""
    position, rows = record.position(column), batch.rows(record.name)
    referred = {row.values[position] for row in rows} - {None}
    missing = {key for key in referred if batch.find(target, key) is None}
    missing -= await record_writes.known(session, target, missing)
    return [row.line for row in rows if row.values[position] in missing] if missing else []


async def _zones_of_dates(session: AsyncSession, batch: Batch) -> Zones:
    """The time zone of each prescription whose fill is kept until a plain date."""
    fill = RECORD_TABLES["fill"]
    kept, rx = fill.position("kept_until"), fill.position("rx_number")
    dated = {row.values[rx] for row in batch.rows("fill") if _is_day(row.values[kept])}
    if not dated:
        return {}
    stores = await record_writes.stores_of(session, dated)
    stores |= _column(batch, "prescription", "store_id")
    zones = await record_writes.time_zones(session) | _column(batch, "store", "timezone")
    return {rx_number: ZoneInfo(str(zones[stores[rx_number]])) for rx_number in dated}


async def _refills_left(session: AsyncSession, batch: Batch) -> dict[object, int]:
    """By Rx number: the allowed refills less the fills, those on record included."""
    others = Counter(
        rx_number
        for rx_number, fill_id in await record_writes.fills_of(session, batch.repeats)
        if batch.find("fill", fill_id) is None
    )
    return {
        rx_number: refills_left(repeats.allowed, repeats.fills + others[rx_number])
        for rx_number, repeats in batch.repeats.items()
    }


def _column(batch: Batch, record_type: str, column: str) -> dict[object, object]:
    """One column of a batch's records, by their key of one column."""
    record = RECORD_TABLES[record_type]
    key, wanted = record.position(record.key[0]), record.position(column)
    return {row.values[key]: row.values[wanted] for row in batch.rows(record_type)}


def _complete(
    record: RecordTable, batch: Batch, known: Known, now: datetime
) -> Iterator[dict[str, object]]:
    """The rows to write, with what only the import knows."""
    for row in batch.rows(record.name):
        values = dict(zip(record.columns, row.values, strict=True))
        if record.name == "fill":
            values["updated_at"] = values["updated_at"] or now
            kept = values["kept_until"]
            if _is_day(kept):
                values["kept_until"] = datetime.combine(
                    kept, END_OF_DAY, known.zones[values["rx_number"]]
                )
        elif record.name == "prescription":
            left = known.refills_left.get(values["rx_number"], values["refills_remaining"])
            values["refills_remaining"] = left
        elif record.name == "stock":
            values["as_of"] = values["as_of"] or now
        yield values


def _is_day(value: object) -> TypeGuard[date]:
    return isinstance(value, date) and not isinstance(value, datetime)
