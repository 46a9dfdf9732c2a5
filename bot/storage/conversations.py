"""What Willcall itself writes: conversations, their event log, verification and escalations.

Only the gateway process writes these rows, but for `ready_notice`, which an action asks for through
`services/refills`. Datetimes are aware and in UTC.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class Conversation(Base):
    """A chat of one patient. `version` counts owner changes, `last_seq` the events."""

    __tablename__ = "conversation"

    conversation_id: Mapped[str] = mapped_column(primary_key=True)
    secret_hash: Mapped[str]
    locale: Mapped[str]
    owner: Mapped[str]
    version: Mapped[int]
    last_seq: Mapped[int]
    # The last event that the patient's widget has shown.
    seen_seq: Mapped[int]
    # What the dialogue remembers between turns (bot.directives.Memory).
    memory: Mapped[dict[str, Any]]
    identity_failures: Mapped[int]
    opened_at: Mapped[datetime]
    last_patient_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    # The username of the person who holds the conversation while `owner` is staff.
    holder: Mapped[str | None]


class Event(Base):
    """One entry of a conversation's log; `seq` is 1, 2, 3… without holes."""

    __tablename__ = "event"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    kind: Mapped[str]
    author: Mapped[str]
    text: Mapped[str]
    data: Mapped[dict[str, Any]]
    client_id: Mapped[str | None]

    __table_args__ = (UniqueConstraint("conversation_id", "client_id"),)


class Choice(Base):
    """A button that was offered. The patient sees only its id; what it means stays here."""

    __tablename__ = "choice"

    choice_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), index=True
    )
    seq: Mapped[int]
    label: Mapped[str]
    intent: Mapped[str]
    prescription_id: Mapped[int | None]
    product_id: Mapped[str | None]
    # What the button stands for beyond a record: the time window of a call-back.
    value: Mapped[str | None]


class Turn(Base):
    """A patient's message (or a command of the gateway's) that the bot still owes an answer.

    A turn is claimed for a while by the gateway that works on it; when that gateway dies, the
    claim runs out and another one takes the turn up, so no message stays unanswered.
    """

    __tablename__ = "turn"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # What Rasa is told: the text of the event, or a command of the gateway's such as /inform.
    input: Mapped[str]
    in_reply_to: Mapped[str | None]
    # What the patient picked by button or named by Rx number, if anything.
    prescription_id: Mapped[int | None]
    product_id: Mapped[str | None]
    state: Mapped[str]
    attempts: Mapped[int]
    claimed_until: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    # What the engine took it for, and how sure it was (0..1); empty when it was not asked.
    intent: Mapped[str | None]
    confidence: Mapped[float | None]

    __table_args__ = (
        Index("ix_turn_state", "state", "claimed_until"),
        Index("ix_turn_asked", "asked_at"),
    )


class Verification(Base):
    """Who a conversation has proved to be, until `expires_at` (moved on by every message)."""

    __tablename__ = "verification"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), primary_key=True
    )
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.patient_id"), primary_key=True)
    # Set when the person is a caregiver of this patient; empty for the patient.
    proxy_id: Mapped[str] = mapped_column(primary_key=True, default="")
    verified_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class IdentityFailure(Base):
    """One failed identity check, once for each thing it can be held against.

    `subject` is a digest of what was claimed (name and birth date, Rx number, phone) or the
    record it came close to; the details themselves are never stored.
    """

    __tablename__ = "identity_failure"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str]
    subject: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_identity_failure_subject", "subject", "at"),)


class Escalation(Base):
    """Something that a person must look at. Rows are never deleted while open.

    `state` is waiting, claimed or closed. A patient's wish to be called is one as well, with the
    reason `call_back` and the fields `call_…`.
    """

    __tablename__ = "escalation"

    escalation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), index=True
    )
    queue: Mapped[str]
    priority: Mapped[str]
    reason: Mapped[str]
    question: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    last_patient_at: Mapped[datetime]
    unread: Mapped[int]
    claimed_by: Mapped[str | None] = mapped_column(index=True)
    claimed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    closed_by: Mapped[str | None]
    # The store by whose hours it is due; empty when the pharmacy has none on record.
    store_id: Mapped[str | None]
    # Who the conversation had proved to be, as far as it had: it outlives the verification.
    patient_id: Mapped[str | None]
    # When a person first wrote to the patient about it.
    answered_at: Mapped[datetime | None]
    # How often staff were alerted, when they are next, and whether the patient was told it is late.
    alerts: Mapped[int] = mapped_column(default=0)
    next_alert_at: Mapped[datetime | None] = mapped_column(index=True)
    told_late_at: Mapped[datetime | None]
    call_from: Mapped[datetime | None]
    call_until: Mapped[datetime | None]
    call_phone: Mapped[str | None]
    call_name: Mapped[str | None]

    __table_args__ = (Index("ix_escalation_queue", "state", "queue", "due_at"),)


class ReadyNotice(Base):
    """A patient's wish to be told in the chat when a prescription is ready."""

    __tablename__ = "ready_notice"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), primary_key=True
    )
    rx_number: Mapped[str] = mapped_column(ForeignKey("prescription.rx_number"), primary_key=True)
    asked_at: Mapped[datetime]
    # When the chat said that there is news, to somebody who has yet to prove who they are.
    hinted_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None] = mapped_column(index=True)
