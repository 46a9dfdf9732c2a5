"""The pharmacy's stores: their hours, and who answers first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.hours import OpeningHours
from bot.storage.records import Store


@dataclass(frozen=True)
class OpenStore:
    """A store with its opening hours."""

    record: Store
    hours: OpeningHours


def with_hours(record: Store) -> OpenStore:
    """Join a store's row with the rules for its hours."""
    return OpenStore(
        record, OpeningHours.from_record(record.hours, record.timezone, record.exceptions)
    )


async def all_stores(session: AsyncSession) -> Sequence[OpenStore]:
    """Every store, by name."""
    rows = await session.scalars(select(Store).order_by(Store.name))
    return [with_hours(row) for row in rows]


async def first_to_answer(
    session: AsyncSession, store_id: str | None, now: datetime
) -> OpenStore | None:
    """The store that a question goes to: the named one, else the one that is open first."""
    stores = await all_stores(session)
    named = [store for store in stores if store.record.store_id == store_id]
    if named:
        return named[0]
    return min(stores, key=lambda store: _opens(store, now), default=None)


def _opens(store: OpenStore, now: datetime) -> datetime:
    if store.hours.is_open(now):
        return now
    return store.hours.next_opening(now) or datetime.max.replace(tzinfo=UTC)
