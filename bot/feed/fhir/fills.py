"""What a MedicationDispense says of a fill, and never better than it says (docs/fhir.md)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.feed.fhir.datatypes import codes, day_of, instant_of, moment_of
from bot.feed.fhir.graph import Held
from bot.feed.fhir.people import FeedRecord
from bot.feed.fhir.resources import MedicationDispense

# Codes of the ActPharmacySupplyType: a part of the fill, and what completes such a part.
PART_FILL = frozenset("FFP FFPS RFP RFPS".split())
COMPLETION = frozenset("FFC FFCS RFC RFCS TB TBS".split())
# Reasons of the R4 value set. Clinical ones are not for the chat: the state says enough.
OUT_OF_STOCK = frozenset({"frr04", "non-avail", "outofstock", "offmarket"})
CLARIFICATION = frozenset({"clarif", "frr03"})
BY_PRESCRIBER = frozenset({"frr01"})
CALLED_OFF = frozenset({"cancelled", "stopped", "declined", "entered-in-error"})
CODES = CALLED_OFF | {"preparation", "in-progress", "on-hold", "completed", "unknown"}
ERROR = "entered-in-error"
# Clocks differ a little; a date is today's somewhere before it is in UTC.
CLOCKS_APART, ZONES_APART = timedelta(minutes=10), timedelta(hours=14)


@dataclass(frozen=True)
class Told:
    """A state of the feed; `loss` says what of the dispense it could not keep."""

    state: str
    reason: str | None = None
    loss: str | None = None
    reported: str | None = None


def unknown(why: str) -> Told:
    """The state that opens a ticket instead of an answer."""
    return Told("unknown", loss=f"{why}: unknown", reported=why)


def state_of(dispense: MedicationDispense, now: datetime) -> Told:
    """The state of a fill as of `now`: where status and times disagree, it is unknown."""
    status = dispense.status
    if status not in CODES:
        return unknown("has a status that R4 does not have")
    if dispense.modified:
        return unknown("has a modifierExtension or implicitRules")
    if _is_ahead(dispense, now) or _goes_backwards(dispense):
        return unknown("has times that cannot be right")
    if status in CALLED_OFF:
        return _called_off(dispense)
    handed, prepared = _known(dispense.when_handed_over), _known(dispense.when_prepared)
    if status == "completed":
        if not handed:
            return unknown("completed without whenHandedOver")
        return Told("delivered" if dispense.destination else "picked_up")
    if handed:
        return unknown(f"{status} with whenHandedOver")
    if status == "in-progress":
        return _in_progress(dispense, prepared=prepared)
    if status == "preparation":
        return Told("filling")
    return _on_hold(dispense) if status == "on-hold" else unknown("has the status unknown")


def fill_record(
    held: Held[MedicationDispense], rx_number: str, told: Told, now: datetime
) -> FeedRecord:
    """The record of a fill in a state that was told by `state_of`.

    It is dated by what happened last, not by the last change of the resource: an export may touch
    them all, and the fill that is talked about is the one that was last heard of.
    """
    dispense = held.resource
    prepared, handed = dispense.when_prepared, dispense.when_handed_over
    done = told.state in ("picked_up", "delivered")
    ready = instant_of(prepared) if done or told.state in ("ready", "partial_ready") else None
    events = [moment for text in (prepared, handed) if (moment := moment_of(text))]
    changed = moment_of(dispense.meta.last_updated if dispense.meta else None)
    recorded = max(events, default=changed)
    amount = dispense.quantity.value if dispense.quantity else None
    return {
        "type": "fill",
        "fill_id": held.id,
        "rx_number": rx_number,
        # What it was called is kept for staff; the feed takes any other text for unknown.
        "state": told.reported or told.state,
        "reason": told.reason,
        "ready_at": _iso(ready),
        "picked_up_at": _iso(instant_of(handed)) if done else None,
        "quantity": amount if amount is not None and amount >= 0 else None,
        "method": "delivery" if dispense.destination else None,
        "updated_at": _iso(min(recorded, now) if recorded else None),
    }


def counts_as_fill(dispense: MedicationDispense) -> bool:
    """Whether it has used up the first fill or a refill. What completes a part fill has not."""
    completes = not COMPLETION.isdisjoint(codes([dispense.type]))
    return dispense.status not in CALLED_OFF and not completes


def last_event(dispense: MedicationDispense) -> datetime | None:
    """The latest time that it names (UTC)."""
    times = (dispense.when_handed_over, dispense.when_prepared)
    return max(filter(None, map(moment_of, times)), default=None)


def _in_progress(dispense: MedicationDispense, *, prepared: bool) -> Told:
    """R4: "The dispensed product is ready for pickup". Many mean that it is being filled."""
    if not prepared:
        return Told("filling", loss="in-progress without whenPrepared: filling")
    if dispense.destination:
        return unknown("in-progress with a destination")
    if not PART_FILL.isdisjoint(codes([dispense.type])):
        return Told("partial_ready")
    return Told("ready")


def _on_hold(dispense: MedicationDispense) -> Told:
    reasons = codes([dispense.status_reason_codeable_concept])
    if reasons & OUT_OF_STOCK:
        return Told("out_of_stock")
    if reasons & CLARIFICATION:
        return Told("clarification")
    return Told("on_hold", loss="its reason has no word here: on hold" if reasons else None)


def _called_off(dispense: MedicationDispense) -> Told:
    if dispense.status == "stopped" and dispense.when_handed_over:
        return unknown("stopped with whenHandedOver")
    reasons = codes([dispense.status_reason_codeable_concept])
    return Told("cancelled", "prescriber_request" if reasons & BY_PRESCRIBER else None)


def _known(text: str | None) -> bool:
    """Whether a time is known at least to the day."""
    return day_of(text) is not None


def _is_ahead(dispense: MedicationDispense, now: datetime) -> bool:
    """Whether something is said to have happened later than now."""
    for text in (dispense.when_prepared, dispense.when_handed_over):
        moment, day = instant_of(text), day_of(text)
        if moment > now + CLOCKS_APART if moment else day and day > (now + ZONES_APART).date():
            return True
    return False


def _goes_backwards(dispense: MedicationDispense) -> bool:
    """Whether it was handed over before it was prepared."""
    prepared, handed = dispense.when_prepared, dispense.when_handed_over
    exact = instant_of(prepared), instant_of(handed)
    if exact[0] and exact[1]:
        return exact[1] < exact[0]
    days = day_of(prepared), day_of(handed)
    return bool(days[0] and days[1] and days[1] < days[0])


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
