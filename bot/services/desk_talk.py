"""What people write and read in a conversation: messages to the patient, notes, what was read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import desk
from bot.services import audit, staff_events
from bot.services.audit import Actor
from bot.services.conversations import Rules
from bot.services.desk_cases import (
    ConversationEnded,
    Forbidden,
    NotFound,
    NotHolder,
    add_note,
    holder_of,
    may_take,
)
from bot.services.desk_views import shown_note
from bot.services.escalations import audience, open_ones
from bot.services.event_log import append, lock
from bot.services.presence import presence
from bot.storage.conversations import Conversation, Escalation, Event
from bot.storage.database import Database
from bot.wording import load


@dataclass(frozen=True)
class Sent:
    """A message to the patient is in the log as `seq`."""

    seq: int
    repeated: bool = False


@dataclass(frozen=True)
class Noted:
    """A note is written; as JSON."""

    note: dict[str, Any]


async def send(
    database: Database,
    actor: Actor,
    conversation_id: str,
    client_id: str,
    text: str,
    rules: Rules,
    now: datetime,
) -> Sent | NotFound | Forbidden | NotHolder | ConversationEnded:
    """Write to the patient, as the person who has the conversation.

    A repeat of `client_id` gets the `seq` it had, also when the person has let go meanwhile.
    """
    async with database.write() as session:
        found = await _reachable(session, actor, conversation_id, "message", now)
        if not isinstance(found, Conversation):
            return found
        event = await _written_before(session, conversation_id, client_id)
        if event is not None:
            return Sent(event.seq, repeated=True)
        if found.ended_at is not None:
            return ConversationEnded()
        rows = await open_ones(session, conversation_id)
        if found.owner != "staff" or holder_of(rows) != actor.username:
            _audit(session, actor, "message", conversation_id, now, outcome="not_holder")
            return NotHolder()
        wording = load(found.locale, rules.country)
        seq = append(
            session, found, "message", "staff", text, at=now, client_id=client_id,
            **presence(actor, wording, now),
        )  # fmt: skip
        for row in rows:
            if row.claimed_by == actor.username:
                _answered(row, now)
        await staff_events.tell(
            session, "message", conversation_id, now, queue=audience(rows), seq=seq,
            author="staff",
        )  # fmt: skip
        _audit(session, actor, "message", conversation_id, now, seq=seq)
        return Sent(seq)


async def note(
    database: Database, actor: Actor, conversation_id: str, text: str, now: datetime
) -> Noted | NotFound | Forbidden:
    """Write a private note beside a conversation that the person may read."""
    async with database.write() as session:
        found = await _reachable(session, actor, conversation_id, "note", now)
        if not isinstance(found, Conversation):
            return found
        written = add_note(session, found, actor, text, now)
        await session.flush()
        rows = await open_ones(session, conversation_id)
        await staff_events.tell(session, "note", conversation_id, now, queue=audience(rows))
        _audit(session, actor, "note", conversation_id, now)
        return Noted(shown_note(written))


async def seen(
    database: Database, actor: Actor, conversation_id: str, seq: int, now: datetime
) -> NotFound | Forbidden | None:
    """The holder has read up to `seq`: nothing is unread, and an answer is awaited a while."""
    async with database.write() as session:
        found = await _reachable(session, actor, conversation_id, "seen", now)
        if not isinstance(found, Conversation):
            return found
        if seq < found.last_seq:
            return None  # more has come meanwhile
        for row in await open_ones(session, conversation_id):
            if row.claimed_by == actor.username and row.unread:
                row.unread = 0
                row.alerts = 0
                unanswered = await _patient_spoke_last(session, conversation_id)
                row.next_alert_at = now + desk.OVERDUE_EVERY if unanswered else None
        return None


async def holds(
    database: Database, actor: Actor, conversation_id: str
) -> NotFound | Forbidden | NotHolder | None:
    """Whether the person has the conversation; None if so."""
    async with database.read() as session:
        refused = await may_read(session, actor, conversation_id)
        if refused is not None:
            return refused
        rows = await open_ones(session, conversation_id)
        return None if holder_of(rows) == actor.username else NotHolder()


async def may_read(
    session: AsyncSession, actor: Actor, conversation_id: str
) -> NotFound | Forbidden | None:
    """Whether a conversation was ever in a queue that the person may take from; None if so."""
    rows = await session.scalars(
        select(Escalation).where(Escalation.conversation_id == conversation_id)
    )
    found = rows.all()
    if not found:
        known = await session.get(Conversation, conversation_id)
        return NotFound() if known is None else Forbidden()
    return None if any(may_take(actor, row) for row in found) else Forbidden()


async def _reachable(
    session: AsyncSession, actor: Actor, conversation_id: str, action: str, now: datetime
) -> Conversation | NotFound | Forbidden:
    conversation = await lock(session, conversation_id)
    if conversation is None:
        return NotFound()
    refused = await may_read(session, actor, conversation_id)
    if refused is not None:
        _audit(session, actor, action, conversation_id, now, outcome="forbidden")
        return refused
    return conversation


async def _written_before(
    session: AsyncSession, conversation_id: str, client_id: str
) -> Event | None:
    return await session.scalar(
        select(Event).where(
            Event.conversation_id == conversation_id,
            Event.client_id == client_id,
            Event.author == "staff",
        )
    )


def _answered(row: Escalation, now: datetime) -> None:
    row.answered_at = row.answered_at or now
    row.unread = 0
    row.alerts = 0
    row.next_alert_at = None


async def _patient_spoke_last(session: AsyncSession, conversation_id: str) -> bool:
    last = await session.scalar(
        select(func.max(Event.seq)).where(
            Event.conversation_id == conversation_id, Event.author.in_(("patient", "staff"))
        )
    )
    author = await session.scalar(
        select(Event.author).where(Event.conversation_id == conversation_id, Event.seq == last)
    )
    return author == "patient"


def _audit(
    session: AsyncSession,
    actor: Actor,
    action: str,
    conversation_id: str,
    now: datetime,
    outcome: str = audit.OK,
    **detail: Any,
) -> None:
    audit.record(
        session, action, now, actor=actor, outcome=outcome, conversation_id=conversation_id,
        **detail,
    )  # fmt: skip
