"""The pharmacy's stores: their hours, and who answers first."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.hours import OpeningHours
from bot.services.access import grants, visible_prescriptions
from bot.storage.records import Store

log = logging.getLogger(__name__)

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


def _usable(record: Store) -> OpenStore | None:
    """The same; None for a row that something else than the feed has damaged.

    Who answers, and when, is part of every hand-over and every apology: one bad row must not make
    these fail too.
    """
    try:
        return with_hours(record)
    except ValueError:
        log.error("the hours or the time zone of a store on record cannot be used")
        return None


async def all_stores(session: AsyncSession) -> Sequence[OpenStore]:
    """Every store whose hours can be read, by name."""
    rows = await session.scalars(select(Store).order_by(Store.name))
    return [store for store in map(_usable, rows) if store is not None]


async def first_to_answer(
    session: AsyncSession, store_id: str | None, now: datetime
) -> OpenStore | None:
    """The store that a question goes to: the named one, else the one that is open first.

    A named store that does not open in the time that can be foreseen promises nothing, so another
    answers for it. None when the pharmacy has no stores on record.
    """
    record = await session.get(Store, store_id) if store_id is not None else None
    named = _usable(record) if record is not None else None
    if named is not None and _opens(named, now) < _NEVER:
        return named
    rows = (await session.scalars(select(Store).order_by(Store.name))).all()
    stores = [named] if named is not None else []
    for row in rows:
        if row.store_id == store_id:
            continue
        store = _usable(row)
        if store is None:
            continue
        if store.hours.is_open(now):  # a chain has a thousand; the first that is open will do
            return store
        stores.append(store)
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
