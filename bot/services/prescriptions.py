"""What can be said of a fill: the card, with every value out of a row."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import StatusCard
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN, is_late, known_reason
from bot.services.access import PrescriptionView
from bot.services.candidates import (
    Meant,
    NothingOnFile,
    Relevant,
    Unclear,
    Views,
    is_active,
    is_open,
)
from bot.services.meaning import meant, meant_among
from bot.storage.records import Fill, PrescriberRequest, PriorAuthorization, Stock

__all__ = [
    "Meant", "NothingOnFile", "Relevant", "Unclear", "Views", "is_active", "is_open", "meant",
    "meant_among", "status_card",
]  # fmt: skip


async def status_card(
    session: AsyncSession, view: PrescriptionView, fill: Fill, now: datetime
) -> StatusCard:
    """The card of a fill: every value out of a row, None where the row has none."""
    state = FILL_STATES.get(fill.state, UNKNOWN)
    authorization = None
    requests: dict[str, PrescriberRequest] = {}
    if state.name in ("pa_pending", "pa_denied"):
        authorization = await session.get(PriorAuthorization, fill.fill_id)
    if state.name in ("clarification", "renewal_requested"):
        requests = await _prescriber_requests(session, fill.rx_number)
    renewal, clarification = requests.get("renewal"), requests.get("clarification")
    waits_for_stock = state.name in ("out_of_stock", "special_order")
    values: dict[str, Any] = {
        "method": fill.method,
        "promised_at": fill.promised_at if not state.finished else None,
        "ready_at": fill.ready_at if state.name in ("ready", "partial_ready") else None,
        "kept_until": fill.kept_until if state.name in ("ready", "partial_ready") else None,
        "picked_up_at": fill.picked_up_at,
        "copay_cents": fill.copay_cents if not state.finished else None,
        "quantity_ready": fill.quantity if state.name == "partial_ready" else None,
        "quantity_owed": fill.quantity_owed if state.name == "partial_ready" else None,
        "owed_expected_on": fill.owed_expected_on if state.name == "partial_ready" else None,
        "stock_expected_on": await _expected(session, view, fill) if waits_for_stock else None,
        "earliest_refill_on": fill.earliest_refill_on,
        "tracking_url": fill.tracking_url,
        "refills_remaining": view.prescription.refills_remaining
        if state.name in ("picked_up", "delivered", "no_refills")
        else None,
        "prescription_expires_on": view.prescription.expires_on,
        "transferred_to": view.prescription.transferred_to,
        "pa_submitted_on": authorization.submitted_on if authorization else None,
        "pa_decided_on": authorization.decided_on if authorization else None,
        "renewal_sent_at": renewal.sent_at if renewal else None,
        "renewal_follow_up_at": renewal.follow_up_at if renewal else None,
        "clarification_sent_at": clarification.sent_at if clarification else None,
        "clarification_follow_up_at": clarification.follow_up_at if clarification else None,
    }
    watched = getattr(fill, state.late_field) if state.late_field else None
    return StatusCard(
        prescription_id=view.prescription.id,
        medicine=view.medicine,
        state=state.name,
        reason=known_reason(state, fill.reason),
        late=is_late(state, watched, now),
        store_name=view.store.name,
        store_phone=view.store.phone,
        store_address=view.store.address,
        timezone=view.store.timezone,
        values={name: _plain(value) for name, value in values.items()},
        as_of=fill.updated_at.isoformat(),
    )


async def _expected(session: AsyncSession, view: PrescriptionView, fill: Fill) -> date | None:
    if fill.owed_expected_on:
        return fill.owed_expected_on
    stock = await session.get(Stock, (view.store.store_id, view.product.product_id))
    return stock.expected_on if stock else None


def _plain(value: Any) -> Any:
    """Dates and datetimes as ISO 8601, the rest as it is."""
    return value.isoformat() if hasattr(value, "isoformat") else value


async def _prescriber_requests(
    session: AsyncSession, rx_number: str
) -> dict[str, PrescriberRequest]:
    """The latest request to the prescriber of each kind."""
    rows = await session.scalars(
        select(PrescriberRequest)
        .where(PrescriberRequest.rx_number == rx_number)
        .order_by(PrescriberRequest.sent_at, PrescriberRequest.request_id)
    )
    return {row.kind: row for row in rows}
