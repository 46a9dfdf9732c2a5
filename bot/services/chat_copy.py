"""A chat as a copy for the patient who asks for it: what both sides said, and what became of it.

It has what the patient could see, and how their questions to people ended. It has no private note,
and no name of the staff that the chat itself does not show.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import reasons
from bot.services.event_log import read_after
from bot.services.instants import instant
from bot.storage.conversations import Conversation, Escalation
from bot.storage.records import RefillRequest
from bot.storage.teaching import Feedback


async def copy_of(
    session: AsyncSession, conversation: Conversation, now: datetime
) -> dict[str, Any]:
    """The copy as JSON; times are in UTC."""
    conversation_id = conversation.conversation_id
    return {
        "exported_at": instant(now),
        "conversation": {
            "conversation_id": conversation_id,
            "locale": conversation.locale,
            "opened_at": instant(conversation.opened_at),
            "last_patient_at": instant(conversation.last_patient_at),
            "ended_at": instant(conversation.ended_at),
        },
        "events": [event.public() for event in await read_after(session, conversation_id, 0, None)],
        "escalations": await _escalations(session, conversation_id),
        "refill_requests": await _refill_requests(session, conversation_id),
        "feedback": await _feedback(session, conversation_id),
    }


async def _escalations(session: AsyncSession, conversation_id: str) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(Escalation)
        .where(Escalation.conversation_id == conversation_id)
        .order_by(Escalation.escalation_id)
    )
    return [
        {
            "escalation_id": row.escalation_id,
            "queue": row.queue,
            "priority": row.priority,
            "reason": row.reason,
            "reason_label": reasons.label(row.reason),
            "question": row.question,
            "state": row.state,
            "outcome": row.outcome,
            "opened_at": instant(row.opened_at),
            "answered_at": instant(row.answered_at),
            "closed_at": instant(row.closed_at),
            "call_from": instant(row.call_from),
            "call_until": instant(row.call_until),
        }
        for row in rows
    ]


async def _refill_requests(session: AsyncSession, conversation_id: str) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(RefillRequest)
        .where(RefillRequest.conversation_id == conversation_id)
        .order_by(RefillRequest.refill_request_id)
    )
    return [
        {
            "rx_number": row.rx_number,
            "kind": row.kind,
            "status": row.status,
            "placed_at": instant(row.placed_at),
            "decided_at": instant(row.decided_at),
        }
        for row in rows
    ]


async def _feedback(session: AsyncSession, conversation_id: str) -> list[dict[str, Any]]:
    rows = await session.scalars(
        select(Feedback).where(Feedback.conversation_id == conversation_id).order_by(Feedback.seq)
    )
    return [{"seq": row.seq, "helpful": row.helpful, "at": instant(row.at)} for row in rows]
