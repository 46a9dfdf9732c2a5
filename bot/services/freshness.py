"""How old the mirror of the pharmacy's records is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.records import FeedImport


@dataclass(frozen=True)
class Stale:
    """The records may be old: last updated then (UTC), or never as far as is known."""

    updated_at: datetime | None


async def staleness(session: AsyncSession, stale_after: timedelta, now: datetime) -> Stale | None:
    """Stale when the newest import is older than `stale_after`; None when the records are fresh.

    An import without any record says nothing about the others. A `stale_after` of zero means
    that records never count as old.
    """
    if not stale_after:
        return None
    updated_at = await last_update(session)
    if updated_at is not None and now - updated_at <= stale_after:
        return None
    return Stale(updated_at)


async def last_update(session: AsyncSession) -> datetime | None:
    """When the newest import that brought records came (UTC); None when none has."""
    return await session.scalar(
        select(FeedImport.at).where(FeedImport.records > 0).order_by(FeedImport.at.desc()).limit(1)
    )
