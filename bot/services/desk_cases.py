"""An escalation in somebody's hands: finding it under lock, and who has the conversation.

All claimed escalations of a conversation are in the same person's hands: a person has a
conversation or has not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import desk
from bot.pharmacy.desk import Role
from bot.pharmacy.routes import Priority, Queue
from bot.services import audit, staff_events
from bot.services.audit import Actor
from bot.services.conversations import Rules
from bot.services.escalations import open_ones, wait_in_line
from bot.services.event_log import lock
from bot.services.presence import presence
from bot.storage.conversations import Conversation, Escalation
from bot.storage.staff import StaffAccount, StaffNote
from bot.wording import Wording, load


@dataclass(frozen=True)
class Done:
    """It was done; consoles and the patient's devices have something new to read."""

    escalation_id: int
    conversation_id: str


@dataclass(frozen=True)
class NotFound:
    """There is no such escalation or conversation."""


@dataclass(frozen=True)
class Forbidden:
    """The role may not see it."""


@dataclass(frozen=True)
class AlreadyClaimed:
    """Somebody else has the conversation; `holder` is their name."""

    holder: str


@dataclass(frozen=True)
class AlreadyClosed:
    """It is closed."""


@dataclass(frozen=True)
class NotHolder:
    """Only the person who has it may do that."""


@dataclass(frozen=True)
class ConversationEnded:
    """The patient has left, or the chat was closed."""


type Refusal = NotFound | Forbidden | AlreadyClaimed | AlreadyClosed | NotHolder | ConversationEnded


@dataclass(frozen=True)
class Case:
    """A locked conversation with one of its escalations, and the person who works on it."""

    session: AsyncSession
    actor: Actor
    rules: Rules
    now: datetime
    conversation: Conversation
    escalation: Escalation
    open_ones: Sequence[Escalation]

    @property
    def wording(self) -> Wording:
        """The patient's language."""
        return load(self.conversation.locale, self.rules.country)

    @property
    def held(self) -> bool:
        """Whether the person has this escalation."""
        return self.escalation.state == "claimed" and self.holder == self.actor.username

    @property
    def holder(self) -> str | None:
        """The username of whoever has the conversation."""
        return holder_of(self.open_ones)

    @property
    def ended(self) -> bool:
        """Whether the patient has left."""
        return self.conversation.ended_at is not None

    def in_hand(self) -> list[Escalation]:
        """What of the conversation is in the person's hands."""
        return [row for row in self.open_ones if row.claimed_by == self.actor.username]

    def waiting(self) -> list[Escalation]:
        """What of the conversation nobody has."""
        return [row for row in self.open_ones if row.state == "waiting"]

    def presence(self) -> dict[str, str]:
        """Who answers, as the patient's device is told."""
        return presence(self.actor, self.wording, self.now)

    async def tell(self, kind: str, row: Escalation | None = None, **data: Any) -> None:
        """Tell consoles, in the name of the person."""
        row = row or self.escalation
        await staff_events.tell(
            self.session, kind, self.conversation.conversation_id, self.now,
            queue=row.queue, escalation_id=row.escalation_id, priority=row.priority,
            by=self.actor.display_name, **data,
        )  # fmt: skip

    def audit(self, action: str, outcome: str = audit.OK, **detail: Any) -> None:
        """Record what the person did, or tried."""
        audit.record(
            self.session, action, self.now, actor=self.actor, outcome=outcome,
            conversation_id=self.conversation.conversation_id,
            escalation_id=self.escalation.escalation_id, **detail,
        )  # fmt: skip


async def find(
    session: AsyncSession,
    actor: Actor,
    escalation_id: int,
    action: str,
    rules: Rules,
    now: datetime,
) -> Case | NotFound | Forbidden:
    """The escalation under the lock of its conversation, if the person's role may take it.

    A refusal is audited under the name of the `action`.
    """
    conversation_id = await session.scalar(
        select(Escalation.conversation_id).where(Escalation.escalation_id == escalation_id)
    )
    if conversation_id is None:
        return NotFound()
    conversation = await lock(session, conversation_id)
    escalation = await session.get(Escalation, escalation_id, populate_existing=True)
    assert conversation is not None
    assert escalation is not None
    case = Case(
        session, actor, rules, now, conversation, escalation,
        await open_ones(session, conversation_id),
    )  # fmt: skip
    if not may_take(actor, escalation):
        case.audit(action, "forbidden")
        return Forbidden()
    return case


def may_take(actor: Actor, row: Escalation) -> bool:
    """Whether the person's role may see and take an escalation."""
    return desk.may_take(cast(Role, actor.role), cast(Queue, row.queue), row.reason)


def holder_of(rows: Sequence[Escalation]) -> str | None:
    """The username of whoever has the conversation that these are the open escalations of."""
    return next((row.claimed_by for row in rows if row.state == "claimed"), None)


async def account_of(session: AsyncSession, username: str | None) -> StaffAccount | None:
    """The account of a username, if there is one."""
    return await session.get(StaffAccount, username) if username else None


def let_go_of(row: Escalation, now: datetime) -> None:
    """Put a claimed escalation back among those that wait."""
    row.state = "waiting"
    row.claimed_by = None
    row.claimed_at = None
    row.alerts = 0
    wanted_at = row.call_from or row.due_at  # a call is not late before its window begins
    row.next_alert_at = desk.first_alert(cast(Priority, row.priority), now, wanted_at)


async def held(
    session: AsyncSession,
    actor: Actor,
    escalation_id: int,
    action: str,
    rules: Rules,
    now: datetime,
) -> Case | Refusal:
    """The case, if the person has it in hand."""
    case = await find(session, actor, escalation_id, action, rules, now)
    if isinstance(case, Case) and not case.held:
        case.audit(action, "not_holder")
        return AlreadyClosed() if case.escalation.state == "closed" else NotHolder()
    return case


async def back_in_line(case: Case) -> None:
    """Say where in line the conversation is now, if the patient is still there."""
    if not case.ended:
        await wait_in_line(case.session, case.conversation, case.wording, case.now)


def add_note(
    session: AsyncSession, conversation: Conversation, actor: Actor, text: str, now: datetime
) -> StaffNote:
    """Write a private note beside a conversation."""
    note = StaffNote(
        conversation_id=conversation.conversation_id,
        username=actor.username,
        display_name=actor.display_name,
        role=actor.role,
        at=now,
        text=text,
    )
    session.add(note)
    return note


def done(case: Case) -> Done:
    """It was done."""
    return Done(case.escalation.escalation_id, case.conversation.conversation_id)
