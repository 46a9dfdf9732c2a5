"""Identity checks: the form goes to the gateway and ends here; Rasa never sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.pharmacy.identity_policy import Claim, Person, matching, record_subject, touched
from bot.services import call_talk, escalations
from bot.services.conversations import Ended, Rules
from bot.services.event_log import append, lock
from bot.services.instants import to_the_second
from bot.services.one_by_one import take_turns
from bot.services.questions_waiting import told_to_people
from bot.services.replies import Reply
from bot.storage.conversations import Conversation, IdentityFailure, Turn, Verification
from bot.storage.database import Database
from bot.storage.records import Patient, Prescription, Proxy
from bot.wording import load

# What Rasa is told after success: a bare answer, which completes the question that waited.
CONFIRMED = "/inform"


@dataclass(frozen=True)
class Limits:
    """When checks lock: failures for a conversation, for a record, and for how many minutes."""

    per_conversation: int
    per_record: int
    lock_minutes: int


@dataclass(frozen=True)
class Verified:
    """The claim fits; it holds until then (UTC) and is moved on by every message."""

    until: datetime


@dataclass(frozen=True)
class NotConfirmed:
    """The claim fits nobody, or not entirely: which, nobody is told."""


@dataclass(frozen=True)
class Locked:
    """Checks are locked, for the conversation or for what was claimed."""


async def check(
    database: Database,
    conversation_id: str,
    claim: Claim,
    rules: Rules,
    limits: Limits,
    now: datetime,
) -> Verified | NotConfirmed | Locked | Ended:
    """Check a claim and write the result into the conversation's log.

    Does the same work whether or not the person exists. After success the question that waited
    is owed an answer; a lock hands over to the counter.
    """
    async with database.write() as session:
        conversation = await lock(session, conversation_id)
        if conversation is None or conversation.ended_at is not None:
            return Ended()
        if conversation.identity_failures >= limits.per_conversation:
            return Locked()
        result = await _judge(_Result(session, conversation, rules, now), claim, limits)
        await escalations.tell_desk(session, conversation, now)
        return result


async def _judge(
    result: "_Result", claim: Claim, limits: Limits
) -> Verified | NotConfirmed | Locked:
    session, conversation, now = result.session, result.conversation, result.now
    people = await _people(session, claim)
    await take_turns(session, (*claim.subjects(), *touched(claim, people)))
    today = now.astimezone(ZoneInfo(result.rules.timezone)).date()
    found = matching(claim, people, today)
    since = now - timedelta(minutes=limits.lock_minutes)
    watched = [*claim.subjects(), *(record_subject(person.patient_id) for person in found)]
    if await _is_locked(session, watched, limits, since):
        await result.locked()
        return Locked()
    if found:
        return await result.verified(found)
    for subject in (*claim.subjects(), *touched(claim, people)):
        failure = IdentityFailure(
            conversation_id=conversation.conversation_id, subject=subject, at=now
        )
        session.add(failure)
    conversation.identity_failures += 1
    result.not_confirmed()
    if conversation.identity_failures >= limits.per_conversation:
        await result.hand_over()
    return NotConfirmed()


@dataclass(frozen=True)
class _Result:
    """Writes what a check found into the log of a locked conversation."""

    session: AsyncSession
    conversation: Conversation
    rules: Rules
    now: datetime

    async def verified(self, found: Sequence[Person]) -> Verified:
        until = self.now + timedelta(minutes=self.rules.verified_minutes)
        conversation_id = self.conversation.conversation_id
        await self.session.execute(
            delete(Verification).where(Verification.conversation_id == conversation_id)
        )
        for patient_id, proxy_id in dict.fromkeys(
            (person.patient_id, person.proxy_id or "") for person in found
        ):
            self.session.add(
                Verification(
                    conversation_id=conversation_id,
                    patient_id=patient_id,
                    proxy_id=proxy_id,
                    verified_at=self.now,
                    expires_at=until,
                )
            )
        self.conversation.identity_failures = 0
        patients = list({person.patient_id for person in found})
        for row in await escalations.open_ones(self.session, conversation_id):
            row.patient_id = patients[0] if len(patients) == 1 else row.patient_id
        seq = self._tell("identity_confirmed", verified=True, until=to_the_second(until))
        memory = d.Memory.model_validate(self.conversation.memory)
        if memory.call_back:
            await call_talk.go_on(self._reply())
        if self.conversation.owner == "bot" and (memory.question or not memory.call_back):
            self.session.add(
                Turn(
                    conversation_id=conversation_id,
                    seq=seq,
                    input=CONFIRMED,
                    state="pending",
                    attempts=0,
                    asked_at=self.now,
                )
            )
        return Verified(until)

    def not_confirmed(self) -> None:
        self._tell("identity_not_confirmed", verified=False)

    async def locked(self) -> None:
        self._tell("identity_locked", verified=False)
        await self.hand_over()

    async def hand_over(self) -> None:
        """Give the conversation to the counter, once."""
        if self.conversation.owner != "bot":
            return
        memory = d.Memory.model_validate(self.conversation.memory)
        handoff = d.Handoff(
            queue="counter", reason="identity_locked", response="handoff.identity_locked"
        )
        await self._reply(told_to_people(memory)).say_all([handoff])

    def _reply(self, question: str = "") -> Reply:
        wording = load(self.conversation.locale, self.rules.country)
        return Reply(
            self.session, self.conversation, wording, self.now, question, self.rules.timezone,
            self.rules.country,
        )  # fmt: skip

    def _tell(self, response: str, **data: Any) -> int:
        text = load(self.conversation.locale).render(response, now=self.now)
        return append(
            self.session, self.conversation, "identity_result", "system", text,
            at=self.now, **data,
        )  # fmt: skip


async def _people(session: AsyncSession, claim: Claim) -> list[Person]:
    """Everybody who shares a detail with the claim, patients and caregivers."""
    holders = await session.execute(
        select(Prescription.patient_id, Prescription.rx_key).where(
            Prescription.rx_key == (claim.rx_key or "")
        )
    )
    by_patient: dict[str, set[str]] = {}
    for patient_id, key in holders:
        by_patient.setdefault(patient_id, set()).add(key)
    people: list[Person] = []
    tables: tuple[type[Patient] | type[Proxy], ...] = (Patient, Proxy)
    for table in tables:
        rows = await session.scalars(
            select(table).where(
                or_(
                    (table.date_of_birth == claim.date_of_birth)
                    & (table.last_name_key == claim.last_name_key),
                    # Whoever gave no phone number is not everybody of whom none is known.
                    table.phone_key == claim.phone_key if claim.phone_key else false(),
                    table.patient_id.in_(by_patient),
                )
            )
        )
        people += [_person(row, by_patient) for row in rows]
    return people


def _person(row: Any, by_patient: dict[str, set[str]]) -> Person:
    proxy = row if isinstance(row, Proxy) else None
    return Person(
        row.patient_id,
        proxy.proxy_id if proxy else None,
        row.last_name_key,
        row.date_of_birth,
        row.phone_key,
        frozenset(by_patient.get(row.patient_id, ())),
        proxy.expires_on if proxy else None,
    )


async def _is_locked(
    session: AsyncSession, subjects: Sequence[str], limits: Limits, since: datetime
) -> bool:
    counts = await session.scalars(
        select(func.count())
        .where(IdentityFailure.subject.in_(subjects), IdentityFailure.at > since)
        .group_by(IdentityFailure.subject)
    )
    return any(count >= limits.per_record for count in counts)
