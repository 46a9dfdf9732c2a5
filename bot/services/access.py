"""Who may see what: the one way from a conversation to a patient's records.

Every lookup of prescriptions goes through `visible_prescriptions`, which starts from what the
conversation has proved and nothing else. A caregiver sees the patients whose proxy record is
valid today, without the prescriptions marked sensitive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Memory
from bot.storage.conversations import Conversation, Turn, Verification
from bot.storage.records import Fill, Prescription, Product, Proxy, Store


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
    conversation = await session.get(Conversation, conversation_id)
    if conversation is None or conversation.ended_at is not None:
        return None
    turn = await session.scalar(
        select(Turn)
        .where(Turn.conversation_id == conversation_id, Turn.state == "pending")
        .order_by(Turn.seq)
        .limit(1)
    )
    return Asker(
        conversation_id,
        conversation.locale,
        Memory.model_validate(conversation.memory),
        await grants(session, conversation_id, now),
        turn.prescription_id if turn else None,
        turn.product_id if turn else None,
    )


async def grants(session: AsyncSession, conversation_id: str, now: datetime) -> tuple[Grant, ...]:
    """The patients that the conversation has proved to be, or to care for, as of `now`."""
    rows = await session.execute(
        select(Verification, Proxy)
        .outerjoin(
            Proxy,
            and_(
                Proxy.proxy_id == Verification.proxy_id,
                Proxy.patient_id == Verification.patient_id,
            ),
        )
        .where(Verification.conversation_id == conversation_id, Verification.expires_at > now)
        .order_by(Verification.proxy_id, Verification.patient_id)
    )
    today = now.date()
    return tuple(
        Grant(verification.patient_id, bool(verification.proxy_id))
        for verification, proxy in rows
        if not verification.proxy_id
        or (proxy is not None and (proxy.expires_on is None or proxy.expires_on >= today))
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
