"""Who may see what: the one way from a conversation to a patient's records.

Every lookup of prescriptions goes through `visible_prescriptions`, which starts from what the
conversation has proved and nothing else. A caregiver sees the patients whose proxy record is
valid today, without the prescriptions marked sensitive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.directives import Memory
from bot.storage.conversations import Conversation, Turn, Verification
from bot.storage.records import Fill, Prescription, Product, Proxy, Store

# A verification, and the caregiver's record that it stands on.
_PROXY = and_(Proxy.proxy_id == Verification.proxy_id, Proxy.patient_id == Verification.patient_id)
_PROOF = (Verification.patient_id, Verification.proxy_id, Proxy.proxy_id, Proxy.expires_on)


@dataclass(frozen=True)
class Grant:
    """A patient whom the conversation may ask about; `as_proxy` for caregivers."""

    patient_id: str
    as_proxy: bool


@dataclass(frozen=True)
class Asker:
    """A conversation, as an action sees it. `grants` is empty before identity."""

    conversation_id: str
    locale: str
    memory: Memory
    grants: tuple[Grant, ...]
    picked_prescription: int | None
    picked_product: str | None

    @property
    def verified(self) -> bool:
        """Whether the conversation has proved who it is, and that is still valid."""
        return bool(self.grants)


@dataclass(frozen=True)
class PrescriptionView:
    """A prescription with its medicine, its store and its latest fill, if there is one."""

    prescription: Prescription
    product: Product
    store: Store
    fill: Fill | None

    @property
    def medicine(self) -> str:
        """The name to say: 'lisinopril 10 mg tablet'."""
        return medicine_name(self.product)


def medicine_name(product: Product) -> str:
    """Name, strength and form, as the label has them."""
    return " ".join(part for part in (product.generic_name, product.strength, product.form) if part)


async def asker(session: AsyncSession, conversation_id: str, now: datetime) -> Asker | None:
    """The conversation with what it may see now; None when there is no such conversation."""
    asked = {"conversation_id": conversation_id, "now": now}
    found = (await session.execute(_asking(), asked)).all()
    if not found:
        return None
    locale, memory, prescription_id, product_id = found[0][:4]
    return Asker(
        conversation_id,
        locale,
        Memory.model_validate(memory),
        _granted((row[4:] for row in found), now),
        prescription_id,
        product_id,
    )


async def grants(session: AsyncSession, conversation_id: str, now: datetime) -> tuple[Grant, ...]:
    """The patients that the conversation has proved to be, or to care for, as of `now`."""
    asked = {"conversation_id": conversation_id, "now": now}
    return _granted((tuple(row) for row in await session.execute(_proved(), asked)), now)


@cache
def _asking() -> Select[*tuple[Any, ...]]:
    """The conversation with the oldest turn that it is owed, in a row for each verification."""
    asks: BindParameter[str] = bindparam("conversation_id")
    pending = aliased(Turn)
    oldest = select(func.min(pending.seq)).where(
        pending.conversation_id == asks, pending.state == "pending"
    )
    columns = (
        Conversation.locale, Conversation.memory, Turn.prescription_id, Turn.product_id, *_PROOF,
    )  # fmt: skip
    holds = and_(Verification.conversation_id == asks, Verification.expires_at > bindparam("now"))
    return (
        select(*columns)
        .select_from(Conversation)
        .outerjoin(Turn, and_(Turn.conversation_id == asks, Turn.seq == oldest.scalar_subquery()))
        .outerjoin(Verification, holds)
        .outerjoin(Proxy, _PROXY)
        .where(Conversation.conversation_id == asks, Conversation.ended_at.is_(None))
        .order_by(Verification.proxy_id, Verification.patient_id)
    )


@cache
def _proved() -> Select[*tuple[Any, ...]]:
    return (
        select(*_PROOF)
        .select_from(Verification)
        .outerjoin(Proxy, _PROXY)
        .where(
            Verification.conversation_id == bindparam("conversation_id"),
            Verification.expires_at > bindparam("now"),
        )
        .order_by(Verification.proxy_id, Verification.patient_id)
    )


def _granted(rows: Iterable[Sequence[Any]], now: datetime) -> tuple[Grant, ...]:
    """The grants of rows of `_PROOF`. A caregiver's record must be there still, and hold today."""
    today = now.date()
    return tuple(
        Grant(patient_id, bool(claimed))
        for patient_id, claimed, proxy_id, expires_on in rows
        if patient_id is not None
        and (not claimed or (proxy_id and (expires_on is None or expires_on >= today)))
    )


async def visible_prescriptions(
    session: AsyncSession, allowed: Sequence[Grant]
) -> Sequence[PrescriptionView]:
    """The prescriptions that the grants show, each with its latest fill, newest first."""
    rows = await session.execute(
        select(Prescription, Product, Store)
        .join(Product, Product.product_id == Prescription.product_id)
        .join(Store, Store.store_id == Prescription.store_id)
        .where(_visible(allowed))
        .order_by(Prescription.written_on.desc(), Prescription.id)
    )
    found = [(row[0], row[1], row[2]) for row in rows]
    fills = await latest_fills(session, [prescription.rx_number for prescription, _, _ in found])
    return [
        PrescriptionView(prescription, product, store, fills.get(prescription.rx_number))
        for prescription, product, store in found
    ]


def _visible(allowed: Sequence[Grant]) -> ColumnElement[bool]:
    own = [grant.patient_id for grant in allowed if not grant.as_proxy]
    cared_for = [grant.patient_id for grant in allowed if grant.as_proxy]
    return or_(
        Prescription.patient_id.in_(own) if own else false(),
        and_(Prescription.patient_id.in_(cared_for), Prescription.sensitive.is_(False))
        if cared_for
        else false(),
    )


async def latest_fills(session: AsyncSession, rx_numbers: Sequence[str]) -> dict[str, Fill]:
    """The fill to talk about for each prescription: the one that was last heard of."""
    if not rx_numbers:
        return {}
    fills = list(await session.scalars(select(Fill).where(Fill.rx_number.in_(rx_numbers))))
    fills.sort(
        key=lambda fill: (fill.requested_at or fill.updated_at, fill.updated_at, fill.fill_id)
    )
    return {fill.rx_number: fill for fill in fills}
