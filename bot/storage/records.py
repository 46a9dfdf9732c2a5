"""The mirror of the pharmacy's records: one class for each record type of the feed.

Money is in US cents, quantities in dispensing units, datetimes are aware and in UTC.
The dispensing system owns these rows; only the feed writes them. Refill requests are Willcall's
own, of which the feed brings the decision.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class Store(Base):
    """A pharmacy with an address, a time zone and opening hours."""

    __tablename__ = "store"

    store_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    timezone: Mapped[str]
    hours: Mapped[dict[str, Any]]
    exceptions: Mapped[list[Any]]
    # Sentences by language, {"en": [...], "es": [...]}: the pharmacy's own wording.
    pickup_rules: Mapped[dict[str, Any]]
    delivery_offered: Mapped[bool | None]
    delivery_fee_cents: Mapped[int | None]
    delivery_area: Mapped[str | None]


class Patient(Base):
    """A person with prescriptions. The keys beside the name are what identity checks look up."""

    __tablename__ = "patient"

    patient_id: Mapped[str] = mapped_column(primary_key=True)
    first_name: Mapped[str]
    last_name: Mapped[str]
    last_name_key: Mapped[str]
    date_of_birth: Mapped[date]
    phone: Mapped[str]
    phone_key: Mapped[str] = mapped_column(index=True)
    language: Mapped[str | None]

    __table_args__ = (
        Index("ix_patient_identity", "last_name_key", "date_of_birth"),
        Index("ix_patient_first_name", text("lower(first_name)")),
    )


class Proxy(Base):
    """A caregiver whom the pharmacy has recorded as allowed to act for a patient."""

    __tablename__ = "proxy"

    proxy_id: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.patient_id"), index=True)
    last_name: Mapped[str]
    last_name_key: Mapped[str]
    date_of_birth: Mapped[date]
    phone: Mapped[str]
    phone_key: Mapped[str] = mapped_column(index=True)
    relationship: Mapped[str]
    expires_on: Mapped[date | None]

    __table_args__ = (Index("ix_proxy_identity", "last_name_key", "date_of_birth"),)


class Product(Base):
    """A medicine as the pharmacy stocks it: one strength and one form."""

    __tablename__ = "product"

    product_id: Mapped[str] = mapped_column(primary_key=True)
    generic_name: Mapped[str]
    brand_names: Mapped[list[str]]
    strength: Mapped[str]
    form: Mapped[str]
    dea_schedule: Mapped[str | None]
    special_order: Mapped[bool]
    critical: Mapped[bool]


class Prescription(Base):
    """A prescription. `id` stands for it inside Willcall: the Rx number is an identity detail."""

    __tablename__ = "prescription"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    rx_number: Mapped[str] = mapped_column(unique=True)
    # identity_keys.rx_key(rx_number), computed by the import: what a typed number is compared to.
    rx_key: Mapped[str] = mapped_column(index=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("store.store_id"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.patient_id"), index=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.product_id"))
    directions: Mapped[str]
    quantity: Mapped[float]
    days_supply: Mapped[int | None]
    refills_remaining: Mapped[int]
    written_on: Mapped[date]
    expires_on: Mapped[date | None]
    prescriber_name: Mapped[str]
    status: Mapped[str]
    transferred_to: Mapped[str | None]
    sensitive: Mapped[bool]


class Fill(Base):
    """One filling of a prescription, from request to pickup."""

    __tablename__ = "fill"

    fill_id: Mapped[str] = mapped_column(primary_key=True)
    rx_number: Mapped[str] = mapped_column(ForeignKey("prescription.rx_number"), index=True)
    state: Mapped[str]
    # What the dispensing system called a state that Willcall does not know.
    reported_state: Mapped[str | None]
    reason: Mapped[str | None]
    requested_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    kept_until: Mapped[datetime | None]
    picked_up_at: Mapped[datetime | None]
    quantity: Mapped[float | None]
    quantity_owed: Mapped[float | None]
    owed_expected_on: Mapped[date | None]
    copay_cents: Mapped[int | None]
    method: Mapped[str | None]
    tracking_url: Mapped[str | None]
    earliest_refill_on: Mapped[date | None]
    updated_at: Mapped[datetime]


class PriorAuthorization(Base):
    """The insurer's approval that a fill waits for."""

    __tablename__ = "prior_authorization"

    fill_id: Mapped[str] = mapped_column(ForeignKey("fill.fill_id"), primary_key=True)
    status: Mapped[str]
    submitted_on: Mapped[date | None]
    decided_on: Mapped[date | None]


class PrescriberRequest(Base):
    """A question to the prescriber's office: a renewal or a clarification."""

    __tablename__ = "prescriber_request"

    request_id: Mapped[str] = mapped_column(primary_key=True)
    rx_number: Mapped[str] = mapped_column(ForeignKey("prescription.rx_number"), index=True)
    kind: Mapped[str]
    status: Mapped[str]
    sent_at: Mapped[datetime]
    follow_up_at: Mapped[datetime | None]


class Stock(Base):
    """How much of a product a store has. Counts are never told to patients."""

    __tablename__ = "stock"

    store_id: Mapped[str] = mapped_column(ForeignKey("store.store_id"), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("product.product_id"), primary_key=True)
    on_hand: Mapped[float]
    reserved: Mapped[float]
    expected_on: Mapped[date | None]
    as_of: Mapped[datetime]


class Instruction(Base):
    """A text about using a medicine that a pharmacist has approved for patients."""

    __tablename__ = "instruction"

    instruction_id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str | None] = mapped_column(ForeignKey("product.product_id"))
    generic_name: Mapped[str | None]
    form: Mapped[str | None]
    topic: Mapped[str]
    language: Mapped[str]
    text: Mapped[str]
    source: Mapped[str]
    source_url: Mapped[str | None]
    approved_by: Mapped[str]
    approved_on: Mapped[date]
    review_due_on: Mapped[date]

    __table_args__ = (Index("ix_instruction_name", "generic_name", "form", "topic"),)


class RefillRequest(Base):
    """A refill that a patient asked for here, on its way to the dispensing system."""

    __tablename__ = "refill_request"

    refill_request_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    rx_number: Mapped[str] = mapped_column(ForeignKey("prescription.rx_number"), index=True)
    # refill, or renewal when the prescriber has to be asked first.
    kind: Mapped[str]
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    # placed, accepted, rejected, cancelled.
    status: Mapped[str]
    reason: Mapped[str | None]
    placed_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    # When the chat said that there is news, to somebody who has yet to prove who they are.
    hinted_at: Mapped[datetime | None]
    # When the patient was told of the decision in the chat.
    told_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_refill_request_status", "status", "told_at"),)


class FeedImport(Base):
    """One import of records: how old the mirror is. `records` may be 0."""

    __tablename__ = "feed_import"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    records: Mapped[int]
