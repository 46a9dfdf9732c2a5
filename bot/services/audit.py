"""The audit: who read or did what, when, from where, and whether it was allowed. Append-only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.staff import AuditEntry

OK = "ok"


@dataclass(frozen=True)
class Actor:
    """Who does something at the desk: a signed-in person, with the address they came from."""

    username: str
    display_name: str
    role: str
    address: str | None = None


@dataclass(frozen=True)
class Filters:
    """Which entries to list; empty fields choose all. Times in UTC, `until` not included."""

    username: str | None = None
    action: str | None = None
    outcome: str | None = None
    conversation_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before_id: int | None = None


def record(
    session: AsyncSession,
    action: str,
    now: datetime,
    *,
    actor: Actor | None,
    outcome: str = OK,
    conversation_id: str | None = None,
    escalation_id: int | None = None,
    address: str | None = None,
    **detail: Any,
) -> None:
    """Write an entry in the transaction of what it tells. `detail` has no patient's words."""
    session.add(
        AuditEntry(
            at=now,
            username=actor.username if actor else None,
            role=actor.role if actor else None,
            action=action,
            outcome=outcome,
            conversation_id=conversation_id,
            escalation_id=escalation_id,
            address=address or (actor.address if actor else None),
            detail=detail,
        )
    )


async def listed(
    session: AsyncSession, filters: Filters, limit: int | None = 200
) -> Sequence[AuditEntry]:
    """The entries that fit, newest first; `limit` None lists all."""
    chosen = select(AuditEntry).order_by(AuditEntry.entry_id.desc())
    for name in ("username", "action", "outcome", "conversation_id"):
        value = getattr(filters, name)
        if value is not None:
            chosen = chosen.where(getattr(AuditEntry, name) == value)
    if filters.since is not None:
        chosen = chosen.where(AuditEntry.at >= filters.since)
    if filters.until is not None:
        chosen = chosen.where(AuditEntry.at < filters.until)
    if filters.before_id is not None:
        chosen = chosen.where(AuditEntry.entry_id < filters.before_id)
    return (await session.scalars(chosen if limit is None else chosen.limit(limit))).all()
