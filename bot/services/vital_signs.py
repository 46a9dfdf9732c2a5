"""What the database says of how the pharmacy is doing at this moment, for whoever watches over it.

Every statement is served by an index and counts only what is open, whatever the size of the tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import freshness
from bot.services.models import UNFINISHED
from bot.storage.conversations import Escalation, Turn
from bot.storage.database import Database
from bot.storage.records import RefillRequest
from bot.storage.staff import StaffAccount, StaffSession
from bot.storage.teaching import LanguageModel, Question


@dataclass(frozen=True)
class Line:
    """What waits in one queue with one priority. Ages are in seconds."""

    waiting: int
    overdue: int
    oldest_seconds: float


@dataclass(frozen=True)
class VitalSigns:
    """Counts of what is open now; ages in seconds, None where there is nothing to be old.

    `lines` and `claimed` are by queue and priority, `signed_in` by role, `jobs` by state.
    """

    lines: Mapping[tuple[str, str], Line]
    claimed: Mapping[tuple[str, str], int]
    owed_turns: int
    oldest_owed_seconds: float | None
    feed_age_seconds: float | None
    refill_requests: int
    signed_in: Mapping[str, int]
    questions: int
    jobs: Mapping[str, int]
    model: int | None


async def vital_signs(database: Database, idle: timedelta, now: datetime) -> VitalSigns:
    """Read them in one transaction. A session of the staff counts until it was idle for `idle`."""
    async with database.read() as session:
        owed, oldest_owed = await _owed(session)
        fed_at = await freshness.last_update(session)
        return VitalSigns(
            lines=await _lines(session, now),
            claimed=await _claimed(session),
            owed_turns=owed,
            oldest_owed_seconds=_age(oldest_owed, now),
            feed_age_seconds=_age(fed_at, now),
            refill_requests=await _count(session, RefillRequest.status == "placed"),
            signed_in=await _signed_in(session, idle, now),
            questions=await _count(session, Question.status == "new"),
            jobs=await _jobs(session),
            model=await session.scalar(
                select(LanguageModel.model_id).where(LanguageModel.state == "active").limit(1)
            ),
        )


def _age(since: datetime | None, now: datetime) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())


async def _lines(session: AsyncSession, now: datetime) -> dict[tuple[str, str], Line]:
    overdue = func.sum(case((Escalation.due_at <= now, 1), else_=0))
    rows = await session.execute(
        select(
            Escalation.queue,
            Escalation.priority,
            func.count(),
            overdue,
            func.min(Escalation.opened_at),
        )
        .where(Escalation.state == "waiting")
        .group_by(Escalation.queue, Escalation.priority)
    )
    return {
        (queue, priority): Line(waiting, int(late or 0), _age(oldest, now) or 0.0)
        for queue, priority, waiting, late, oldest in rows
    }


async def _claimed(session: AsyncSession) -> dict[tuple[str, str], int]:
    rows = await session.execute(
        select(Escalation.queue, Escalation.priority, func.count())
        .where(Escalation.state == "claimed")
        .group_by(Escalation.queue, Escalation.priority)
    )
    return {(queue, priority): many for queue, priority, many in rows}


async def _owed(session: AsyncSession) -> tuple[int, datetime | None]:
    row = (
        await session.execute(
            select(func.count(), func.min(Turn.asked_at)).where(Turn.state == "pending")
        )
    ).one()
    return row[0], row[1]


async def _signed_in(session: AsyncSession, idle: timedelta, now: datetime) -> dict[str, int]:
    """People, not sessions: somebody with two browsers counts once."""
    rows = await session.execute(
        select(StaffAccount.role, func.count(StaffAccount.username.distinct()))
        .join(StaffSession, StaffSession.username == StaffAccount.username)
        .where(StaffSession.expires_at > now, StaffSession.seen_at > now - idle)
        .group_by(StaffAccount.role)
    )
    return {row[0]: row[1] for row in rows}


async def _jobs(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(
        select(LanguageModel.state, func.count())
        .where(LanguageModel.state.in_(UNFINISHED))
        .group_by(LanguageModel.state)
    )
    return {row[0]: row[1] for row in rows}


async def _count(session: AsyncSession, chosen: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).where(chosen)) or 0
