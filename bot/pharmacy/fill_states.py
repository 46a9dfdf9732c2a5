"""The states of a fill: one table that says what each of them means for the patient.

The words live in `bot/wording/<language>/states.yml` under the same names; a test holds the two
against each other. Sources for the distinctions: the NHS prescription-tracking statuses, the
US VA's medication statuses and FHIR R4 MedicationDispense.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Actor(StrEnum):
    """Who has to do something next."""

    PATIENT = "patient"
    PHARMACY = "pharmacy"
    PRESCRIBER = "prescriber"
    INSURER = "insurer"
    CARRIER = "carrier"
    NOBODY = "nobody"


class Step(StrEnum):
    """The milestones that the status card draws."""

    RECEIVED = "received"
    CHECKED = "checked"
    FILLING = "filling"
    READY = "ready"
    DONE = "done"


class Button(StrEnum):
    """What the patient can do from an answer; each stands for an intent and a label."""

    REQUEST_REFILL = "request_refill"
    NOTIFY_WHEN_READY = "notify_when_ready"
    ASK_HOURS = "ask_hours"
    ASK_PICKUP_RULES = "ask_pickup_rules"
    REQUEST_HUMAN = "request_human"
    REQUEST_TRANSFER = "request_transfer"
    ASK_DIRECTIONS = "ask_directions"
    ASK_STATUS = "ask_status"


@dataclass(frozen=True)
class FillState:
    """How one state is told.

    `date_field` names the column of the fill that matters most to the patient; `late_after` is
    how long after that instant (or after `updated_at` where there is no such date) the pharmacy
    itself should look at it. `late_field` overrides which column is watched.
    """

    name: str
    who_acts: Actor
    step: Step
    date_field: str | None
    buttons: tuple[Button, ...]
    reasons: tuple[str, ...] = ()
    problem: bool = False
    late_field: str | None = None
    late_after: timedelta | None = None
    finished: bool = False


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_PERSON = Button.REQUEST_HUMAN

_TABLE = (
    FillState("received", Actor.PHARMACY, Step.RECEIVED, "promised_at",
              (Button.NOTIFY_WHEN_READY, _PERSON), late_field="promised_at",
              late_after=timedelta(0)),
    FillState("data_entry", Actor.PHARMACY, Step.RECEIVED, "promised_at",
              (Button.NOTIFY_WHEN_READY, _PERSON), late_field="promised_at",
              late_after=timedelta(0)),
    FillState("adjudicating", Actor.INSURER, Step.CHECKED, "promised_at",
              (Button.NOTIFY_WHEN_READY, _PERSON), late_field="promised_at",
              late_after=timedelta(0)),
    FillState("rejected", Actor.PHARMACY, Step.CHECKED, None, (_PERSON,),
              ("plan_not_active", "member_not_found", "not_covered", "quantity_limit",
               "out_of_network"),
              problem=True, late_field="updated_at", late_after=2 * DAY),
    FillState("pa_pending", Actor.INSURER, Step.CHECKED, None, (_PERSON,), problem=True,
              late_field="updated_at", late_after=7 * DAY),
    FillState("pa_denied", Actor.PRESCRIBER, Step.CHECKED, None, (_PERSON,), problem=True),
    FillState("clarification", Actor.PRESCRIBER, Step.CHECKED, None, (_PERSON,),
              ("missing_information", "prescriber_question"), problem=True,
              late_field="updated_at", late_after=2 * DAY),
    FillState("too_soon", Actor.NOBODY, Step.CHECKED, "earliest_refill_on", (_PERSON,),
              ("insurance_limit", "days_supply"), problem=True),
    FillState("no_refills", Actor.PATIENT, Step.CHECKED, None,
              (Button.REQUEST_REFILL, _PERSON), problem=True),
    FillState("expired", Actor.PATIENT, Step.CHECKED, None,
              (Button.REQUEST_REFILL, _PERSON), problem=True),
    FillState("renewal_requested", Actor.PRESCRIBER, Step.CHECKED, None, (_PERSON,),
              late_field="updated_at", late_after=3 * DAY),
    FillState("on_hold", Actor.PATIENT, Step.CHECKED, None, (Button.REQUEST_REFILL, _PERSON),
              ("patient_request", "future_date", "insurance"), problem=True),
    FillState("out_of_stock", Actor.PHARMACY, Step.FILLING, "owed_expected_on",
              (Button.NOTIFY_WHEN_READY, Button.REQUEST_TRANSFER),
              ("backorder", "awaiting_delivery"), problem=True),
    FillState("special_order", Actor.PHARMACY, Step.FILLING, "owed_expected_on",
              (Button.NOTIFY_WHEN_READY, _PERSON)),
    FillState("filling", Actor.PHARMACY, Step.FILLING, "promised_at",
              (Button.NOTIFY_WHEN_READY, _PERSON), late_field="promised_at",
              late_after=timedelta(0)),
    FillState("verification", Actor.PHARMACY, Step.FILLING, "promised_at",
              (Button.NOTIFY_WHEN_READY, _PERSON), late_field="promised_at",
              late_after=timedelta(0)),
    FillState("partial_ready", Actor.PATIENT, Step.READY, "owed_expected_on",
              (Button.ASK_HOURS, Button.ASK_PICKUP_RULES)),
    FillState("ready", Actor.PATIENT, Step.READY, "kept_until",
              (Button.ASK_HOURS, Button.ASK_PICKUP_RULES, Button.ASK_DIRECTIONS)),
    FillState("out_for_delivery", Actor.CARRIER, Step.READY, "promised_at", (_PERSON,),
              ("courier", "mail"), late_field="promised_at", late_after=timedelta(0)),
    FillState("delivered", Actor.NOBODY, Step.DONE, "picked_up_at",
              (Button.ASK_DIRECTIONS, _PERSON), finished=True),
    FillState("picked_up", Actor.NOBODY, Step.DONE, "picked_up_at",
              (Button.REQUEST_REFILL, Button.ASK_DIRECTIONS), finished=True),
    FillState("returned_to_stock", Actor.PATIENT, Step.CHECKED, None,
              (Button.REQUEST_REFILL, _PERSON), ("not_picked_up",), problem=True),
    FillState("transferred", Actor.NOBODY, Step.DONE, None, (_PERSON,), problem=True,
              finished=True),
    FillState("cancelled", Actor.PATIENT, Step.CHECKED, None, (_PERSON,),
              ("patient_request", "prescriber_request", "duplicate"), problem=True,
              finished=True),
    FillState("unknown", Actor.PHARMACY, Step.RECEIVED, None, (_PERSON,), problem=True,
              late_field="updated_at", late_after=timedelta(0)),
)  # fmt: skip

FILL_STATES: dict[str, FillState] = {state.name: state for state in _TABLE}
UNKNOWN = FILL_STATES["unknown"]


def known_reason(state: FillState, reason: str | None) -> str | None:
    """The reason, if the table has words for it in this state."""
    return reason if reason in state.reasons else None


def is_late(state: FillState, watched: datetime | None, now: datetime) -> bool:
    """Whether the pharmacy has to look at a fill whose `late_field` holds `watched`."""
    if state.late_after is None or watched is None:
        return False
    return now > watched + state.late_after
