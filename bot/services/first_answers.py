"""How long patients waited until a person first wrote to them.

Elapsed time, nights and closed days included: it is what the patient felt, not what was promised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.desk import QUEUES
from bot.storage.conversations import Escalation
from bot.storage.moments import elapsed


@dataclass(frozen=True)
class Wait:
    """Of `answered` questions, half waited no longer than the median, nine in ten than the p90.

    In elapsed seconds; None when nothing was answered.
    """

    answered: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None


@dataclass(frozen=True)
class Waits:
    """The waits for all questions, and for those of each queue."""

    all: Wait
    by_queue: Mapping[str, Wait]


async def first_answers(session: AsyncSession, chosen: ColumnElement[bool]) -> Waits:
    """The waits of the chosen escalations that a person has answered in the chat."""
    everywhere = await _waits(session, chosen, literal("all"))
    queues = await _waits(session, chosen, Escalation.queue)
    return Waits(
        everywhere.get("all", Wait()),
        {queue: queues.get(queue, Wait()) for queue in QUEUES["pharmacist"]},
    )


async def _waits(
    session: AsyncSession, chosen: ColumnElement[bool], part: ColumnElement[Any] | Any
) -> dict[str, Wait]:
    """For each part, the escalations at the place of the median and of the ninth tenth."""
    order = elapsed(session, Escalation.opened_at, Escalation.answered_at)
    ranked = (
        select(
            part.label("part"),
            Escalation.opened_at,
            Escalation.answered_at,
            func.row_number().over(partition_by=part, order_by=order).label("place"),
            func.count().over(partition_by=part).label("many"),
        )
        .where(chosen, Escalation.answered_at.is_not(None))
        .subquery()
    )
    half, most = (ranked.c.many + 1) // 2, (ranked.c.many * 9 + 9) // 10
    rows = await session.execute(
        select(
            ranked.c.part, ranked.c.many, ranked.c.opened_at, ranked.c.answered_at,
            ranked.c.place == half, ranked.c.place == most,
        ).where(ranked.c.place.in_([half, most]))
    )  # fmt: skip
    found: dict[str, Wait] = {}
    for name, many, opened_at, answered_at, is_half, is_most in rows:
        seconds = _seconds(opened_at, answered_at)
        before = found.get(name, Wait())
        found[name] = Wait(
            many,
            seconds if is_half else before.median_seconds,
            seconds if is_most else before.p90_seconds,
        )
    return found


def _seconds(start: datetime, end: datetime) -> float:
    return round((end - start).total_seconds(), 1)
