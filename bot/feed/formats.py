"""The record types of the feed, as the dispensing system writes them (docs/feed.md).

Unknown fields are errors. A field that may be left out may also be null.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from pydantic_core import PydanticCustomError

from bot.feed.fields import (
    Cents,
    Count,
    Day,
    Id,
    Instant,
    InstructionId,
    KeptUntil,
    Language,
    LastName,
    Name,
    Phone,
    PickupRules,
    Quantity,
    RequestId,
    RxNumber,
    Text,
    TimeZone,
    WebAddress,
    invalid,
)
from bot.pharmacy.hours import OpeningHours


class _Strict(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


class SpecialDay(_Strict):
    """The hours of one date, instead of the week's; an empty list is a closed day."""

    date: Day
    hours: list[list[str]] | None


class Delivery(_Strict):
    """Whether the store delivers, for how much and where."""

    offered: bool
    fee_cents: Cents | None = None
    area: Text | None = None


class StoreRecord(_Strict):
    """A pharmacy."""

    type: Literal["store"]
    store_id: Id
    name: Name
    phone: Phone
    address: Name
    timezone: TimeZone
    hours: dict[str, list[list[str]] | None]
    exceptions: list[SpecialDay] | None = None
    pickup_rules: PickupRules | None = None
    delivery: Delivery | None = None

    @model_validator(mode="after")
    def _hours_make_sense(self) -> "StoreRecord":
        try:
            OpeningHours.from_record(self.weekly(), self.timezone, self.special_days())
        except ValueError as error:
            field, _, message = str(error).partition(": ")
            raise PydanticCustomError(
                "feed_at", "{message}", {"field": field, "message": message[:200]}
            ) from None
        return self

    def weekly(self) -> dict[str, Any]:
        """The hours of the week as JSON, every closed day an empty list."""
        return {day: intervals or [] for day, intervals in self.hours.items()}

    def special_days(self) -> list[dict[str, Any]]:
        """The exceptions as JSON."""
        return [
            {"date": special.date.isoformat(), "hours": special.hours or []}
            for special in self.exceptions or []
        ]


class PatientRecord(_Strict):
    """A person with prescriptions."""

    type: Literal["patient"]
    patient_id: Id
    first_name: Name
    last_name: LastName
    date_of_birth: Day
    phone: Phone | None = None
    language: Language | None = None


class ProxyRecord(_Strict):
    """A caregiver of a patient."""

    type: Literal["proxy"]
    proxy_id: Id
    patient_id: Id
    last_name: LastName
    date_of_birth: Day
    phone: Phone | None = None
    relationship: Name | None = None
    expires_on: Day | None = None


class ProductRecord(_Strict):
    """A medicine in one strength and one form."""

    type: Literal["product"]
    product_id: Id
    generic_name: Name
    brand_names: list[Name] | None = None
    strength: Name | None = None
    form: Name | None = None
    dea_schedule: Literal["II", "III", "IV", "V"] | None = None
    special_order: bool | None = None
    critical: bool | None = None


class PrescriptionRecord(_Strict):
    """A prescription."""

    type: Literal["prescription"]
    rx_number: RxNumber
    store_id: Id
    patient_id: Id
    product_id: Id
    directions: Text | None = None
    quantity: Quantity
    days_supply: Count | None = None
    refills_remaining: Count
    written_on: Day
    expires_on: Day | None = None
    prescriber_name: Name | None = None
    status: Literal["active", "on_hold", "transferred", "cancelled", "unknown"] | None = None
    transferred_to: Name | None = None
    sensitive: bool | None = None


class FillRecord(_Strict):
    """One filling of a prescription."""

    type: Literal["fill"]
    fill_id: Id
    rx_number: RxNumber
    state: Name
    reason: Name | None = None
    requested_at: Instant | None = None
    promised_at: Instant | None = None
    ready_at: Instant | None = None
    kept_until: KeptUntil | None = None
    picked_up_at: Instant | None = None
    quantity: Quantity | None = None
    quantity_owed: Quantity | None = None
    owed_expected_on: Day | None = None
    copay_cents: Cents | None = None
    method: Literal["pickup", "delivery"] | None = None
    tracking_url: WebAddress | None = None
    earliest_refill_on: Day | None = None
    updated_at: Instant | None = None


class PriorAuthorizationRecord(_Strict):
    """An insurer's approval that a fill waits for."""

    type: Literal["prior_authorization"]
    fill_id: Id
    status: Literal["needed", "submitted", "approved", "denied"]
    submitted_on: Day | None = None
    decided_on: Day | None = None


class PrescriberRequestRecord(_Strict):
    """A question to the prescriber's office."""

    type: Literal["prescriber_request"]
    request_id: Id
    rx_number: RxNumber
    kind: Literal["renewal", "clarification"]
    status: Literal["sent", "approved", "denied", "no_reply"]
    sent_at: Instant
    follow_up_at: Instant | None = None


class StockRecord(_Strict):
    """How much of a product a store has."""

    type: Literal["stock"]
    store_id: Id
    product_id: Id
    on_hand: Quantity
    reserved: Quantity | None = None
    expected_on: Day | None = None
    as_of: Instant | None = None


class InstructionRecord(_Strict):
    """An approved text about using one medicine."""

    type: Literal["instruction"]
    instruction_id: InstructionId
    product_id: Id | None = None
    generic_name: Name | None = None
    form: Name | None = None
    topic: Literal["with_food", "storage", "disposal", "missed_dose", "device_use"]
    language: Language | None = None
    text: Text
    source: Name
    source_url: WebAddress | None = None
    approved_by: Name
    approved_on: Day
    review_due_on: Day

    @model_validator(mode="after")
    def _names_one_medicine(self) -> "InstructionRecord":
        named = (self.generic_name is not None, self.form is not None)
        if named != ((False, False) if self.product_id is not None else (True, True)):
            raise invalid("needs either product_id, or generic_name and form")
        return self


class RefillRequestRecord(_Strict):
    """The decision on a refill request that a patient placed in the chat."""

    type: Literal["refill_request"]
    refill_request_id: RequestId
    status: Literal["accepted", "rejected"]
    reason: Name | None = None
    decided_at: Instant


type Record = (
    StoreRecord
    | PatientRecord
    | ProxyRecord
    | ProductRecord
    | PrescriptionRecord
    | FillRecord
    | PriorAuthorizationRecord
    | PrescriberRequestRecord
    | StockRecord
    | InstructionRecord
    | RefillRequestRecord
)
RECORD: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="type")])
