"""What a message of a patient meets: the locked conversation, and what counts about it now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, bindparam, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.event_log import lock
from bot.storage.base import UtcDateTime
from bot.storage.conversations import Conversation, Escalation, Event, Turn, Verification

_CHAT = bindparam("chat", type_=String())
_NOW = bindparam("now", type_=UtcDateTime())

# Asked after the lock: in one statement with it, PostgreSQL would answer from before the wait.
_MET = select(
    select(Event.seq)
    .where(Event.conversation_id == _CHAT, Event.client_id == bindparam("client"))
    .scalar_subquery(),
    exists().where(Turn.conversation_id == _CHAT, Turn.state == "pending"),
    exists().where(Escalation.conversation_id == _CHAT, Escalation.state != "closed"),
    exists().where(Verification.conversation_id == _CHAT, Verification.expires_at > _NOW),
)
_PROOFS: Any = Verification.__table__  # past the session, which holds none of these rows
_PROLONG = (
    update(_PROOFS)
    .where(_PROOFS.c.conversation_id == _CHAT, _PROOFS.c.expires_at > _NOW)
    .values(expires_at=bindparam("until", type_=UtcDateTime()))
)


@dataclass(frozen=True)
class Arrival:
    """A message at its conversation, which is locked and goes on.

    `seq` is where the same message is stored already. `owes`: the bot still owes an earlier
    answer. `watched`: people look at the conversation. `verified`: what it has proved still holds.
    """

    conversation: Conversation
    seq: int | None
    owes: bool
    watched: bool
    verified: bool


async def arrive(
    session: AsyncSession, conversation_id: str, client_id: str, now: datetime
) -> Arrival | None:
    """Lock the conversation for a message of `client_id`; None when it has ended."""
    conversation = await lock(session, conversation_id)
    if conversation is None or conversation.ended_at is not None:
        return None
    asked = {"chat": conversation_id, "client": client_id, "now": now}
    seq, owes, watched, verified = (await session.execute(_MET, asked)).one()
    return Arrival(conversation, seq, owes, watched, verified)


async def patient_was_here(
    session: AsyncSession, arrival: Arrival, verified_minutes: int, now: datetime
) -> None:
    """Move the end of a verification that still holds: it lasts while the patient writes."""
    if arrival.verified:
        until = now + timedelta(minutes=verified_minutes)
        chat = arrival.conversation.conversation_id
        await session.execute(_PROLONG, {"chat": chat, "now": now, "until": until})
    arrival.conversation.last_patient_at = now
