"""What the records say about asking for a refill: the rows behind `pharmacy/refill_rules`."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import refill_rules as rules
from bot.services.access import PrescriptionView
from bot.storage.records import Fill, PrescriberRequest, RefillRequest


async def judge(session: AsyncSession, view: PrescriptionView, now: datetime) -> rules.Outcome:
    """What a patient who asks for a refill of this prescription is told now."""
    row = await latest_request(session, view.prescription.rx_number)
    return rules.decide(await _facts(session, view, row), _today(view, now))


async def open_request(
    session: AsyncSession, view: PrescriptionView, now: datetime
) -> rules.AlreadyRequested | None:
    """The request that was made here and still waits for the pharmacy, if there is one."""
    row = await latest_request(session, view.prescription.rx_number)
    if row is None:
        return None
    facts = await _facts(session, view, row)
    if facts.asked is None or not rules.is_open(facts, _today(view, now)):
        return None
    return rules.AlreadyRequested(facts.asked.kind, facts.asked.status, facts.asked.placed_at)


async def requested(
    session: AsyncSession, views: Sequence[PrescriptionView], now: datetime
) -> frozenset[int]:
    """Those of the prescriptions, by id, for which a request waits for the pharmacy."""
    rows = await session.scalars(
        select(RefillRequest.rx_number).where(
            RefillRequest.rx_number.in_([view.prescription.rx_number for view in views]),
            RefillRequest.status.in_(("placed", "accepted")),
        )
    )
    ever = set(rows)
    asked = [view for view in views if view.prescription.rx_number in ever]
    return frozenset(
        [view.prescription.id for view in asked if await open_request(session, view, now)]
    )


async def cancelled_here(
    session: AsyncSession, view: PrescriptionView, conversation_id: str
) -> rules.Kind | None:
    """What the latest request was, if the patient has taken it back."""
    row = await latest_request(session, view.prescription.rx_number)
    if row is None or row.status != "cancelled" or row.conversation_id != conversation_id:
        return None
    return kind_of(row)


async def _facts(
    session: AsyncSession, view: PrescriptionView, row: RefillRequest | None
) -> rules.Facts:
    prescription = view.prescription
    return rules.Facts(
        status=prescription.status,
        refills_remaining=prescription.refills_remaining,
        expires_on=prescription.expires_on,
        transferred_to=prescription.transferred_to,
        controlled=bool(view.product.dea_schedule),
        fill=_fill(view.fill) if view.fill else None,
        prescriber=await _asked_prescriber(session, prescription.rx_number),
        asked=rules.Asked(kind_of(row), row.status, row.placed_at) if row else None,
    )


def _fill(fill: Fill) -> rules.LatestFill:
    begun_at = fill.requested_at or fill.ready_at or fill.picked_up_at
    return rules.LatestFill(fill.state, fill.reason, begun_at, fill.earliest_refill_on)


async def _asked_prescriber(session: AsyncSession, rx_number: str) -> rules.AskedPrescriber | None:
    row = await session.scalar(
        select(PrescriberRequest)
        .where(PrescriberRequest.rx_number == rx_number, PrescriberRequest.kind == "renewal")
        .order_by(PrescriberRequest.sent_at.desc(), PrescriberRequest.request_id.desc())
        .limit(1)
    )
    return rules.AskedPrescriber(row.status, row.sent_at, row.follow_up_at) if row else None


async def latest_request(
    session: AsyncSession, rx_number: str, *, to_change: bool = False
) -> RefillRequest | None:
    """The last request that was made here for a prescription, whatever became of it.

    `to_change` locks the row: the pharmacy may be deciding about it at the same moment.
    """
    found = (
        select(RefillRequest)
        .where(RefillRequest.rx_number == rx_number)
        .order_by(RefillRequest.refill_request_id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    return await session.scalar(found.with_for_update() if to_change else found)


def kind_of(row: RefillRequest) -> rules.Kind:
    """Whether a stored request is a refill or a renewal."""
    return "renewal" if row.kind == "renewal" else "refill"


def _today(view: PrescriptionView, now: datetime) -> date:
    """The day at the store."""
    return now.astimezone(ZoneInfo(view.store.timezone)).date()
