"""What the staff's consoles read about escalations and conversations."""

from typing import Literal, NotRequired, TypedDict

from bot.gateway.api_schema.chat import CardFact, ChatEvent
from bot.gateway.api_schema.common import Day, Instant, Owner, Person, Priority, Queue

State = Literal["waiting", "claimed", "closed"]

CallBack = TypedDict(
    "CallBack", {"from": Instant, "until": Instant, "phone": str | None, "name": str | None}
)
CallBack.__doc__ = "When the patient wants to be called, and how."


class Escalation(TypedDict):
    """A question for people."""

    escalation_id: int
    conversation_id: str
    queue: Queue
    priority: Priority
    reason: str
    reason_label: str
    clinical: bool
    question: str
    state: State
    opened_at: Instant
    due_at: Instant
    overdue: bool
    alerts: int
    last_patient_at: Instant
    unread: int
    claimed_by: Person | None
    claimed_at: Instant | None
    answered_at: Instant | None
    closed_at: Instant | None
    closed_by: Person | None
    outcome: str | None
    locale: str
    patient_name: str | None
    store_id: str | None
    owner: Owner
    holder: Person | None
    patient_left: bool
    call_back: CallBack | None


class EscalationList(TypedDict):
    """Urgent first, then by due time."""

    escalations: list[Escalation]
    now: Instant


class Standing(TypedDict):
    """Where a conversation stands; `seen_seq` is the last event that the patient was shown."""

    conversation_id: str
    locale: str
    owner: Owner
    holder: Person | None
    opened_at: Instant
    last_patient_at: Instant
    ended_at: Instant | None
    last_seq: int
    seen_seq: int


class StaffNote(TypedDict):
    """A private note."""

    note_id: int
    at: Instant
    author: Person
    text: str


class PatientDetails(TypedDict):
    """Who the patient is."""

    name: str
    date_of_birth: Day
    phone: str | None
    language: str | None


class Caregiver(TypedDict):
    """Who has verified for the patient."""

    relationship: str | None


class PrescriptionShown(TypedDict):
    """A prescription with the state of its newest fill; `state` is null without one."""

    rx_number: str
    medicine: str
    directions: str
    quantity: float
    refills_remaining: int
    status: str
    state: str | None
    title: str
    meaning: str
    next_step: str
    late: bool
    facts: list[CardFact]
    as_of_text: str
    store_name: str


class Verified(TypedDict):
    """Whom a conversation has proved to be, and what the pharmacy has of them."""

    patient: PatientDetails
    caregiver: Caregiver | None
    verified_at: Instant | None
    valid: bool
    prescriptions: list[PrescriptionShown]


class ConversationShown(TypedDict):
    """A conversation with everything beside it."""

    conversation: Standing
    events: list[ChatEvent]
    escalations: list[Escalation]
    notes: list[StaffNote]
    record: list[Verified]


class CannedReply(TypedDict):
    """A reply that is ready to send, but for what stands in brackets."""

    id: str
    title: str
    text: str


class CannedReplies(TypedDict):
    """Replies in the patient's language."""

    replies: list[CannedReply]


class Found(TypedDict):
    """A result of a search."""

    conversation_id: str
    escalation_id: int
    patient_name: str | None
    reason_label: str
    state: State
    opened_at: Instant
    snippet: str


class SearchResults(TypedDict):
    """At most 50, newest first."""

    results: list[Found]


class StreamHello(TypedDict):
    """The event `hello`, the first of a stream."""

    last_id: int
    now: Instant


class StreamChange(TypedDict):
    """The event `change`. It carries no words of a patient."""

    kind: Literal[
        "opened", "renewed", "claimed", "released", "transferred", "handed_back", "closed",
        "alert", "unread", "message", "note", "left",
    ]  # fmt: skip
    at: Instant
    queue: Queue | None
    conversation_id: str
    escalation_id: int | None
    priority: NotRequired[Priority]
    holder: NotRequired[str]
    by: NotRequired[str]
    username: NotRequired[str]
    before: NotRequired[Queue]
    number: NotRequired[int]
    seq: NotRequired[int]
    author: NotRequired[str]


class StreamPassing(TypedDict):
    """The events `typing`, `seen` (with `seq`), `read`, `questions` and `models`."""

    conversation_id: str
    seq: NotRequired[int]
