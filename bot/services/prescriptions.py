"""Which of the patient's prescriptions a question is about, and what can be said of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import StatusCard
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN, is_late, known_reason
from bot.pharmacy.follow_up import ordinal, refers_back
from bot.pharmacy.medicine_names import Medicine, Mention, narrow, stated_strength
from bot.services.access import Asker, PrescriptionView, visible_prescriptions
from bot.services.catalogue import Catalogue, as_medicine
from bot.storage.records import Fill, PrescriberRequest, PriorAuthorization, Stock


@dataclass(frozen=True)
class Meant:
    """The prescriptions that the question is about, one after the other."""

    views: tuple[PrescriptionView, ...]


@dataclass(frozen=True)
class Unclear:
    """Several fit: the patient has to choose. `response` says why they are asked."""

    views: tuple[PrescriptionView, ...]
    response: str
    values: dict[str, str]


@dataclass(frozen=True)
class NothingOnFile:
    """The patient has no prescription that can be talked about here."""


Relevant = Callable[[PrescriptionView], bool]


async def meant(
    session: AsyncSession, catalogue: Catalogue, asker: Asker, text: str, relevant: Relevant
) -> Meant | Unclear | NothingOnFile:
    """Find out which prescription a verified patient means; never guess among several.

    `relevant` says which of them a question without a name is likely about.
    """
    views = await visible_prescriptions(session, asker.grants)
    if not views:
        return NothingOnFile()
    picked = [view for view in views if view.prescription.id == asker.picked_prescription]
    if picked:
        return Meant(tuple(picked))
    products = [view.product for view in views]
    mentions = await catalogue.mentions(session, text, products) if text else ()
    if mentions:
        return _by_name(views, mentions, text)
    return _by_context(views, asker, text, relevant)


def is_open(view: PrescriptionView) -> bool:
    """Whether a fill of it is on its way or waits for the patient."""
    return view.fill is not None and not FILL_STATES.get(view.fill.state, UNKNOWN).finished


def is_active(view: PrescriptionView) -> bool:
    """Whether the prescription itself is in use."""
    return view.prescription.status == "active"


def _by_name(
    views: Sequence[PrescriptionView], mentions: Sequence[Mention], text: str
) -> Meant | Unclear:
    found: list[PrescriptionView] = []
    for mention in mentions:
        fitting = _fitting(views, mention.medicines) or _fitting(views, mention.containing)
        if not fitting:
            return Unclear(tuple(views), "not_on_file", {"words": mention.words})
        strength = stated_strength(text)
        narrowed = _narrow(fitting, text)
        if strength and len(mentions) == 1 and not _has_strength(narrowed, text):
            values = {"medicine": fitting[0].product.generic_name, "strength": strength}
            return Unclear(tuple(fitting), "strength_not_on_file", values)
        current = [view for view in narrowed if is_open(view)] or narrowed
        if len({view.product.product_id for view in current}) > 1 or len(current) > 1:
            return Unclear(tuple(current), "which_prescription", {})
        found += [view for view in current if view not in found]
    return Meant(tuple(found))


def _fitting(
    views: Sequence[PrescriptionView], medicines: Sequence[Medicine]
) -> list[PrescriptionView]:
    named = {medicine.product_id for medicine in medicines}
    return [view for view in views if view.product.product_id in named]


def _narrow(views: Sequence[PrescriptionView], text: str) -> list[PrescriptionView]:
    kept = narrow([as_medicine(view.product) for view in views], text)
    ids = {medicine.product_id for medicine in kept}
    return [view for view in views if view.product.product_id in ids]


def _has_strength(views: Sequence[PrescriptionView], text: str) -> bool:
    """Whether the strength that was typed is one of these: narrowing keeps exactly those."""
    return all(
        narrow([as_medicine(view.product), _without_strength(view)], text)
        == (as_medicine(view.product),)
        for view in views
    )


def _without_strength(view: PrescriptionView) -> Any:
    medicine = as_medicine(view.product)
    return type(medicine)("", medicine.generic_name, medicine.brand_names, "", medicine.form)


def _by_context(
    views: Sequence[PrescriptionView], asker: Asker, text: str, relevant: Relevant
) -> Meant | Unclear:
    by_id = {view.prescription.id: view for view in views}
    offered = [by_id[key] for key in asker.memory.offered if key in by_id]
    narrowed = _narrow(offered, text) if offered and text else offered
    if offered and len(narrowed) == 1 < len(offered):
        return Meant((narrowed[0],))
    number = ordinal(text)
    if offered and number is not None and -1 <= number < len(offered):
        return Meant((offered[number],))
    focus = by_id.get(asker.memory.focus or 0)
    if focus is not None and refers_back(text):
        return Meant((focus,))
    likely = [view for view in views if relevant(view)]
    if len(likely) == 1:
        return Meant((likely[0],))
    if likely:
        return Unclear(tuple(likely), "which_prescription", {})
    return Unclear(tuple(views), "no_orders", {})


async def status_card(
    session: AsyncSession, view: PrescriptionView, fill: Fill, now: datetime
) -> StatusCard:
    """The card of a fill: every value out of a row, None where the row has none."""
    state = FILL_STATES.get(fill.state, UNKNOWN)
    stock = await session.get(Stock, (view.store.store_id, view.product.product_id))
    authorization = await session.get(PriorAuthorization, fill.fill_id)
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
        "stock_expected_on": _expected(fill, stock) if waits_for_stock else None,
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


def _expected(fill: Fill, stock: Stock | None) -> Any:
    return fill.owed_expected_on or (stock.expected_on if stock else None)


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
