"""How the assistant does, in numbers. docs/numbers.md says for people what each one counts.

All of it is counted by the database, from rows that exist: what has been purged is not in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.desk import CALL_BACK
from bot.services.first_answers import Wait, first_answers
from bot.services.pharmacy_days import day_of, offsets, start_of
from bot.storage.conversations import Conversation, Escalation, Event, Turn
from bot.storage.database import Database
from bot.storage.moments import Moment, Offsets, local_day
from bot.storage.teaching import Feedback, Question, QuestionGroup

MOST_TOPICS = 10
NOT_UNDERSTOOD = "nlu_fallback"
# An escalation beside whatever the patient asked: who wants to be called has another one already.
ASKED_FOR = Escalation.reason != CALL_BACK
ALARM = (Escalation.priority == "urgent") & or_(
    Escalation.reason.startswith("red_flag", autoescape=True),
    Escalation.reason == "report_emergency",
)
COUNTS = ("asked", "answered", "escalated", "unanswered", "alarms")


@dataclass(frozen=True)
class Day:
    """One day of the pharmacy.

    `asked`: what patients sent, messages and taps on buttons. `answered`: those of them that the
    assistant answered, without handing over and without asking to say it in other words.
    `escalated`: questions that went to people, but for wishes to be called. `unanswered`: questions
    that were not understood and kept for review. `alarms`: urgent escalations of the red-flag
    screen and of its second net.
    """

    day: date
    asked: int
    answered: int
    escalated: int
    unanswered: int
    alarms: int


@dataclass(frozen=True)
class Topic:
    """A group of questions of one meaning: how many it has, how many of them are of the period.

    `example` is the newest of these, redacted.
    """

    group_id: int
    size: int
    new: int
    example: str


@dataclass(frozen=True)
class Numbers:
    """The days, oldest first, and what is counted over all of them.

    `intents`: how many messages each was understood as, the most frequent first. `first_answer`
    and `by_queue` say how long patients waited for a person. `topics`: the groups that grew most.
    """

    days: Sequence[Day]
    intents: Sequence[tuple[str, int]]
    first_answer: Wait
    by_queue: Mapping[str, Wait]
    topics: Sequence[Topic]
    helpful: int
    not_helpful: int


@dataclass(frozen=True)
class Period:
    """Days of the pharmacy, both included; `since` and `until` (excluded) are in UTC."""

    first: date
    last: date
    since: datetime
    until: datetime
    offsets: Offsets

    def has(self, moment: Moment) -> ColumnElement[bool]:
        """Whether a moment is in it."""
        return (moment >= self.since) & (moment < self.until)


def period(days: int, timezone: str, now: datetime) -> Period:
    """The last so many days in the pharmacy's time zone, of which today is one."""
    last = day_of(now, timezone)
    first = last - timedelta(days=days - 1)
    until = start_of(last + timedelta(days=1), timezone)
    return Period(first, last, start_of(first, timezone), until, offsets(first, last, timezone))


async def numbers(database: Database, days: int, timezone: str, now: datetime) -> Numbers:
    """The numbers of the last `days` days, 1 to 365. `timezone` is the pharmacy's."""
    over = period(days, timezone, now)
    async with database.read() as session:
        waits = await first_answers(session, over.has(Escalation.opened_at) & ASKED_FOR)
        marks = {row[0]: row[1] for row in await session.execute(_feedback(over))}
        return Numbers(
            days=await _days(session, over),
            intents=[(row[0] or "", row[1]) for row in await session.execute(_intents(over))],
            first_answer=waits.all,
            by_queue=waits.by_queue,
            topics=[Topic(*row) for row in await session.execute(_topics(over))],
            helpful=marks.get(True, 0),
            not_helpful=marks.get(False, 0),
        )


async def _days(session: AsyncSession, over: Period) -> list[Day]:
    counted: dict[str, dict[str, int]] = {
        "asked": await _by_day(session, over, Event.at, _asked(over)),
        "answered": await _by_day(session, over, Turn.asked_at, _answered()),
        "escalated": await _by_day(session, over, Escalation.opened_at, ASKED_FOR),
        "unanswered": await _by_day(
            session, over, Question.asked_at, Question.kind == "unanswered"
        ),
        "alarms": await _by_day(session, over, Escalation.opened_at, ALARM),
    }
    days = [over.first + timedelta(days=at) for at in range((over.last - over.first).days + 1)]
    return [Day(day, *(counted[name].get(day.isoformat(), 0) for name in COUNTS)) for day in days]


async def _by_day(
    session: AsyncSession, over: Period, moment: Moment, chosen: ColumnElement[bool]
) -> dict[str, int]:
    """How many rows are chosen, by the day of their moment."""
    day = local_day(session, moment, over.offsets).label("day")
    rows = select(day).where(over.has(moment), chosen).subquery()
    counted = select(rows.c.day, func.count()).group_by(rows.c.day)
    return {row[0]: row[1] for row in await session.execute(counted)}


def _asked(over: Period) -> ColumnElement[bool]:
    """What patients sent. Only the conversations of the period are looked through."""
    here = select(Conversation.conversation_id).where(Conversation.last_patient_at >= over.since)
    return Event.conversation_id.in_(here) & (Event.kind == "message") & (Event.author == "patient")


def _answered() -> ColumnElement[bool]:
    """What the assistant answered itself: an escalation is opened in the moment of the answer."""
    handed_over = (
        select(Escalation.escalation_id)
        .where(
            Escalation.conversation_id == Turn.conversation_id,
            Escalation.opened_at == Turn.answered_at,
        )
        .exists()
    )
    return (
        (Turn.state == "answered")
        & Turn.in_reply_to.is_not(None)
        & Turn.intent.is_distinct_from(NOT_UNDERSTOOD)
        & ~handed_over
    )


def _intents(over: Period) -> Select[str | None, int]:
    many = func.count().label("many")
    return (
        select(Turn.intent, many)
        .where(over.has(Turn.asked_at), Turn.intent.is_not(None), Turn.in_reply_to.is_not(None))
        .group_by(Turn.intent)
        .order_by(many.desc(), Turn.intent)
    )


def _topics(over: Period) -> Select[Any]:
    new = (
        select(
            Question.group_id,
            func.count().label("many"),
            func.max(Question.question_id).label("newest"),
        )
        .where(over.has(Question.asked_at), Question.group_id.is_not(None))
        .group_by(Question.group_id)
        .subquery()
    )
    return (
        select(QuestionGroup.group_id, QuestionGroup.size, new.c.many, Question.text)
        .join(new, new.c.group_id == QuestionGroup.group_id)
        .join(Question, Question.question_id == new.c.newest)
        .order_by(new.c.many.desc(), QuestionGroup.group_id)
        .limit(MOST_TOPICS)
    )


def _feedback(over: Period) -> Select[bool, int]:
    return (
        select(Feedback.helpful, func.count())
        .where(over.has(Feedback.at))
        .group_by(Feedback.helpful)
    )
