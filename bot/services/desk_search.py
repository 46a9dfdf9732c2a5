"""Finding conversations at the desk: by name, Rx number, words, or the number of an escalation."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import reasons
from bot.pharmacy.identity_keys import name_key, rx_key
from bot.services import audit
from bot.services.audit import Actor
from bot.services.desk_cases import may_take
from bot.services.desk_views import people_of
from bot.services.instants import instant
from bot.storage.conversations import Escalation, Event, Verification
from bot.storage.database import Database
from bot.storage.records import Patient, Prescription

MOST = 50
# So many escalations are looked at, because the role's scope is applied after the query.
LOOKED_AT = 500
AROUND = 60


async def search(
    database: Database, actor: Actor, query: str, now: datetime
) -> list[dict[str, Any]]:
    """The escalations that fit and that the person may see, the newest first; at most 50.

    That there was a search is audited, not what was looked for.
    """
    async with database.read() as session:
        chosen = select(Escalation).where(await _fitting(session, query))
        rows = await session.scalars(
            chosen.order_by(Escalation.escalation_id.desc()).limit(LOOKED_AT)
        )
        visible = [row for row in rows if may_take(actor, row)][:MOST]
        people = await people_of(session, visible)
        texts = await _found_in(session, visible, query)
        results = [
            {
                "conversation_id": row.conversation_id,
                "escalation_id": row.escalation_id,
                "patient_name": people.patient_name(row.patient_id),
                "reason_label": reasons.label(row.reason),
                "state": row.state,
                "opened_at": instant(row.opened_at),
                "snippet": _snippet(texts.get(row.conversation_id), row.question, query),
            }
            for row in visible
        ]
    async with database.write() as session:
        audit.record(session, "search", now, actor=actor, results=len(results))
    return results


async def _fitting(session: AsyncSession, query: str) -> ColumnElement[bool]:
    number = re.fullmatch(r"#?\s*(\d{1,9})", query)
    patients = await _patients(session, query)
    said = select(Event.conversation_id).where(_says(query))
    proved = select(Verification.conversation_id).where(Verification.patient_id.in_(patients))
    return or_(
        Escalation.escalation_id == int(number[1]) if number else false(),
        Escalation.patient_id.in_(patients) if patients else false(),
        Escalation.conversation_id.in_(proved) if patients else false(),
        Escalation.conversation_id.in_(said),
    )


async def _patients(session: AsyncSession, query: str) -> list[str]:
    """The patients with this name (first, last or both) or with a prescription of this number."""
    by_number = await session.scalars(
        select(Prescription.patient_id).where(Prescription.rx_key == (rx_key(query) or "-"))
    )
    words = query.split()
    keys = {key for word in (query, words[-1], words[0]) if (key := name_key(word))}
    rows = await session.scalars(
        select(Patient).where(
            or_(Patient.last_name_key.in_(keys), func.lower(Patient.first_name) == words[0].lower())
        )
    )
    named = [row.patient_id for row in rows if _named(row, words)]
    return [*by_number, *named]


def _named(row: Patient, words: list[str]) -> bool:
    """Whether every word is a part of the patient's name."""
    name = {part.lower() for part in f"{row.first_name} {row.last_name}".split()}
    name |= {name_key(part) for part in name} | {row.last_name_key}
    return all(word.lower() in name or name_key(word) in name for word in words)


async def _found_in(
    session: AsyncSession, rows: Sequence[Escalation], query: str
) -> dict[str, str]:
    """The last message of each conversation that has the words."""
    said = await session.execute(
        select(Event.conversation_id, Event.text)
        .where(Event.conversation_id.in_({row.conversation_id for row in rows}), _says(query))
        .order_by(Event.seq)
    )
    return {row.conversation_id: row.text for row in said}


def _snippet(text: str | None, question: str, query: str) -> str:
    """The words around what was found, or the question."""
    if text is None:
        return question[: 2 * AROUND]
    at = max(0, text.lower().find(query.lower()))
    start = max(0, at - AROUND)
    return text[start : at + len(query) + AROUND]


def _says(query: str) -> ColumnElement[bool]:
    """Whether an event is a message that has the words, wherever in it."""
    like = f"%{_escaped(query.lower())}%"
    return and_(Event.kind == "message", func.lower(Event.text).like(like, escape="\\"))


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)
