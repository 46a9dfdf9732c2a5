"""The people of the pharmacy: accounts, sessions, what they wrote and did, what they are told.

Only the gateway and `willcall staff` write these rows. Datetimes are aware and in UTC.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.storage.base import Base


class StaffAccount(Base):
    """Somebody who may sign in. Accounts are disabled, never deleted: the audit names them."""

    __tablename__ = "staff_account"

    # Lower case; chosen once, because other rows refer to it.
    username: Mapped[str] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    # The second factor, when the account has one, and the last time step that was used up.
    totp_secret: Mapped[str | None]
    totp_step: Mapped[int]
    # Made by the demonstration, with a printed password: refused outside it.
    demo: Mapped[bool]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class StaffSession(Base):
    """One sign-in. The cookie's token is stored hashed; `expires_at` is the absolute end."""

    __tablename__ = "staff_session"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("staff_account.username"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class SignInFailure(Base):
    """A failed sign-in, held against a name, whether or not there is such an account.

    `subject` is a digest: people type passwords into the wrong field.
    """

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    subject: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_sign_in_failure_subject", "subject", "at"),)


class AuditEntry(Base):
    """What somebody read or did. Triggers refuse to change or delete a row."""

    __tablename__ = "audit_entry"

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(index=True)
    # Empty for a sign-in under a name that does not exist, and for the system.
    username: Mapped[str | None] = mapped_column(index=True)
    role: Mapped[str | None]
    action: Mapped[str]
    # "ok", or the code of the refusal.
    outcome: Mapped[str]
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    escalation_id: Mapped[int | None]
    address: Mapped[str | None]
    # Never a patient's words.
    detail: Mapped[dict[str, Any]]


class StaffNote(Base):
    """A private note beside a conversation; the patient never sees it."""

    __tablename__ = "staff_note"

    note_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.conversation_id"), index=True
    )
    username: Mapped[str]
    display_name: Mapped[str]
    role: Mapped[str]
    at: Mapped[datetime]
    text: Mapped[str]


class StaffEvent(Base):
    """Something that changed at the desk, in the order in which consoles are told."""

    __tablename__ = "staff_event"

    # From `StaffEventCounter`, so that a smaller number is never committed after a larger one.
    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str]
    # Empty when it concerns everybody who may read the conversation.
    queue: Mapped[str | None]
    conversation_id: Mapped[str]
    escalation_id: Mapped[int | None]
    data: Mapped[dict[str, Any]]


class StaffEventCounter(Base):
    """One row. Whoever writes a staff event holds it until the transaction ends."""

    __tablename__ = "staff_event_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int]
