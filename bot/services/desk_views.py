"""What staff see: escalations in order, with the names of people, and how they look as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import desk, reasons
from bot.services.audit import Actor
from bot.services.desk_cases import may_take
from bot.services.escalations import in_order
from bot.services.instants import instant
from bot.storage.conversations import Conversation, Escalation
from bot.storage.database import Database
from bot.storage.records import Patient
from bot.storage.staff import StaffAccount, StaffNote

NEWEST = 200


@dataclass(frozen=True)
class People:
    """The names behind usernames and patient ids, read at once for many rows."""

    staff: dict[str, StaffAccount]
    patients: dict[str, Patient]
    conversations: dict[str, Conversation]

    def person(self, username: str | None) -> dict[str, str] | None:
        """Somebody of the staff; a name that is not on record stands for itself."""
        if username is None:
            return None
        account = self.staff.get(username)
        if account is None:
            return {"username": username, "display_name": username, "role": ""}
        return {
            "username": username,
            "display_name": account.display_name,
            "role": account.role,
        }

    def patient_name(self, patient_id: str | None) -> str | None:
        """A patient's full name, as far as the conversation has proved it."""
        patient = self.patients.get(patient_id or "")
        return f"{patient.first_name} {patient.last_name}" if patient else None


async def listed(
    session: AsyncSession, actor: Actor, state: str | None, *, mine: bool, now: datetime
) -> list[dict[str, Any]]:
    """The escalations of the person's queues: urgent first, then by due time.

    `state` is waiting, claimed or closed (the newest 200, newest first); None is all that is open.
    """
    chosen = select(Escalation)
    if state is None:
        chosen = chosen.where(Escalation.state.in_(("waiting", "claimed")))
    else:
        chosen = chosen.where(Escalation.state == state)
    if mine:
        chosen = chosen.where(
            (Escalation.closed_by if state == "closed" else Escalation.claimed_by) == actor.username
        )
    if state == "closed":
        chosen = chosen.order_by(Escalation.closed_at.desc()).limit(NEWEST)
    rows = [row for row in await session.scalars(chosen) if may_take(actor, row)]
    return await shown(session, rows if state == "closed" else in_order(rows), now)


async def one(database: Database, escalation_id: int, now: datetime) -> dict[str, Any]:
    """An escalation that exists, as JSON."""
    async with database.read() as session:
        (found,) = await shown(session, [await session.get_one(Escalation, escalation_id)], now)
        return found


async def shown(
    session: AsyncSession, rows: Sequence[Escalation], now: datetime
) -> list[dict[str, Any]]:
    """Escalations as JSON, in the given order."""
    people = await people_of(session, rows)
    return [_escalation(row, people, now) for row in rows]


async def people_of(session: AsyncSession, rows: Sequence[Escalation]) -> People:
    """Everybody whom these escalations name."""
    conversation_ids = {row.conversation_id for row in rows}
    conversations = await session.scalars(
        select(Conversation).where(Conversation.conversation_id.in_(conversation_ids))
    )
    by_id = {row.conversation_id: row for row in conversations}
    usernames = {row.claimed_by for row in rows} | {row.closed_by for row in rows}
    usernames |= {row.holder for row in by_id.values()}
    accounts = await session.scalars(
        select(StaffAccount).where(StaffAccount.username.in_(filter(None, usernames)))
    )
    patients = await session.scalars(
        select(Patient).where(
            Patient.patient_id.in_(filter(None, (row.patient_id for row in rows)))
        )
    )
    return People(
        {row.username: row for row in accounts},
        {row.patient_id: row for row in patients},
        by_id,
    )


def shown_note(note: StaffNote) -> dict[str, Any]:
    """A private note as JSON."""
    return {
        "note_id": note.note_id,
        "at": instant(note.at),
        "author": {
            "username": note.username,
            "display_name": note.display_name,
            "role": note.role,
        },
        "text": note.text,
    }


def _escalation(row: Escalation, people: People, now: datetime) -> dict[str, Any]:
    conversation = people.conversations[row.conversation_id]
    return {
        "escalation_id": row.escalation_id,
        "conversation_id": row.conversation_id,
        "queue": row.queue,
        "priority": row.priority,
        "reason": row.reason,
        "reason_label": reasons.label(row.reason),
        "clinical": desk.is_clinical(row.reason),
        "question": row.question,
        "state": row.state,
        "opened_at": instant(row.opened_at),
        "due_at": instant(row.due_at),
        "overdue": row.state != "closed" and row.answered_at is None and row.due_at < now,
        "alerts": row.alerts,
        "last_patient_at": instant(row.last_patient_at),
        "unread": row.unread,
        "claimed_by": people.person(row.claimed_by),
        "claimed_at": instant(row.claimed_at),
        "answered_at": instant(row.answered_at),
        "closed_at": instant(row.closed_at),
        "closed_by": people.person(row.closed_by),
        "outcome": row.outcome,
        "locale": conversation.locale,
        "patient_name": people.patient_name(row.patient_id),
        "store_id": row.store_id,
        "owner": conversation.owner,
        "holder": people.person(conversation.holder),
        "patient_left": conversation.ended_at is not None,
        "call_back": _call_back(row),
    }


def _call_back(row: Escalation) -> dict[str, Any] | None:
    if row.call_from is None:
        return None
    return {
        "from": instant(row.call_from),
        "until": instant(row.call_until),
        "phone": row.call_phone,
        "name": row.call_name,
    }
