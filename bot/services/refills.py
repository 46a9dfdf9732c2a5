"""Requests that change something: a refill, a renewal, taking one back, a notice when ready.

Each is checked again inside the transaction that writes it, with the prescription locked, so
that a double tap, a turn that is answered twice or a second device leave one row. What a
conversation may ask for is what it may see.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import refill_rules as rules
from bot.services.access import PrescriptionView, grants, visible_prescriptions
from bot.services.refill_facts import cancelled_here, judge, latest_request, open_request
from bot.storage.conversations import ReadyNotice
from bot.storage.database import Database
from bot.storage.records import Prescription, RefillRequest


@dataclass(frozen=True)
class Placed:
    """The request is on its way to the pharmacy."""

    view: PrescriptionView
    kind: rules.Kind
    placed_at: datetime


@dataclass(frozen=True)
class AlreadyPlaced:
    """The same was asked for before; nothing was added."""

    view: PrescriptionView
    asked: rules.AlreadyRequested


@dataclass(frozen=True)
class NotPlaced:
    """Nothing was placed, because of what the records say now."""

    view: PrescriptionView
    outcome: rules.Outcome


@dataclass(frozen=True)
class NotVisible:
    """The conversation may not see such a prescription, or not any more."""


@dataclass(frozen=True)
class Withdrawn:
    """The request was taken back. `repeated`: that had happened before."""

    view: PrescriptionView
    kind: rules.Kind
    repeated: bool = False


@dataclass(frozen=True)
class TakenUp:
    """The pharmacy works on it already: only people can stop it."""

    view: PrescriptionView


@dataclass(frozen=True)
class NothingAsked:
    """There is no request of the patient's to take back."""

    view: PrescriptionView


@dataclass(frozen=True)
class NoticeSet:
    """The patient is told in the chat. `repeated`: that was set up before."""

    view: PrescriptionView
    repeated: bool = False


@dataclass(frozen=True)
class ReadyNow:
    """There is nothing to wait for: it is ready, on its way or with the patient."""

    view: PrescriptionView


@dataclass(frozen=True)
class NothingComing:
    """No fill is on its way, so none will become ready."""

    view: PrescriptionView


WAITS_FOR_PATIENT = frozenset({"ready", "partial_ready", "out_for_delivery"})


async def request(
    database: Database,
    conversation_id: str,
    prescription_id: int,
    kind: rules.Kind,
    now: datetime,
) -> Placed | AlreadyPlaced | NotPlaced | NotVisible:
    """Place a refill or a renewal that the patient has confirmed, if that is still possible."""
    async with database.write() as session:
        view = await _locked(session, conversation_id, prescription_id, now)
        if view is None:
            return NotVisible()
        match await judge(session, view, now):
            case rules.AlreadyRequested() as asked:
                return AlreadyPlaced(view, asked)
            case rules.MayRefill() if kind == "refill":
                pass
            case rules.NeedsRenewal() if kind == "renewal":
                pass
            case outcome:
                return NotPlaced(view, outcome)
        session.add(
            RefillRequest(
                rx_number=view.prescription.rx_number,
                kind=kind,
                conversation_id=conversation_id,
                status="placed",
                placed_at=now,
            )
        )
        return Placed(view, kind, now)


async def cancel_request(
    database: Database, conversation_id: str, prescription_id: int, now: datetime
) -> Withdrawn | TakenUp | NothingAsked | NotVisible:
    """Take back a request that the pharmacy has not accepted yet."""
    async with database.write() as session:
        view = await _locked(session, conversation_id, prescription_id, now)
        if view is None:
            return NotVisible()
        if view.fill is not None and view.fill.state in rules.IN_PROGRESS:
            return TakenUp(view)
        row = await latest_request(session, view.prescription.rx_number, to_change=True)
        asked = await open_request(session, view, now)
        if row is None or asked is None:
            withdrawn = await cancelled_here(session, view, conversation_id)
            return Withdrawn(view, withdrawn, repeated=True) if withdrawn else NothingAsked(view)
        if asked.status == "accepted":
            return TakenUp(view)
        row.status, row.reason, row.decided_at = "cancelled", "patient_request", now
        return Withdrawn(view, asked.kind)


async def notify_when_ready(
    database: Database, conversation_id: str, prescription_id: int, now: datetime
) -> NoticeSet | ReadyNow | NothingComing | NotVisible:
    """Have the patient told in this conversation when the prescription is ready."""
    async with database.write() as session:
        view = await _locked(session, conversation_id, prescription_id, now)
        if view is None:
            return NotVisible()
        state = view.fill.state if view.fill else ""
        if state in WAITS_FOR_PATIENT:
            return ReadyNow(view)
        if state not in rules.COMING and await open_request(session, view, now) is None:
            return NothingComing(view)
        rx_number = view.prescription.rx_number
        notice = await session.get(ReadyNotice, (conversation_id, rx_number))
        if notice is not None and notice.told_at is None:
            return NoticeSet(view, repeated=True)
        if notice is None:
            notice = ReadyNotice(conversation_id=conversation_id, rx_number=rx_number)
            session.add(notice)
        notice.asked_at, notice.hinted_at, notice.told_at = now, None, None
        return NoticeSet(view)


async def _locked(
    session: AsyncSession, conversation_id: str, prescription_id: int, now: datetime
) -> PrescriptionView | None:
    """The prescription, if the conversation may see it; nobody else requests it meanwhile.

    SQLite locks the whole database for a writer; PostgreSQL the row, until the transaction ends.
    """
    await session.execute(
        select(Prescription.id)
        .where(Prescription.id == prescription_id)
        .with_for_update(key_share=True)
    )
    allowed = await grants(session, conversation_id, now)
    views = await visible_prescriptions(session, allowed) if allowed else ()
    return next((view for view in views if view.prescription.id == prescription_id), None)
