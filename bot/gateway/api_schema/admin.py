"""What the admin reads: accounts, audit, retention; and who is signed in."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from pydantic import Field

from bot.gateway.api_schema.chat import ChatEvent
from bot.gateway.api_schema.common import Instant, Priority, Queue

StaffRole = Literal["technician", "pharmacist", "admin"]


class SignedIn(TypedDict):
    """Who is signed in; `csrf` goes into `X-CSRF-Token` of everything that changes something."""

    csrf: str
    role: StaffRole
    username: str
    display_name: str


class Session(SignedIn):
    """The same, for a page that was loaded again."""

    idle_minutes: int
    expires_at: Instant
    second_factor: bool


class Account(TypedDict):
    """An account without its secrets."""

    username: str
    display_name: str
    role: StaffRole
    second_factor: bool
    demo: bool
    created_at: Instant
    disabled_at: Instant | None
    locked: bool
    sessions: int


class AccountList(TypedDict):
    """Every account, by name."""

    accounts: list[Account]


class AuditEntry(TypedDict):
    """Who did what, when, from where."""

    entry_id: int
    at: Instant
    username: str | None
    role: str | None
    action: str
    outcome: str
    conversation_id: str | None
    escalation_id: int | None
    address: str | None
    detail: Annotated[dict[str, Any], Field(description="Never a patient's words.")]


class AuditPage(TypedDict):
    """Newest first; `next` goes into `before` for the following page."""

    entries: list[AuditEntry]
    next: int | None


class RetentionRules(TypedDict):
    """For how many days things are kept; 0 is for ever."""

    transcripts_days: int
    questions_days: int


class RetentionCounts(TypedDict):
    """What the next run deletes."""

    conversations: int
    questions: int


class RetentionRun(TypedDict):
    """A run that has been; `by` is null, because the gateway or the command line did it."""

    at: Instant
    by: str | None
    conversations: int
    questions: int


class RetentionShown(TypedDict):
    """The rules, what is due by them, and the last runs."""

    rules: RetentionRules
    due: RetentionCounts
    runs: list[RetentionRun]


class CopiedConversation(TypedDict):
    """The chat that a copy is of."""

    conversation_id: str
    locale: str
    opened_at: Instant
    last_patient_at: Instant
    ended_at: Instant | None


class CopiedEscalation(TypedDict):
    """A question to people, and what became of it."""

    escalation_id: int
    queue: Queue
    priority: Priority
    reason: str
    reason_label: str
    question: str
    state: str
    outcome: str | None
    opened_at: Instant
    answered_at: Instant | None
    closed_at: Instant | None
    call_from: Instant | None
    call_until: Instant | None


class CopiedRefillRequest(TypedDict):
    """A refill request of the chat."""

    rx_number: str
    kind: str
    status: str
    placed_at: Instant
    decided_at: Instant | None


class CopiedFeedback(TypedDict):
    """What the patient said of an answer."""

    seq: int
    helpful: bool
    at: Instant


class ConversationCopy(TypedDict):
    """A copy of a chat, for its patient."""

    exported_at: Instant
    conversation: CopiedConversation
    events: list[ChatEvent]
    escalations: list[CopiedEscalation]
    refill_requests: list[CopiedRefillRequest]
    feedback: list[CopiedFeedback]


class Ready(TypedDict):
    """Whether a message would be answered; `each` in the order of the settings."""

    ready: bool
    parts: dict[str, bool]
    each: NotRequired[dict[str, list[bool]]]
