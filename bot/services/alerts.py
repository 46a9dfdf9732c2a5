"""Alerts that come again until somebody acts. Their times are in the database, so that a restart
forgets none.

Something that nobody has taken is told to its queue, urgent from the start, the rest once it is
due, and the patient hears once that it takes longer. A person who has a conversation and does not
read the patient is reminded; after a few reminders the conversation returns to the queue.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import desk
from bot.pharmacy.routes import Priority
from bot.services import audit, staff_events, waits
from bot.services.conversations import Rules
from bot.services.desk_cases import account_of
from bot.services.event_log import lock
from bot.services.letting_go import return_to_queue
from bot.storage.conversations import Conversation, Escalation
from bot.storage.database import Database
from bot.wording import load


async def due(database: Database, now: datetime) -> Sequence[int]:
    """The escalations that an alert is due for."""
    async with database.read() as session:
        rows = await session.scalars(
            select(Escalation.escalation_id)
            .where(Escalation.state != "closed", Escalation.next_alert_at <= now)
            .order_by(Escalation.next_alert_at)
        )
        return rows.all()


async def alert(database: Database, escalation_id: int, rules: Rules, now: datetime) -> str | None:
    """Give one alert that is due; the conversation that it concerns, None when it is not due."""
    async with database.write() as session:
        conversation_id = await session.scalar(
            select(Escalation.conversation_id).where(Escalation.escalation_id == escalation_id)
        )
        conversation = await lock(session, conversation_id or "")
        row = await session.get(Escalation, escalation_id, populate_existing=True)
        if conversation is None or row is None or row.state == "closed":
            return None
        if row.next_alert_at is None or row.next_alert_at > now:
            return None  # another gateway was faster
        row.alerts += 1
        if row.state == "claimed":
            await _remind_holder(session, conversation, row, rules, now)
        else:
            row.next_alert_at = desk.next_alert(cast(Priority, row.priority), now)
            await _tell(session, row, "alert", now, number=row.alerts)
            wording = load(conversation.locale, rules.country)
            await waits.tell_late(session, row, conversation, wording, now)
        return conversation.conversation_id


async def _remind_holder(
    session: AsyncSession, conversation: Conversation, row: Escalation, rules: Rules, now: datetime
) -> None:
    """Remind the person who has it; give up on them when they do not even read."""
    username = row.claimed_by or ""
    row.next_alert_at = now + (desk.UNREAD_AFTER if row.unread else desk.OVERDUE_EVERY)
    patient_waits = row.unread > 0 and conversation.ended_at is None
    if patient_waits and row.alerts > desk.UNREAD_ALERTS:
        await return_to_queue(session, conversation, username, rules, now)
        audit.record(
            session, "returned_to_queue", now, actor=None,
            conversation_id=row.conversation_id, escalation_id=row.escalation_id,
            holder=username,
        )  # fmt: skip
        return
    account = await account_of(session, username)
    name = account.display_name if account else username
    await _tell(session, row, "unread", now, holder=name, username=username, number=row.alerts)


async def _tell(
    session: AsyncSession, row: Escalation, kind: str, now: datetime, **data: Any
) -> None:
    await staff_events.tell(
        session, kind, row.conversation_id, now, queue=row.queue,
        escalation_id=row.escalation_id, priority=row.priority, **data,
    )  # fmt: skip
