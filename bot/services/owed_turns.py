"""Answers that the bot owes in a conversation: a new one, and those it will not give any more."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import String, and_, bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.services.event_log import LoggedEvent
from bot.storage.conversations import Escalation, Event, Turn
from bot.storage.plain_rows import add_row

_CHAT = bindparam("chat", type_=String())
_OTHER = aliased(Turn)

_TAKEN_UP = (
    select(
        Turn.state,
        Event.author,
        Event.text,
        Event.data,
        exists().where(
            _OTHER.conversation_id == _CHAT, _OTHER.state == "pending", _OTHER.seq != Turn.seq
        ),
        exists().where(Escalation.conversation_id == _CHAT, Escalation.state != "closed"),
    )
    .outerjoin(Event, and_(Event.conversation_id == Turn.conversation_id, Event.seq == Turn.seq))
    .where(Turn.conversation_id == _CHAT, Turn.seq == bindparam("seq"))
)

_ROWS: Any = Turn.__table__  # past the session, which holds none of these rows
_SETTLED = (
    update(_ROWS)
    .where(_ROWS.c.conversation_id == _CHAT, _ROWS.c.seq == bindparam("at"))
    .values({name: bindparam(name) for name in ("state", "answered_at", "intent", "confidence")})
)


@dataclass(frozen=True)
class Owed:
    """A claimed turn: what Rasa is to be told, and which message it answers."""

    conversation_id: str
    seq: int
    input: str
    in_reply_to: str | None
    attempts: int
    asked_at: datetime


@dataclass(frozen=True)
class TakenUp:
    """A turn that is to be answered, with the event that it belongs to.

    `more`: another one is owed as well. `watched`: people look at the conversation.
    """

    author: str
    text: str
    data: dict[str, Any]
    more: bool
    watched: bool


@dataclass(frozen=True)
class Wanted:
    """What Rasa is to be told, and what the patient has picked or named, if anything."""

    input: str
    prescription_id: int | None = None
    product_id: str | None = None


def owe(
    session: AsyncSession,
    message: LoggedEvent,
    conversation_id: str,
    wanted: Wanted,
    lease: timedelta | None,
    now: datetime,
) -> Owed | None:
    """Owe the answer to a message of a locked conversation.

    It is claimed at once for `lease`, if there is one: only a turn that no other one comes before
    may be claimed so, by whoever answers it now.
    """
    attempts = 0 if lease is None else 1
    add_row(
        session,
        Turn,
        conversation_id=conversation_id,
        seq=message.seq,
        input=wanted.input,
        in_reply_to=message.client_id,
        prescription_id=wanted.prescription_id,
        product_id=wanted.product_id,
        state="pending",
        attempts=attempts,
        claimed_until=None if lease is None else now + lease,
        asked_at=now,
    )
    owed = Owed(conversation_id, message.seq, wanted.input, message.client_id, attempts, now)
    return None if lease is None else owed


def claim(turn: Turn, lease: timedelta, now: datetime) -> Owed:
    """Give a turn to whoever answers it within `lease`; afterwards another may take it up."""
    turn.claimed_until = now + lease
    turn.attempts += 1
    return Owed(
        turn.conversation_id, turn.seq, turn.input, turn.in_reply_to, turn.attempts, turn.asked_at
    )


async def take_up(session: AsyncSession, owed: Owed) -> TakenUp | None:
    """What a locked conversation is owed; None when that is answered already, or gone."""
    asked = {"chat": owed.conversation_id, "seq": owed.seq}
    row = (await session.execute(_TAKEN_UP, asked)).one_or_none()
    if row is None or row[0] != "pending":
        return None
    _, author, text, data, more, watched = row
    return TakenUp(author or "system", text or "", data or {}, more, watched)


async def settle(
    session: AsyncSession,
    owed: Owed,
    state: Literal["answered", "dropped"],
    now: datetime,
    intent: str | None = None,
    confidence: float | None = None,
) -> None:
    """Owe a turn no more, with what its message was taken for, if the engine was asked."""
    values = {"state": state, "answered_at": now, "intent": intent, "confidence": confidence}
    asked = {"chat": owed.conversation_id, "at": owed.seq}
    await session.execute(_SETTLED, {**asked, **values})


async def drop(session: AsyncSession, conversation_id: str, now: datetime) -> None:
    """Forget what a locked conversation is owed: somebody else speaks, or nobody any more."""
    await session.execute(
        update(Turn)
        .where(Turn.conversation_id == conversation_id, Turn.state == "pending")
        .values(state="dropped", answered_at=now)
    )
