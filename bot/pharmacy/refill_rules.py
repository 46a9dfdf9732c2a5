"""Whether a refill may be asked for: one decision out of what the records say, on a given day.

The pharmacy decides about the medicine; these rules only decide whether a request is passed on,
and say why where it is not. A date is told when it is recorded, and never worked out: what the
days' supply allows is the insurer's to say.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Kind = Literal["refill", "renewal"]


@dataclass(frozen=True)
class LatestFill:
    """The fill that was last heard of. `begun_at` is when it was asked for, where recorded."""

    state: str
    reason: str | None
    begun_at: datetime | None
    earliest_refill_on: date | None


@dataclass(frozen=True)
class AskedPrescriber:
    """The latest renewal request to the prescriber: sent, no_reply, approved or denied."""

    status: str
    sent_at: datetime
    follow_up_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """The latest request that was made here: placed, accepted, rejected or cancelled."""

    kind: Kind
    status: str
    placed_at: datetime


@dataclass(frozen=True)
class Facts:
    """What the records say of one prescription. `controlled`: it is on a DEA schedule."""

    status: str
    refills_remaining: int
    expires_on: date | None
    transferred_to: str | None = None
    controlled: bool = False
    fill: LatestFill | None = None
    prescriber: AskedPrescriber | None = None
    asked: Asked | None = None


@dataclass(frozen=True)
class MayRefill:
    """A refill may be requested."""


@dataclass(frozen=True)
class NeedsRenewal:
    """The prescriber has to approve more first; a renewal may be requested."""

    why: Literal["no_refills", "expired"]


@dataclass(frozen=True)
class RenewalSent:
    """The prescriber has been asked already and has not answered."""

    sent_at: datetime
    follow_up_at: datetime | None


@dataclass(frozen=True)
class RenewalDenied:
    """The prescriber has said no to more refills."""


@dataclass(frozen=True)
class TooEarly:
    """Not before `earliest`; None when no date is recorded."""

    earliest: date | None


@dataclass(frozen=True)
class InProgress:
    """A fill is on its way, waits for somebody or waits for pickup."""

    state: str


@dataclass(frozen=True)
class AlreadyRequested:
    """It was asked for here, and the pharmacy has not finished with that."""

    kind: Kind
    status: str
    placed_at: datetime


@dataclass(frozen=True)
class OnHold:
    """The pharmacy keeps it on file and fills it when the patient and the counter agree."""


@dataclass(frozen=True)
class Transferred:
    """Another pharmacy has it; `to` where the record says which."""

    to: str | None


@dataclass(frozen=True)
class Cancelled:
    """The prescription or its order was cancelled by somebody else than the patient."""


@dataclass(frozen=True)
class Controlled:
    """Requests for controlled substances are made to a person."""


@dataclass(frozen=True)
class NotClear:
    """The pharmacy reports a state that these rules do not know."""


Outcome = (
    MayRefill
    | NeedsRenewal
    | RenewalSent
    | RenewalDenied
    | TooEarly
    | InProgress
    | AlreadyRequested
    | OnHold
    | Transferred
    | Cancelled
    | Controlled
    | NotClear
)

# A fill in one of these is being worked on, or waits for the patient with the medicine in it.
COMING = frozenset(
    "received data_entry adjudicating rejected pa_pending clarification renewal_requested "
    "out_of_stock special_order filling verification".split()
)
IN_PROGRESS = COMING | frozenset("pa_denied partial_ready ready out_for_delivery".split())
# The state itself says what is missing, whatever the prescription's own numbers say.
_NEEDS: dict[str, Literal["no_refills", "expired"]] = {
    "no_refills": "no_refills",
    "expired": "expired",
}
# Nothing stands in the way of the next fill.
_DONE = frozenset("picked_up delivered returned_to_stock too_soon cancelled".split())


def decide(facts: Facts, today: date) -> Outcome:
    """What a patient who asks for a refill is told; `today` is the day at the store."""
    state = facts.fill.state if facts.fill else None
    if facts.status == "transferred" or state == "transferred":
        return Transferred(facts.transferred_to)
    if facts.status == "cancelled" or _cancelled_by_others(facts.fill):
        return Cancelled()
    if facts.status == "on_hold" or state == "on_hold":
        return OnHold()
    if facts.status != "active":
        return NotClear()
    if state in IN_PROGRESS:
        return InProgress(state)
    if facts.asked is not None and is_open(facts, today):
        return AlreadyRequested(facts.asked.kind, facts.asked.status, facts.asked.placed_at)
    if facts.controlled:
        return Controlled()
    if state is not None and state not in _DONE and state not in _NEEDS:
        return NotClear()
    return _due(facts, today)


def refills_left(allowed: int, fills: int) -> int:
    """How many refills are left of those `allowed` beside the first fill, after so many fills."""
    return max(0, allowed - max(0, fills - 1))


def is_open(facts: Facts, today: date) -> bool:
    """Whether the latest request made here still waits for the pharmacy.

    A refill is settled by a fill that began after it. A renewal is settled by the refills that it
    brought; one that was accepted, by a later fill as well.
    """
    asked = facts.asked
    if asked is None or asked.status not in ("placed", "accepted"):
        return False
    if asked.kind == "renewal" and _missing(facts, today) is None:
        return False
    settled = _begun_after(facts.fill, asked.placed_at)
    return not settled or (asked.kind == "renewal" and asked.status == "placed")


def _begun_after(fill: LatestFill | None, moment: datetime) -> bool:
    return fill is not None and fill.begun_at is not None and fill.begun_at > moment


def _due(facts: Facts, today: date) -> Outcome:
    """The decision for a prescription in use, with nothing of it on the way."""
    fill = facts.fill
    earliest = fill.earliest_refill_on if fill else None
    early = earliest is not None and earliest > today
    if fill is not None and fill.state == "too_soon" and (early or earliest is None):
        return TooEarly(earliest)
    missing = _missing(facts, today)
    if missing is not None:
        return _renewal(facts, missing)
    if early and not _never_left(fill):
        return TooEarly(earliest)
    return MayRefill()


def _missing(facts: Facts, today: date) -> Literal["no_refills", "expired"] | None:
    """What the prescriber has to give before there can be another fill."""
    state = facts.fill.state if facts.fill else ""
    if facts.expires_on is not None and facts.expires_on < today:
        return "expired"
    if state in _NEEDS:
        return _NEEDS[state]
    if facts.refills_remaining <= 0 and not _never_left(facts.fill):
        return "no_refills"
    return None


def _renewal(facts: Facts, why: Literal["no_refills", "expired"]) -> Outcome:
    sent = facts.prescriber
    dispensed = facts.fill is not None and facts.fill.state in ("picked_up", "delivered")
    if sent is None or (dispensed and _begun_after(facts.fill, sent.sent_at)):
        return NeedsRenewal(why)
    if sent.status == "denied":
        return RenewalDenied()
    if sent.status in ("sent", "no_reply"):
        return RenewalSent(sent.sent_at, sent.follow_up_at)
    return NeedsRenewal(why)


def _never_left(fill: LatestFill | None) -> bool:
    """Whether the medicine of the latest fill never reached the patient: it counts for nothing."""
    return fill is not None and fill.state in ("returned_to_stock", "cancelled")


def _cancelled_by_others(fill: LatestFill | None) -> bool:
    """A patient who has cancelled an order may change their mind; others have had reasons."""
    return fill is not None and fill.state == "cancelled" and fill.reason != "patient_request"
