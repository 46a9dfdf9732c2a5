"""What a MedicationRequest says of a prescription."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.feed.fhir.datatypes import Coding, Meta, Quantity, Reference, codes, day_of, line_of
from bot.feed.fhir.fills import counts_as_fill
from bot.feed.fhir.graph import Graph, Held
from bot.feed.fhir.medicines import Medicine
from bot.feed.fhir.names import spoken_name
from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Broken, LeftOut
from bot.feed.fhir.people import MODIFIED, FeedRecord
from bot.feed.fhir.resources import (
    DispenseRequest,
    MedicationDispense,
    MedicationRequest,
    Organization,
    Practitioner,
    PractitionerRole,
)

ORDERS = frozenset("order original-order reflex-order filler-order".split())
INTENTS = ORDERS | {"proposal", "plan", "instance-order", "option"}
# "Completed": nothing more is to be dispensed, so no refills are left of it.
STATUSES = {
    "active": "active",
    "on-hold": "on_hold",
    "cancelled": "cancelled",
    "stopped": "cancelled",
    "completed": "active",
    "entered-in-error": "cancelled",
    "unknown": "unknown",
}
DRAFT = "draft"
# Labels of confidentiality (restricted, very restricted) and of sensitive information.
SENSITIVE = frozenset(
    "R V ETH GDIS HIV MST SCA SDV SEX STD SUD TBOO VIO MH BH PSY PSYTHPN OPIOIDUD SUDPMH "
    "ALC DRGIS SPI SICKLE PREGNANT RAPE".split()
)
FILLER = "FILL"
NO_RX_SYSTEM = "no identifier: its id stands for the Rx number"
NO_DIRECTIONS = "no dosageInstruction.text: no directions"
NO_REPEATS = "no numberOfRepeatsAllowed: no refills"
NO_PRESCRIBER = "no name of the prescriber"
_DAYS = {"d": 1, "day": 1, "days": 1, "wk": 7, "week": 7, "weeks": 7}


@dataclass(frozen=True)
class Prescription:
    """A prescription, and what it lost. `repeats` and `fills` make the refills that are left."""

    record: FeedRecord
    repeats: int
    fills: int
    losses: tuple[str, ...]


def no_prescription(request: MedicationRequest) -> LeftOut | Broken | None:
    """Why a request is none that a pharmacy fills here; None for a prescription."""
    if request.intent not in INTENTS:
        return Broken("intent", "must be an intent of R4")
    if request.status not in STATUSES and request.status != DRAFT:
        return Broken("status", "must be a status of R4")
    if request.modified:
        return LeftOut(MODIFIED)
    if request.status == DRAFT or request.intent not in ORDERS:
        return LeftOut("is a draft, or its intent is not an order")
    if request.do_not_perform:
        return LeftOut("says not to (doNotPerform)")
    if request.reported_boolean or request.reported_reference:
        return LeftOut("is what somebody reported")
    if codes(request.category) == {"inpatient"}:
        return LeftOut("is for an inpatient")
    return None


def rx_number_of(held: Held[MedicationRequest], options: Options) -> str | Broken:
    """The Rx number: of the system that is set, else the filler's, else the only one, else the id.

    It is a part of the identity check, so it is never chosen among several.
    """
    numbered = [each for each in held.resource.identifier if each.value and each.value.strip()]
    if options.rx_system is not None:
        numbered = [each for each in numbered if each.system == options.rx_system]
        if not numbered:
            return Broken("identifier", "has no Rx number of the system that is set")
    fillers = [each for each in numbered if FILLER in codes([each.type])]
    values = {(each.value or "").strip() for each in fillers or numbered}
    if len(values) > 1:
        return Broken("identifier", "has several numbers: set the system of Rx numbers")
    return values.pop() if values else held.id


def prescription_record(
    held: Held[MedicationRequest],
    graph: Graph,
    rx_number: str,
    patient_id: str,
    store_id: str,
    medicine: Medicine,
    dispenses: Sequence[MedicationDispense],
    now: datetime,
) -> Prescription | LeftOut | Broken:
    """The record of a prescription; `dispenses` are its own, the latest last."""
    request = held.resource
    asked = request.dispense_request or DispenseRequest()
    period = asked.validity_period
    written = day_of(request.authored_on) or day_of(period.start if period else None)
    ends = period.end if period else None
    if ends is not None and day_of(ends) is None:
        return Broken("dispenseRequest.validityPeriod.end", "must be a full date")
    quantity = _first(_amount(each) for each in (asked.quantity, *_quantities(dispenses)))
    if written is None or quantity is None:
        return LeftOut("has no full date of writing, or no quantity")
    supplies = (asked.expected_supply_duration, *_supplies(dispenses))
    directions = _directions(request)
    prescriber = _prescriber(request, graph, now)
    repeats = 0 if request.status == "completed" else asked.number_of_repeats_allowed
    record: FeedRecord = {
        "type": "prescription",
        "rx_number": rx_number,
        "store_id": store_id,
        "patient_id": patient_id,
        "product_id": medicine.product_id,
        "directions": directions,
        "quantity": quantity,
        "days_supply": _first(_days(each) for each in supplies),
        "refills_remaining": 0,
        "written_on": written.isoformat(),
        "expires_on": _iso(day_of(ends)),
        "prescriber_name": prescriber,
        "status": STATUSES[request.status],
    }
    lost = (
        (not any(each.value for each in request.identifier), NO_RX_SYSTEM),
        (directions is None, NO_DIRECTIONS),
        (repeats is None, NO_REPEATS),
        (prescriber is None, NO_PRESCRIBER),
    )
    return Prescription(
        record,
        repeats or 0,
        sum(map(counts_as_fill, dispenses)),
        tuple(why for is_so, why in lost if is_so),
    )


def is_sensitive(*metas: Meta | None) -> bool:
    """Whether a label says that a caregiver must not see it."""
    labels: list[Coding] = [label for meta in metas if meta for label in meta.security]
    return any(label.code in SENSITIVE for label in labels)


def _directions(request: MedicationRequest) -> str | None:
    """The label's text, word for word. Times and doses in codes are not put into words here."""
    ordered = sorted(request.dosage_instruction, key=lambda each: each.sequence or 0)
    return (
        "\n".join(each.text.strip() for each in ordered if each.text and each.text.strip()) or None
    )


def _prescriber(request: MedicationRequest, graph: Graph, now: datetime) -> str | None:
    reference: Reference | None = request.requester
    role = graph.find(reference, PractitionerRole, request.contained)
    if role is not None:
        reference = role.resource.practitioner
    person = graph.find(reference, Practitioner, request.contained)
    office = graph.find(reference, Organization, request.contained)
    name = spoken_name(person.resource.name, now) if person else None
    name = name or (office.resource.name if office else None)
    shown = (each.display for each in (request.requester, reference) if each)
    return line_of(name or next(filter(None, shown), None))


def _quantities(dispenses: Sequence[MedicationDispense]) -> list[Quantity | None]:
    return [each.quantity for each in reversed(dispenses)]


def _supplies(dispenses: Sequence[MedicationDispense]) -> list[Quantity | None]:
    return [each.days_supply for each in reversed(dispenses)]


def _amount(quantity: Quantity | None) -> float | None:
    value = quantity.value if quantity else None
    return value if value is not None and value > 0 else None


def _days(duration: Quantity | None) -> int | None:
    """Whole days. A month has no fixed number of them, so it is not read."""
    if duration is None or duration.value is None:
        return None
    unit = (duration.code or duration.unit or "days").lower()
    days = duration.value * _DAYS.get(unit, 0)
    return int(days) if days > 0 and days == int(days) else None


def _first[Value](values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value is not None), None)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
