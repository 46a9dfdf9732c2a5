"""Who answers by when: what a patient is promised at a hand-over, and where they stand in line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Handoff, Memory
from bot.pharmacy.desk import CALL_BACK
from bot.services.stores import OpenStore, first_to_answer, own_store
from bot.storage.conversations import Conversation, Escalation
from bot.wording import Wording

# Open minutes until somebody should have answered.
DUE_MINUTES = {"urgent": 5, "soon": 15, "routine": 30}
PRIORITIES = ("urgent", "soon", "routine")


@dataclass(frozen=True)
class Promise:
    """Who answers by when, in words, when the work is due (UTC), and whether somebody is there.

    `store_id` is the store whose hours count, None when there is none on record.
    """

    text: str
    due_at: datetime
    open_now: bool
    store_id: str | None


@dataclass(frozen=True)
class Place:
    """Where a conversation stands in line: 1 is next. `due_at` is in UTC."""

    place: int
    queue: str
    due_at: datetime
    open_now: bool


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
    return _promise(handoff.queue, handoff.priority, store, wording, now)


async def promise_again(
    session: AsyncSession, escalation: Escalation, wording: Wording, now: datetime
) -> Promise:
    """The promise for an escalation that goes to people anew, from now on."""
    store = await first_to_answer(session, escalation.store_id, now)
    return _promise(escalation.queue, escalation.priority, store, wording, now)


async def place_in_line(session: AsyncSession, conversation_id: str, now: datetime) -> Place | None:
    """Where the conversation's most pressing question stands; None when none of it waits."""
    return (await places_in_line(session, [conversation_id], now))[conversation_id]


async def places_in_line(
    session: AsyncSession, conversation_ids: Sequence[str], now: datetime
) -> dict[str, Place | None]:
    """The places of several conversations at once. Calls that wait are in no line."""
    places: dict[str, Place | None] = dict.fromkeys(conversation_ids)
    open_now: dict[str | None, bool] = {}
    passed: dict[str, set[str]] = {}  # the conversations that a queue has come to, by queue
    found: set[str] = set()
    for row in await _line(session):
        before = passed.setdefault(row.queue, set())
        if row.conversation_id in places and row.conversation_id not in found:
            if row.store_id not in open_now:
                store = await first_to_answer(session, row.store_id, now)
                open_now[row.store_id] = store is not None and store.hours.is_open(now)
            places[row.conversation_id] = Place(
                len(before) + 1, row.queue, row.due_at, open_now[row.store_id]
            )
        found.add(row.conversation_id)
        before.add(row.conversation_id)
    return places


@dataclass(frozen=True)
class _Waiting:
    """A question in line."""

    conversation_id: str
    queue: str
    priority: str
    due_at: datetime
    escalation_id: int
    store_id: str | None


async def _line(session: AsyncSession) -> Sequence[_Waiting]:
    """All that waits for a person in the chat, the most pressing first."""
    waiting = await session.execute(
        select(
            Escalation.conversation_id,
            Escalation.queue,
            Escalation.priority,
            Escalation.due_at,
            Escalation.escalation_id,
            Escalation.store_id,
        ).where(Escalation.state == "waiting", Escalation.reason != CALL_BACK)
    )
    return sorted(
        (_Waiting(*row) for row in waiting),
        key=lambda row: (PRIORITIES.index(row.priority), row.due_at, row.escalation_id),
    )


def _promise(
    queue: str, priority: str, store: OpenStore | None, wording: Wording, now: datetime
) -> Promise:
    minutes = DUE_MINUTES[priority]
    team = wording.render(f"team.{queue}", now=now)
    if store is None:
        due_at = now + timedelta(minutes=minutes)
        return Promise(wording.render("when.unknown", {"team": team}, now=now), due_at, False, None)
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
    return Promise(" ".join(sentences), due_at, open_now, store.record.store_id)
