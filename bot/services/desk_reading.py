"""One conversation as staff read it: the log, the escalations, the notes, the verified record."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import audit
from bot.services.access import Grant, PrescriptionView, visible_prescriptions
from bot.services.audit import Actor
from bot.services.desk_cases import Forbidden, NotFound
from bot.services.desk_talk import may_read
from bot.services.desk_views import people_of, shown, shown_note
from bot.services.event_log import read_after
from bot.services.instants import instant
from bot.services.prescriptions import status_card
from bot.services.status_card import render_card
from bot.storage.conversations import Conversation, Escalation, Verification
from bot.storage.database import Database
from bot.storage.records import Patient, Proxy
from bot.storage.staff import StaffNote
from bot.wording import load


async def read(
    database: Database, actor: Actor, conversation_id: str, after: int | None, now: datetime
) -> dict[str, Any] | NotFound | Forbidden:
    """A conversation, whole or only what came after an event; reading the whole is audited."""
    async with database.read() as session:
        refused = await may_read(session, actor, conversation_id)
        found = None if refused else await _shown(session, conversation_id, after or 0, now)
    if after is None or refused is not None:
        async with database.write() as session:
            audit.record(
                session, "read", now, actor=actor, conversation_id=conversation_id,
                outcome="forbidden" if isinstance(refused, Forbidden) else audit.OK,
            )  # fmt: skip
    return refused or found or NotFound()


async def _shown(
    session: AsyncSession, conversation_id: str, after: int, now: datetime
) -> dict[str, Any]:
    conversation = await session.get_one(Conversation, conversation_id)
    escalations = (
        await session.scalars(
            select(Escalation)
            .where(Escalation.conversation_id == conversation_id)
            .order_by(Escalation.escalation_id)
        )
    ).all()
    notes = await session.scalars(
        select(StaffNote)
        .where(StaffNote.conversation_id == conversation_id)
        .order_by(StaffNote.note_id)
    )
    people = await people_of(session, escalations)
    events = await read_after(session, conversation_id, after, None)
    return {
        "conversation": {
            "conversation_id": conversation_id,
            "locale": conversation.locale,
            "owner": conversation.owner,
            "holder": people.person(conversation.holder),
            "opened_at": instant(conversation.opened_at),
            "last_patient_at": instant(conversation.last_patient_at),
            "ended_at": instant(conversation.ended_at),
            "last_seq": conversation.last_seq,
            "seen_seq": conversation.seen_seq,
        },
        "events": [event.public() for event in events],
        "escalations": await shown(session, escalations, now),
        "notes": [shown_note(note) for note in notes],
        "record": await _record(session, conversation_id, escalations, now),
    }


async def _record(
    session: AsyncSession, conversation_id: str, escalations: Any, now: datetime
) -> list[dict[str, Any]]:
    """Who the conversation has proved to be, and what the pharmacy has of them.

    A caregiver's conversation shows no more than the caregiver may know. After the patient has
    left, the patient of the escalations is shown.
    """
    proofs = await session.scalars(
        select(Verification).where(Verification.conversation_id == conversation_id)
    )
    proved: list[tuple[str, str, datetime | None, bool]] = [
        (row.patient_id, row.proxy_id, row.verified_at, row.expires_at > now) for row in proofs
    ]
    if not proved:
        earlier = {row.patient_id for row in escalations if row.patient_id}
        proved = [(patient_id, "", None, False) for patient_id in sorted(earlier)]
    return [
        await _person(session, patient_id, proxy_id, verified_at, valid, now)
        for patient_id, proxy_id, verified_at, valid in proved
    ]


async def _person(
    session: AsyncSession,
    patient_id: str,
    proxy_id: str,
    verified_at: datetime | None,
    valid: bool,
    now: datetime,
) -> dict[str, Any]:
    patient = await session.get_one(Patient, patient_id)
    proxy = await session.get(Proxy, proxy_id) if proxy_id else None
    views = await visible_prescriptions(session, [Grant(patient_id, bool(proxy_id))])
    return {
        "patient": {
            "name": f"{patient.first_name} {patient.last_name}",
            "date_of_birth": patient.date_of_birth.isoformat(),
            "phone": patient.phone,
            "language": patient.language,
        },
        "caregiver": {"relationship": proxy.relationship} if proxy else None,
        "verified_at": instant(verified_at),
        "valid": valid,
        "prescriptions": [await _prescription(session, view, now) for view in views],
    }


async def _prescription(
    session: AsyncSession, view: PrescriptionView, now: datetime
) -> dict[str, Any]:
    row = view.prescription
    shown_row: dict[str, Any] = {
        "rx_number": row.rx_number,
        "medicine": view.medicine,
        "directions": row.directions,
        "quantity": row.quantity,
        "refills_remaining": row.refills_remaining,
        "status": row.status,
        "store_name": view.store.name,
        "state": None,
        "title": "No fill on record",
        "meaning": "",
        "next_step": "",
        "late": False,
        "facts": [],
        "as_of_text": "",
    }
    if view.fill is not None:
        card = render_card(await status_card(session, view, view.fill, now), load("en"), now).data
        names = ("state", "title", "meaning", "next_step", "late", "facts", "as_of_text")
        shown_row |= {name: card[name] for name in names}
        shown_row["facts"] = [fact for fact in card["facts"] if fact["key"] != "store"]
    return shown_row
