"""Call-backs: while nobody is there, a patient who waits can leave a wish to be called.

The wish is a piece of work for staff: an escalation with the reason `call_back` beside the question
that waits, for a time in which the store is open, with the number on file. What is said about it is
in `bot/services/call_talk.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self, cast

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.directives import Handoff, Priority, Queue
from bot.pharmacy.call_windows import call_windows, can_be_kept
from bot.pharmacy.desk import CALL_BACK
from bot.services import staff_events
from bot.services.access import Grant, grants
from bot.services.escalations import in_order, open_ones, open_or_renew
from bot.services.promises import Promise
from bot.services.stores import OpenStore, first_to_answer
from bot.storage.conversations import Conversation, Escalation, Verification
from bot.storage.records import Patient, Proxy

# Labels of the button.
ASK = "button.call_back"
MOVE = "button.call_back_other"


@dataclass(frozen=True)
class Window:
    """A time for a call."""

    start: datetime
    until: datetime

    @classmethod
    def of(cls, value: str) -> Self:
        """Read the value of a button."""
        start, _, until = value.partition("/")
        return cls(datetime.fromisoformat(start), datetime.fromisoformat(until))

    def value(self) -> str:
        """What a button stands for: both ends in UTC, as ISO 8601."""
        return "/".join(end.astimezone(UTC).isoformat() for end in (self.start, self.until))


@dataclass(frozen=True)
class Contact:
    """Whom to call, and whom to ask for. The number never goes to the chat."""

    phone: str
    name: str

    @property
    def ending(self) -> str:
        """The last two digits, which tell the patient which number it is; empty without digits."""
        return "".join(filter(str.isdigit, self.phone))[-2:]


@dataclass(frozen=True)
class Waiting:
    """What of a conversation waits for a person, and the store whose hours count for it.

    `booked` is the call that was asked for already.
    """

    question: Escalation
    store: OpenStore | None
    booked: Escalation | None

    def windows(self, now: datetime) -> Sequence[Window]:
        """The times that a call can be promised for; none when nobody knows when it opens."""
        if self.store is None:
            return ()
        return [Window(start, until) for start, until in call_windows(self.store.hours, now)]

    def can_keep(self, window: Window, now: datetime) -> bool:
        """Whether a time that was offered earlier can still be promised."""
        ends = (window.start, window.until)
        return self.store is not None and can_be_kept(self.store.hours, ends, now)

    def nobody_is_there(self, now: datetime) -> bool:
        """Whether the store is closed and will open."""
        if self.store is None or self.store.hours.is_open(now):
            return False
        return self.store.hours.next_opening(now) is not None


async def waiting(session: AsyncSession, conversation_id: str, now: datetime) -> Waiting | None:
    """The conversation's most pressing question that waits for a person; None without one."""
    rows = await open_ones(session, conversation_id)
    questions = [row for row in rows if row.state == "waiting" and row.reason != CALL_BACK]
    if not questions:
        return None
    question = in_order(questions)[0]
    booked = next((row for row in rows if row.reason == CALL_BACK), None)
    return Waiting(question, await first_to_answer(session, question.store_id, now), booked)


async def button(session: AsyncSession, conversation_id: str, now: datetime) -> str | None:
    """The label of the way to a phone call; None when there is none to offer.

    Offered while nobody is there; not to somebody whose identity checks are locked, because the
    pharmacy calls only a number on file. A call that is booked can be moved at any time.
    """
    found = await waiting(session, conversation_id, now)
    if found is None:
        return None
    if found.booked is not None:
        return MOVE
    if not found.nobody_is_there(now):
        return None
    if await grants(session, conversation_id, now):
        return ASK
    rows = await open_ones(session, conversation_id)
    locked = any(row.reason == "identity_locked" for row in rows)
    return None if locked else ASK


async def contact(session: AsyncSession, conversation_id: str, now: datetime) -> Contact | None:
    """Whom the conversation has proved to be: the patient, else the caregiver; None before that."""
    allowed = await grants(session, conversation_id, now)
    own = next((grant for grant in allowed if not grant.as_proxy), None)
    if own is not None:
        patient = await session.get(Patient, own.patient_id)
        return Contact(patient.phone, _name(patient)) if patient else None
    return await _caregiver(session, conversation_id, allowed) if allowed else None


async def book(
    session: AsyncSession,
    conversation: Conversation,
    found: Waiting,
    whom: Contact,
    window: Window,
    now: datetime,
) -> Escalation:
    """Write the call of a locked conversation, or move the one that there is.

    It is in the queue of the question that waits, so that a clinical one stays with pharmacists.
    What is urgent keeps waiting as it is: a call for later is never urgent.
    """
    question, booked = found.question, found.booked
    priority = "soon" if question.priority == "urgent" else question.priority
    if booked is not None and booked.queue != question.queue:
        await _to_queue(session, booked, question.queue, now)
    handoff = Handoff(
        queue=cast(Queue, question.queue), priority=cast(Priority, priority), reason=CALL_BACK
    )
    store_id = found.store.record.store_id if found.store else None
    promised = Promise("", window.until, open_now=False, store_id=store_id)
    row = await open_or_renew(session, conversation, handoff, question.question, promised, now)
    row.priority, row.store_id, row.question = priority, store_id, question.question
    row.patient_id = row.patient_id or question.patient_id
    row.due_at, row.next_alert_at = window.until, window.start
    row.alerts, row.told_late_at = 0, None
    row.call_from, row.call_until = window.start, window.until
    row.call_phone, row.call_name = whom.phone, whom.name
    return row


async def _to_queue(session: AsyncSession, row: Escalation, queue: str, now: datetime) -> None:
    before, row.queue = row.queue, queue
    await session.flush()
    await staff_events.tell(
        session, "transferred", row.conversation_id, now, queue=queue,
        escalation_id=row.escalation_id, priority=row.priority, before=before,
    )  # fmt: skip


async def _caregiver(
    session: AsyncSession, conversation_id: str, allowed: Sequence[Grant]
) -> Contact | None:
    """The caregiver; the records have only a last name, so the patient is named beside it."""
    found = await session.execute(
        select(Proxy, Patient)
        .join(Verification, Verification.proxy_id == Proxy.proxy_id)
        .join(Patient, Patient.patient_id == Proxy.patient_id)
        .where(
            Verification.conversation_id == conversation_id,
            Verification.patient_id == Proxy.patient_id,
            Proxy.patient_id.in_([grant.patient_id for grant in allowed if grant.as_proxy]),
        )
        .order_by(Proxy.proxy_id)
    )
    row = found.first()
    if row is None:
        return None
    proxy, patient = row
    return Contact(proxy.phone, f"{proxy.last_name}, {proxy.relationship} of {_name(patient)}")


def _name(patient: Patient) -> str:
    return f"{patient.first_name} {patient.last_name}"
