"""The sentences that pharmacists have approved, as they stood at a moment.

A model learns those of the moment in which it was asked for. Comparing that moment with now tells
what still waits to be learned.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.teaching import TrainingSentence


@dataclass(frozen=True)
class ApprovedSentence:
    """A redacted sentence and the intent that it was given."""

    text: str
    intent: str


async def approved(session: AsyncSession, at: datetime) -> list[ApprovedSentence]:
    """The sentences approved and not taken back at a moment (UTC), the oldest first."""
    rows = await session.execute(
        select(TrainingSentence.text, TrainingSentence.intent)
        .where(
            TrainingSentence.approved_at <= at,
            or_(TrainingSentence.removed_at.is_(None), TrainingSentence.removed_at > at),
        )
        .order_by(TrainingSentence.approved_at, TrainingSentence.sentence_id)
    )
    return [ApprovedSentence(text, intent) for text, intent in rows]


async def waiting(session: AsyncSession, since: datetime | None) -> int:
    """How many sentences a model lacks, or has and should not have, that learned those of `since`.

    None is a model that has learned none.
    """
    standing = TrainingSentence.removed_at.is_(None)
    changed: ColumnElement[bool] = standing
    if since is not None:
        added = and_(TrainingSentence.approved_at > since, standing)
        removed = and_(TrainingSentence.approved_at <= since, TrainingSentence.removed_at > since)
        changed = or_(added, removed)
    counted = await session.scalar(select(func.count()).where(changed))
    return counted or 0
