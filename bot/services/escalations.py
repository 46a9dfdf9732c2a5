"""What people have to look at: opening an escalation, and what happens to it without a person.

What people do with it is in `bot/services/desk.py`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Handoff
from bot.pharmacy import desk
from bot.services import staff_events
from bot.services.event_log import append, change_owner
from bot.services.instants import to_the_second
from bot.services.occurrences import Escalated, note
from bot.services.promises import PRIORITIES, Place, Promise, place_in_line, promise
from bot.storage.conversations import Conversation, Escalation, Event, Verification
from bot.wording import Wording

OPEN = Escalation.state != "closed"


async def hand_over(
    session: AsyncSession,
    conversation: Conversation,
    handoff: Handoff,
    question: str,
    wording: Wording,
    now: datetime,
) -> Promise:
    """Open the escalation of a locked conversation; the caller says the promise.

    An open escalation for the same queue and reason is renewed instead of doubled.
    """
    promised = await promise(session, conversation, handoff, wording, now)
    await open_or_renew(session, conversation, handoff, question, promised, now)
    return promised


async def pass_to_queue(
    session: AsyncSession, conversation: Conversation, wording: Wording, now: datetime
) -> None:
    """Make the queue the owner, and say where in line, unless a person has the conversation."""
    if conversation.owner == "bot":
        await wait_in_line(session, conversation, wording, now)


async def wait_in_line(
    session: AsyncSession, conversation: Conversation, wording: Wording, now: datetime
) -> None:
    """Make the queue the owner of a locked conversation, and say where in line."""
    await session.flush()
    place = await place_in_line(session, conversation.conversation_id, now)
    text, data = told_place(place, wording, now)
    change_owner(session, conversation, "queue", text, at=now, **data)


def told_place(place: Place | None, wording: Wording, now: datetime) -> tuple[str, dict[str, Any]]:
    """A place in line in words and as data. While nobody is there, a place would mislead."""
    said = wording.render("owner.queue", now=now)
    if place is None or not place.open_now:
        return said, {}
    name = "owner.next_in_line" if place.place == 1 else "owner.place_in_line"
    spoken = wording.render(name, {"place": place.place}, now=now)
    due_at = to_the_second(place.due_at)
    return f"{said} {spoken}", {"place": place.place, "due_at": due_at}


async def note_patient_wrote(
    session: AsyncSession, conversation: Conversation, wording: Wording, now: datetime
) -> None:
    """Count a message that the queue or a person has to read; thank for the first one."""
    rows = await session.scalars(
        select(Escalation).where(Escalation.conversation_id == conversation.conversation_id, OPEN)
    )
    for row in rows:
        if row.state == "claimed" and row.unread == 0:
            row.alerts = 0
            row.next_alert_at = now + desk.UNREAD_AFTER
        row.unread += 1
        row.last_patient_at = now
    if conversation.owner == "queue" and not await _thanked(session, conversation):
        append(
            session, conversation, "notice", "system", wording.render("waiting", now=now),
            at=now, urgent=False, thanks=True,
        )  # fmt: skip


async def tell_desk(session: AsyncSession, conversation: Conversation, now: datetime) -> None:
    """Tell consoles that the log of a locked conversation has grown, if people look at it."""
    rows = await open_ones(session, conversation.conversation_id)
    if rows:
        await staff_events.tell(
            session, "message", conversation.conversation_id, now, queue=audience(rows),
            seq=conversation.last_seq,
        )  # fmt: skip


def audience(rows: Sequence[Escalation]) -> str:
    """The queue whose people are told of a conversation: the counter's, if any of it is theirs."""
    return "counter" if any(row.queue == "counter" for row in rows) else "pharmacist"


async def open_ones(session: AsyncSession, conversation_id: str) -> Sequence[Escalation]:
    """What of a conversation waits for a person or is in somebody's hands, oldest first."""
    rows = await session.scalars(
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id, OPEN)
        .order_by(Escalation.escalation_id)
        .execution_options(populate_existing=True)
    )
    return rows.all()


async def listed(session: AsyncSession, *, everything: bool = False) -> Sequence[Escalation]:
    """What waits for a person, urgent first, then by due time; `everything` adds the closed."""
    chosen = select(Escalation) if everything else select(Escalation).where(OPEN)
    return in_order((await session.scalars(chosen)).all())


def in_order(rows: Sequence[Escalation]) -> list[Escalation]:
    """Urgent first, then by due time."""
    return sorted(
        rows, key=lambda row: (PRIORITIES.index(row.priority), row.due_at, row.escalation_id)
    )


async def open_or_renew(
    session: AsyncSession,
    conversation: Conversation,
    handoff: Handoff,
    question: str,
    promised: Promise,
    now: datetime,
) -> Escalation:
    """The escalation for this queue and reason: a new one, or the open one with more to it."""
    opened = await session.scalar(
        select(Escalation).where(
            Escalation.conversation_id == conversation.conversation_id,
            Escalation.queue == handoff.queue,
            Escalation.reason == handoff.reason,
            OPEN,
        )
    )
    kind = "opened" if opened is None else "renewed"
    if opened is None:
        opened = _new(conversation, handoff, question, promised, now)
        session.add(opened)
        note(session, Escalated(handoff.queue, handoff.priority, handoff.reason))
    else:
        opened.unread += 1
        opened.last_patient_at = now
        opened.due_at = min(opened.due_at, promised.due_at)
        opened.question = f"{opened.question}\n{question}"
    opened.patient_id = await _proved(session, conversation, now) or opened.patient_id
    await session.flush()
    await staff_events.tell(
        session, kind, conversation.conversation_id, now, queue=opened.queue,
        escalation_id=opened.escalation_id, priority=opened.priority,
    )  # fmt: skip
    return opened


def _new(
    conversation: Conversation,
    handoff: Handoff,
    question: str,
    promised: Promise,
    now: datetime,
) -> Escalation:
    return Escalation(
        conversation_id=conversation.conversation_id,
        queue=handoff.queue,
        priority=handoff.priority,
        reason=handoff.reason,
        question=question,
        state="waiting",
        opened_at=now,
        due_at=promised.due_at,
        last_patient_at=now,
        unread=1,
        store_id=promised.store_id,
        alerts=0,
        next_alert_at=desk.first_alert(handoff.priority, now, promised.due_at),
    )


async def _proved(session: AsyncSession, conversation: Conversation, now: datetime) -> str | None:
    """The one patient whom the conversation has proved to be, or to care for."""
    rows = await session.scalars(
        select(Verification.patient_id)
        .where(Verification.conversation_id == conversation.conversation_id)
        .where(Verification.expires_at > now)
        .distinct()
    )
    found = rows.all()
    return found[0] if len(found) == 1 else None


async def _thanked(session: AsyncSession, conversation: Conversation) -> bool:
    """Whether the patient was thanked since the conversation came into the queue."""
    since = (
        select(func.max(Event.seq))
        .where(Event.conversation_id == conversation.conversation_id, Event.kind == "owner")
        .scalar_subquery()
    )
    thanks = await session.scalar(
        select(func.count()).where(
            Event.conversation_id == conversation.conversation_id,
            Event.seq > since,
            Event.kind == "notice",
            Event.author == "system",
            Event.data["thanks"].as_boolean().is_(True),
        )
    )
    return bool(thanks)
