"""What people have to look at: opening an escalation, and saying who answers by when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Handoff, Memory
from bot.services.event_log import append, change_owner
from bot.services.stores import OpenStore, first_to_answer, own_store
from bot.storage.conversations import Conversation, Escalation, Event
from bot.wording import Wording

# Open minutes until somebody should have answered.
DUE_MINUTES = {"urgent": 5, "soon": 15, "routine": 30}
PRIORITIES = ("urgent", "soon", "routine")


_OPEN = Escalation.state != "closed"


@dataclass(frozen=True)
class Promise:
    """Who answers by when, in words, when the work is due (UTC), and whether somebody is there."""

    text: str
    due_at: datetime
    open_now: bool


async def hand_over(
    session: AsyncSession,
    conversation: Conversation,
    handoff: Handoff,
    question: str,
    wording: Wording,
    now: datetime,
) -> Promise:
    """Open the escalation of a locked conversation and, if it transfers, change the owner.

    The caller says the promise. An open escalation for the same queue and reason is renewed
    instead of doubled.
    """
    promised = await promise(session, conversation, handoff, wording, now)
    await _open(session, conversation, handoff, question, promised.due_at, now)
    return promised


async def promise(
    session: AsyncSession,
    conversation: Conversation,
    handoff: Handoff,
    wording: Wording,
    now: datetime,
) -> Promise:
    """Who answers a hand-over by when, by the hours of the store that it is about.

    Without one it is the patient's own store, as far as that is known; else, and for whatever is
    urgent, the first to open.
    """
    store_id = handoff.store_id
    if store_id is None and handoff.priority != "urgent":
        focus = Memory.model_validate(conversation.memory).focus
        store_id = await own_store(session, conversation.conversation_id, focus, now)
    store = await first_to_answer(session, store_id, now)
    return _promise(handoff, store, wording, now)


def pass_to_queue(
    session: AsyncSession, conversation: Conversation, wording: Wording, now: datetime
) -> None:
    """Make the queue the owner, unless a person already has the conversation."""
    if conversation.owner == "bot":
        change_owner(session, conversation, "queue", wording.render("owner.queue", now=now), at=now)


async def note_patient_wrote(
    session: AsyncSession, conversation: Conversation, wording: Wording, now: datetime
) -> None:
    """Count a message that the queue or a person has to read; thank for the first one."""
    await session.execute(
        update(Escalation)
        .where(
            Escalation.conversation_id == conversation.conversation_id,
            _OPEN,
        )
        .values(unread=Escalation.unread + 1, last_patient_at=now)
    )
    if conversation.owner == "queue" and not await _thanked(session, conversation):
        append(
            session, conversation, "notice", "system", wording.render("waiting", now=now),
            at=now, urgent=False,
        )  # fmt: skip


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
            Event.data["urgent"].as_boolean().is_(False),
        )
    )
    return bool(thanks)


async def listed(session: AsyncSession, *, everything: bool = False) -> Sequence[Escalation]:
    """What waits for a person, urgent first, then by due time; `everything` adds the closed."""
    chosen = select(Escalation) if everything else select(Escalation).where(_OPEN)
    rows = (await session.scalars(chosen)).all()
    return sorted(rows, key=lambda row: (PRIORITIES.index(row.priority), row.due_at))


async def _open(
    session: AsyncSession,
    conversation: Conversation,
    handoff: Handoff,
    question: str,
    due_at: datetime,
    now: datetime,
) -> None:
    waiting = await session.scalar(
        select(Escalation).where(
            Escalation.conversation_id == conversation.conversation_id,
            Escalation.queue == handoff.queue,
            Escalation.reason == handoff.reason,
            _OPEN,
        )
    )
    if waiting is not None:
        waiting.unread += 1
        waiting.last_patient_at = now
        waiting.due_at = min(waiting.due_at, due_at)
        waiting.question = f"{waiting.question}\n{question}"
        return
    session.add(
        Escalation(
            conversation_id=conversation.conversation_id,
            queue=handoff.queue,
            priority=handoff.priority,
            reason=handoff.reason,
            question=question,
            state="waiting",
            opened_at=now,
            due_at=due_at,
            last_patient_at=now,
            unread=1,
        )
    )


def _promise(handoff: Handoff, store: OpenStore | None, wording: Wording, now: datetime) -> Promise:
    minutes = DUE_MINUTES[handoff.priority]
    team = wording.render(f"team.{handoff.queue}", now=now)
    if store is None:
        due_at = now + timedelta(minutes=minutes)
        return Promise(wording.render("when.unknown", {"team": team}, now=now), due_at, False)
    due_at = store.hours.add_open_minutes(now, minutes)
    open_now = store.hours.is_open(now)
    opens_at = None if open_now else store.hours.next_opening(now)
    values = {
        "team": team,
        "due_at": due_at,
        "opens_at": opens_at,
        "store_name": store.record.name,
        "phone": store.record.phone,
    }
    name = "when.open" if open_now else "when.closed" if opens_at else "when.unknown"
    zone = store.record.timezone
    sentences = [
        wording.render(key, values, now=now, timezone=zone) for key in (name, "when.phone")
    ]
    return Promise(" ".join(sentences), due_at, open_now)
