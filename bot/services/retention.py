"""How long what patients wrote is kept: what is due, and purging it.

A chat goes when nothing was said in it for so long, nobody has to answer anything in it, and no
news is promised in it. Redacted questions stay without it, until their own limit; the audit stays.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, exists, false, func, or_, select

from bot.services import audit, promised_news
from bot.services.erasure import delete_conversation, delete_questions
from bot.services.event_log import lock
from bot.storage.conversations import Conversation, Escalation, Event
from bot.storage.database import Database
from bot.storage.staff import AuditEntry
from bot.storage.teaching import Question

ACTION = "purge"
# So many are looked up at once; each is deleted in a transaction of its own.
BATCH = 200
RUNS = 20


@dataclass(frozen=True)
class Keeping:
    """For how many days chats, and questions to review, are kept; 0 is for ever."""

    transcripts_days: int = 180
    questions_days: int = 730


@dataclass(frozen=True)
class Counts:
    """How many chats and how many questions are due, or were deleted."""

    conversations: int
    questions: int


@dataclass(frozen=True)
class Run:
    """A purge that has been; `by` is the username, None for the gateway or the command line."""

    at: datetime
    by: str | None
    conversations: int
    questions: int


async def due(database: Database, keeping: Keeping, now: datetime) -> Counts:
    """What the next purge deletes."""
    async with database.read() as session:
        chats = _idle(keeping, now).subquery()
        questions = _old_questions(keeping, now).subquery()
        return Counts(
            await session.scalar(select(func.count()).select_from(chats)) or 0,
            await session.scalar(select(func.count()).select_from(questions)) or 0,
        )


async def purge(database: Database, keeping: Keeping, now: datetime) -> Counts:
    """Delete what is due. Nothing is blocked for longer than it takes to delete one chat."""
    counts = Counts(
        await _purge_conversations(database, keeping, now),
        await _purge_questions(database, keeping, now),
    )
    async with database.write() as session:
        audit.record(
            session, ACTION, now, actor=None, conversations=counts.conversations,
            questions=counts.questions, transcripts_days=keeping.transcripts_days,
            questions_days=keeping.questions_days,
        )  # fmt: skip
    return counts


async def runs(database: Database) -> list[Run]:
    """The last purges, newest first."""
    async with database.read() as session:
        rows = await session.scalars(
            select(AuditEntry)
            .where(AuditEntry.action == ACTION)
            .order_by(AuditEntry.entry_id.desc())
            .limit(RUNS)
        )
        return [
            Run(row.at, row.username, row.detail["conversations"], row.detail["questions"])
            for row in rows
        ]


async def _purge_conversations(database: Database, keeping: Keeping, now: datetime) -> int:
    deleted, after = 0, ""
    while True:
        async with database.read() as session:
            chosen = _idle(keeping, now).where(Conversation.conversation_id > after)
            ids = (await session.scalars(chosen.limit(BATCH))).all()
        for conversation_id in ids:
            deleted += await _purge_one(database, conversation_id, keeping, now)
        if len(ids) < BATCH:
            return deleted
        after = ids[-1]


async def _purge_one(
    database: Database, conversation_id: str, keeping: Keeping, now: datetime
) -> bool:
    """Delete a chat unless somebody has come back to it meanwhile."""
    async with database.write() as session:
        if await lock(session, conversation_id) is None:
            return False
        still = _idle(keeping, now).where(Conversation.conversation_id == conversation_id)
        if await session.scalar(still) is None:
            return False
        await delete_conversation(session, conversation_id)
        return True


async def _purge_questions(database: Database, keeping: Keeping, now: datetime) -> int:
    deleted = 0
    while True:
        async with database.write() as session:
            # Another gateway may purge as well: each deletes, and counts, what is free.
            chosen = _old_questions(keeping, now).limit(BATCH).with_for_update(skip_locked=True)
            ids = (await session.scalars(chosen)).all()
            await delete_questions(session, ids)
        deleted += len(ids)
        if len(ids) < BATCH:
            return deleted


def _idle(keeping: Keeping, now: datetime) -> Select[str]:
    """The chats that are due, by id."""
    since = now - timedelta(days=keeping.transcripts_days)
    here = Conversation.conversation_id
    said = exists().where(Event.conversation_id == here, Event.at >= since)
    to_do = exists().where(Escalation.conversation_id == here, Escalation.state != "closed")
    goes = and_(
        Conversation.opened_at < since,
        Conversation.last_patient_at < since,
        ~said,
        ~to_do,
        # Whoever has left is told nothing any more.
        or_(Conversation.ended_at.is_not(None), ~promised_news.is_promised()),
    )
    return select(here).where(goes if keeping.transcripts_days else false()).order_by(here)


def _old_questions(keeping: Keeping, now: datetime) -> Select[int]:
    since = now - timedelta(days=keeping.questions_days)
    old = Question.asked_at < since if keeping.questions_days else false()
    return select(Question.question_id).where(old).order_by(Question.question_id)
