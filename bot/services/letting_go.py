"""Conversations that a person leaves without a word: signed out, disabled, or just not there.

They return to the queue, and the patient is told, so that nobody waits for somebody who is gone.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import staff_events
from bot.services.conversations import Rules
from bot.services.desk_cases import account_of, let_go_of
from bot.services.escalations import open_ones, wait_in_line
from bot.services.event_log import append, lock
from bot.storage.conversations import Conversation, Escalation
from bot.wording import load


async def let_go(
    session: AsyncSession, username: str, rules: Rules, now: datetime
) -> Sequence[str]:
    """Return everything that a person has to the queue; the conversations that it concerns."""
    held = await session.scalars(
        select(Escalation.conversation_id)
        .where(Escalation.claimed_by == username, Escalation.state == "claimed")
        .distinct()
        .order_by(Escalation.conversation_id)
    )
    concerned = held.all()
    for conversation_id in concerned:
        conversation = await lock(session, conversation_id)
        assert conversation is not None
        await return_to_queue(session, conversation, username, rules, now)
    return concerned


async def return_to_queue(
    session: AsyncSession, conversation: Conversation, username: str, rules: Rules, now: datetime
) -> None:
    """Return what a person has of a locked conversation to the queue, and tell the patient."""
    account = await account_of(session, username)
    for row in await open_ones(session, conversation.conversation_id):
        if row.claimed_by != username:
            continue
        let_go_of(row, now)
        await staff_events.tell(
            session, "released", conversation.conversation_id, now, queue=row.queue,
            escalation_id=row.escalation_id, priority=row.priority,
            holder=account.display_name if account else username,
        )  # fmt: skip
    if conversation.ended_at is None:
        wording = load(conversation.locale, rules.country)
        text = wording.render("owner.away", now=now)
        append(session, conversation, "message", "system", text, at=now)
        await wait_in_line(session, conversation, wording, now)
