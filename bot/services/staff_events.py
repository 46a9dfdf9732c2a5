"""What consoles are told: one ordered list of changes, so that a console misses nothing.

An entry names what changed and carries no patient's words: a console reads the rest through the
interface, where its role is checked again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.instants import instant
from bot.storage.staff import StaffEvent, StaffEventCounter

COUNTER = 1


@dataclass(frozen=True)
class Change:
    """One entry; `at` is in UTC."""

    event_id: int
    at: datetime
    kind: str
    queue: str | None
    conversation_id: str
    escalation_id: int | None
    data: dict[str, Any]

    def public(self) -> dict[str, Any]:
        """The JSON form for the console."""
        return {
            "kind": self.kind,
            "at": instant(self.at),
            "queue": self.queue,
            "conversation_id": self.conversation_id,
            "escalation_id": self.escalation_id,
            **self.data,
        }


async def tell(
    session: AsyncSession,
    kind: str,
    conversation_id: str,
    now: datetime,
    *,
    queue: str | None = None,
    escalation_id: int | None = None,
    **data: Any,
) -> int:
    """Write an entry; its number is larger than that of every entry committed before.

    Comes after the lock of the conversation, never before, so that nobody waits in a circle.
    """
    event_id: int | None = await session.scalar(
        update(StaffEventCounter)
        .where(StaffEventCounter.id == COUNTER)
        .values(last_id=StaffEventCounter.last_id + 1)
        .returning(StaffEventCounter.last_id)
    )
    assert event_id is not None  # the migration wrote the row
    session.add(
        StaffEvent(
            event_id=event_id,
            at=now,
            kind=kind,
            queue=queue,
            conversation_id=conversation_id,
            escalation_id=escalation_id,
            data=data,
        )
    )
    return event_id


async def last_id(session: AsyncSession) -> int:
    """The number of the newest entry; 0 before the first."""
    found = await session.scalar(select(func.max(StaffEventCounter.last_id)))
    return found or 0


async def is_kept(session: AsyncSession, after: int) -> bool:
    """Whether everything that follows `after` is still there to be told."""
    newest = await last_id(session)
    if after > newest:
        return False
    oldest = await session.scalar(select(func.min(StaffEvent.event_id)))
    return after >= (newest if oldest is None else oldest - 1)


async def forget(session: AsyncSession, before: datetime) -> None:
    """Delete the entries from before a time: no console is away for that long."""
    await session.execute(delete(StaffEvent).where(StaffEvent.at < before))


async def read_after(session: AsyncSession, after: int, limit: int = 500) -> Sequence[Change]:
    """The entries that follow `after`, in order."""
    rows = await session.scalars(
        select(StaffEvent)
        .where(StaffEvent.event_id > after)
        .order_by(StaffEvent.event_id)
        .limit(limit)
    )
    return [
        Change(
            row.event_id, row.at, row.kind, row.queue, row.conversation_id, row.escalation_id,
            row.data,
        )
        for row in rows
    ]  # fmt: skip
