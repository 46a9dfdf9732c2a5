"""The rules of the staff desk: who may take what, and when people are alerted again.

Times are aware datetimes in UTC.
"""

from datetime import datetime, timedelta
from typing import Literal

from bot.pharmacy.routes import Priority, Queue

Role = Literal["technician", "pharmacist", "admin"]
ROLES: tuple[Role, ...] = ("technician", "pharmacist", "admin")

QUEUES: dict[Role, tuple[Queue, ...]] = {
    "technician": ("counter",),
    "pharmacist": ("counter", "pharmacist"),
    "admin": (),
}

# How a closed escalation ended, as the person who closed it says.
OUTCOMES = (
    "answered",
    "called",
    "sent_to_prescriber",
    "told_to_seek_care",
    "no_reply",
    "duplicate",
    "nothing_to_do",
)
# Written by Willcall itself when the conversation goes back to the assistant.
HANDED_BACK = "handed_back"
CALL_BACK = "call_back"

# Only a pharmacist may answer these, in whichever queue they are.
CLINICAL = frozenset(
    {
        "ask_clinical",
        "ask_directions",
        "ask_storage",
        "report_emergency",
        "report_wrong_medicine",
        "report_ran_out",
    }
)

# Between two alerts about something that nobody has taken: from the start when it is urgent,
# otherwise once it is due.
URGENT_EVERY = timedelta(minutes=1)
OVERDUE_EVERY = timedelta(minutes=5)
# A patient who writes to a person and is not read: the person is alerted, then the queue.
UNREAD_AFTER = timedelta(minutes=2)
UNREAD_ALERTS = 3


def is_clinical(reason: str) -> bool:
    """Whether a reason code is for a pharmacist alone."""
    return reason in CLINICAL or reason.startswith("red_flag")


def may_take(role: Role, queue: Queue, reason: str) -> bool:
    """Whether somebody with this role may see, claim and answer such an escalation."""
    if queue not in QUEUES[role]:
        return False
    return role == "pharmacist" or not is_clinical(reason)


def may_go_to(queue: Queue, reason: str) -> bool:
    """Whether an escalation may be put into a queue: what is clinical stays with pharmacists."""
    return queue == "pharmacist" or not is_clinical(reason)


def may_take_over(role: Role, holder: Role, queue: Queue, priority: Priority) -> bool:
    """Whether a conversation may be taken from the person who holds it.

    A technician who talks with a patient must not stand between an emergency and a pharmacist.
    """
    return (role, holder, queue, priority) == ("pharmacist", "technician", "pharmacist", "urgent")


def first_alert(priority: Priority, opened_at: datetime, due_at: datetime) -> datetime:
    """When staff are alerted again about something new that nobody takes."""
    return opened_at + URGENT_EVERY if priority == "urgent" else max(due_at, opened_at)


def next_alert(priority: Priority, now: datetime) -> datetime:
    """When they are alerted after that."""
    return now + (URGENT_EVERY if priority == "urgent" else OVERDUE_EVERY)
