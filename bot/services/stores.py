"""The pharmacy's stores: their hours, and who answers first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.hours import OpeningHours
from bot.services.access import grants, visible_prescriptions
from bot.storage.records import Store

_NEVER = datetime.max.replace(tzinfo=UTC)


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
    """The store that a question goes to: the named one, else the one that is open first.

    A named store that does not open in the time that can be foreseen promises nothing, so another
    answers for it. None when the pharmacy has no stores on record.
    """
    stores = await all_stores(session)
    stores = sorted(stores, key=lambda store: store.record.store_id != store_id)
    if stores and stores[0].record.store_id == store_id and _opens(stores[0], now) < _NEVER:
        return stores[0]
    return min(stores, key=lambda store: _opens(store, now), default=None)


async def own_store(
    session: AsyncSession, conversation_id: str, focus: int | None, now: datetime
) -> str | None:
    """The store of the prescription that was talked about, else the one store of them all.

    None before identity, and for somebody whose prescriptions are at several stores.
    """
    allowed = await grants(session, conversation_id, now)
    views = await visible_prescriptions(session, allowed) if allowed else ()
    stores = {view.store.store_id for view in views}
    talked_about = {view.store.store_id for view in views if view.prescription.id == focus}
    return next(iter(talked_about or stores)) if talked_about or len(stores) == 1 else None


def _opens(store: OpenStore, now: datetime) -> datetime:
    if store.hours.is_open(now):
        return now
    return store.hours.next_opening(now) or _NEVER
