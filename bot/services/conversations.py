"""Conversations: taking in what a patient sends, and ending.

What a patient writes is stored before anybody sees it, screened for red flags in every state, and
then given to whoever speaks: the bot gets a turn, the queue or a person gets an unread message.
The answers follow the language that the patient writes; what the bot cannot read goes to people.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import identity_text, red_flags
from bot.pharmacy.identity_keys import rx_key
from bot.pharmacy.language import Language
from bot.pharmacy.two_questions import split
from bot.pharmacy.typed_text import engine_input
from bot.services import call_talk, escalations, languages, owed_turns, staff_events, urgent
from bot.services.access import grants, visible_prescriptions
from bot.services.arrivals import Arrival, arrive, patient_was_here
from bot.services.event_log import (
    LoggedEvent,
    append,
    appended,
    change_owner,
    close,
    lock,
    seq_of,
)
from bot.services.occurrences import MessageTaken, note
from bot.services.owed_turns import Owed, Wanted
from bot.services.questions_waiting import ASK_ALSO
from bot.services.replies import RESUME_ASSISTANT, Reply
from bot.stopwatch import stage
from bot.storage.conversations import Choice, Conversation, Verification
from bot.storage.database import Database
from bot.wording import load


@dataclass(frozen=True)
class Rules:
    """The settings that conversations follow; times in minutes, confidence from 0 to 1.

    An answer whose confidence is below `unsure_below` is kept for review.
    """

    verified_minutes: int
    country: str
    timezone: str
    unsure_below: float = 0.5


@dataclass(frozen=True)
class Stored:
    """A message is in the log as `seq`. `turn` says whether the bot owes an answer.

    `owed` is that answer, when it was claimed for the caller. `events` are those that were
    written, as far as they are known here. `watched`: people may look at the conversation, and
    were told.
    """

    seq: int
    turn: bool
    repeated: bool = False
    owed: Owed | None = None
    events: tuple[LoggedEvent, ...] = ()
    watched: bool = True


@dataclass(frozen=True)
class Ended:
    """The conversation does not exist any more for the patient."""


@dataclass(frozen=True)
class NotOffered:
    """The choice was never offered in this conversation."""


async def stored_seq(database: Database, conversation_id: str, client_id: str) -> int | None:
    """The `seq` under which a client's message is stored already, if it is."""
    async with database.read() as session:
        return await seq_of(session, conversation_id, client_id)


async def take_message(
    database: Database,
    conversation_id: str,
    client_id: str,
    text: str,
    rules: Rules,
    now: datetime,
    lease: timedelta | None = None,
) -> Stored | Ended:
    """Store what the patient wrote; a repeat of `client_id` gets the same `seq`.

    `text` is neither empty nor too long. Identity details are taken out before it is stored. A
    caller that can have it answered now gives the `lease` for which to claim the turn.
    """
    today = now.astimezone(ZoneInfo(rules.timezone)).date()
    async with database.write() as session:
        arrival = await arrive(session, conversation_id, client_id, now)
        if arrival is None:
            return Ended()
        if arrival.seq is not None:
            return Stored(arrival.seq, turn=False, repeated=True)
        conversation = arrival.conversation
        with stage("screen"):
            redacted = identity_text.redact(text, today)
        kinds: dict[str, Any] = {"redacted": sorted(redacted.kinds)} if redacted.kinds else {}
        await patient_was_here(session, arrival, rules.verified_minutes, now)
        seq = append(
            session, conversation, "message", "patient", redacted.text, at=now,
            client_id=client_id, **kinds,
        )  # fmt: skip
        with stage("screen"):
            flags = red_flags.screen(text)
            language = languages.follow(conversation, text)
        if flags:
            families = tuple(dict.fromkeys(flag.family for flag in flags))
            await urgent.raise_alarm(
                session, conversation, families, redacted.text, rules.country, now
            )
            note(session, MessageTaken("red_flag"))
            return Stored(seq, turn=False)
        if language is Language.OTHER and conversation.owner == "bot":
            await languages.pass_to_person(
                session, conversation, redacted.text, rules.country, rules.timezone, now
            )
            note(session, MessageTaken("other_language"))
            return Stored(seq, turn=False)
        wanted = Wanted(
            engine_input(split(redacted.text)[0]),
            await _named_prescription(session, conversation, redacted, now),
        )
        return await _pass_on(session, arrival, wanted, lease, now)


async def take_choice(
    database: Database,
    conversation_id: str,
    client_id: str,
    choice_id: str,
    rules: Rules,
    now: datetime,
    lease: timedelta | None = None,
) -> Stored | Ended | NotOffered:
    """Store a tap on a button that was offered in this conversation; `lease` as for a message."""
    async with database.write() as session:
        arrival = await arrive(session, conversation_id, client_id, now)
        if arrival is None:
            return Ended()
        if arrival.seq is not None:
            return Stored(arrival.seq, turn=False, repeated=True)
        conversation = arrival.conversation
        choice = await session.get(Choice, choice_id)
        if choice is None or choice.conversation_id != conversation_id:
            return NotOffered()
        await patient_was_here(session, arrival, rules.verified_minutes, now)
        seq = append(
            session, conversation, "message", "patient", choice.label, at=now,
            client_id=client_id, choice_id=choice_id,
        )  # fmt: skip
        if await _taken_here(session, conversation, choice, rules, now):
            await escalations.tell_desk(session, conversation, now)
            note(session, MessageTaken("settled"))
            return Stored(seq, turn=False)
        wanted = Wanted(
            engine_input(choice.label) if choice.intent == ASK_ALSO else f"/{choice.intent}",
            choice.prescription_id,
            choice.product_id,
        )
        return await _pass_on(session, arrival, wanted, lease, now)


async def end(database: Database, conversation_id: str, now: datetime) -> None:
    """End the conversation for the patient; what waits for a person keeps waiting."""
    async with database.write() as session:
        conversation = await lock(session, conversation_id)
        if conversation is None or conversation.ended_at is not None:
            return
        text = load(conversation.locale).render("closed", now=now)
        await end_locked(session, conversation, text, now)
        if rows := await escalations.open_ones(session, conversation_id):
            queue = escalations.audience(rows)
            await staff_events.tell(session, "left", conversation_id, now, queue=queue)


async def end_locked(
    session: AsyncSession, conversation: Conversation, text: str, now: datetime
) -> None:
    """End a locked conversation, with what it had proved and what the bot still owed."""
    conversation_id = conversation.conversation_id
    close(session, conversation, text, at=now)
    await session.execute(
        delete(Verification).where(Verification.conversation_id == conversation_id)
    )
    await owed_turns.drop(session, conversation_id, now)


async def mark_seen(database: Database, conversation_id: str, seq: int) -> None:
    """Remember the last event that the patient's widget has shown."""
    async with database.write() as session:
        await session.execute(
            update(Conversation)
            .where(
                Conversation.conversation_id == conversation_id,
                Conversation.seen_seq < seq,
                Conversation.last_seq >= seq,
            )
            .values(seen_seq=seq)
        )


async def _pass_on(
    session: AsyncSession,
    arrival: Arrival,
    wanted: Wanted,
    lease: timedelta | None,
    now: datetime,
) -> Stored:
    """Give a stored message to whoever speaks."""
    conversation = arrival.conversation
    message = appended(session)[0]
    if conversation.owner != "bot":
        wording = load(conversation.locale)
        await escalations.note_patient_wrote(session, conversation, wording, now)
        note(session, MessageTaken("staff" if conversation.owner == "staff" else "queue"))
        await escalations.tell_desk(session, conversation, now)
        return Stored(message.seq, turn=False)
    owed = owed_turns.owe(
        session, message, conversation.conversation_id, wanted,
        None if arrival.owes else lease, now,
    )  # fmt: skip
    note(session, MessageTaken("bot"))
    if arrival.watched:
        await escalations.tell_desk(session, conversation, now)
    return Stored(
        message.seq, turn=True, owed=owed, events=appended(session), watched=arrival.watched
    )


async def _taken_here(
    session: AsyncSession,
    conversation: Conversation,
    choice: Choice,
    rules: Rules,
    now: datetime,
) -> bool:
    """Carry out a button with a reserved meaning, without Rasa; False for any other button."""
    wording = load(conversation.locale, rules.country)
    reply = Reply(session, conversation, wording, now, "", rules.timezone, rules.country)
    if choice.intent == RESUME_ASSISTANT:
        call_talk.forget(reply)
        if conversation.owner == "queue":
            change_owner(session, conversation, "bot", reply.text("owner.bot"), at=now)
        return True
    # A person who has the conversation reads the tap as a message.
    if choice.intent in call_talk.INTENTS and conversation.owner != "staff":
        await call_talk.take(reply, choice)
        return True
    return False


async def _named_prescription(
    session: AsyncSession,
    conversation: Conversation,
    redacted: identity_text.Redaction,
    now: datetime,
) -> int | None:
    """The verified patient's own prescription whose number was typed, if there is one.

    The number itself goes no further than here.
    """
    if not redacted.rx_numbers:
        return None
    allowed = await grants(session, conversation.conversation_id, now)
    keys = {rx_key(number) for number in redacted.rx_numbers}
    for view in await visible_prescriptions(session, allowed) if allowed else ():
        if rx_key(view.prescription.rx_number) in keys:
            return view.prescription.id
    return None
