"""Where each intent goes: the one table for the actions and for `willcall parse`."""

from dataclasses import dataclass
from typing import Literal

Queue = Literal["counter", "pharmacist"]
Priority = Literal["urgent", "soon", "routine"]
Route = Literal["bot", "counter", "pharmacist", "urgent"]


@dataclass(frozen=True)
class HandOver:
    """A question for people. `response` names what is said first.

    `identity_first`: it concerns the patient's own records, so the bot asks who it is before.
    """

    queue: Queue
    response: str
    priority: Priority = "routine"
    identity_first: bool = False


HANDOVERS: dict[str, HandOver] = {
    "ask_clinical": HandOver("pharmacist", "clinical", "soon"),
    "ask_storage": HandOver("pharmacist", "storage"),
    "report_wrong_medicine": HandOver("pharmacist", "wrong_medicine", "urgent"),
    "report_ran_out": HandOver("pharmacist", "ran_out", "urgent"),
    "request_human": HandOver("counter", "request_human", "soon"),
    "complaint": HandOver("counter", "complaint", "soon"),
    "request_transfer": HandOver("counter", "request_transfer"),
    "update_profile": HandOver("counter", "update_profile"),
    "request_refill": HandOver("counter", "request_refill", identity_first=True),
    "request_cancel": HandOver("counter", "request_cancel", "soon", identity_first=True),
    "notify_when_ready": HandOver("counter", "notify_when_ready", identity_first=True),
}


def first_route(intent: str) -> Route:
    """Who a first message with this intent ends with: the patient is not verified yet."""
    if intent == "report_emergency":
        return "urgent"
    if intent == "refuse_identity":
        return "counter"
    handover = HANDOVERS.get(intent)
    if handover is None or handover.identity_first:
        return "bot"
    return "urgent" if handover.priority == "urgent" else handover.queue
