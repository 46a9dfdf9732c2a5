"""The turns that the bot owes: claiming one, answering it, or admitting that it failed.

A turn is answered once. The answer, the change of owner and the escalation are written together,
and not at all when somebody else has taken the conversation meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.services.access import grants
from bot.services.conversations import Rules
from bot.services.escalations import tell_desk
from bot.services.event_log import lock
from bot.services.questions.recording import Guess
from bot.services.questions_waiting import said_in, take_next, told_to_people
from bot.services.replies import Reply
from bot.storage.conversations import Conversation, Event, Turn
from bot.storage.database import Database
from bot.wording import load

# Directives that the patient sees something of; an answer without any of them is no answer.
VISIBLE = (d.Say, d.IdentityForm, d.Choices, d.StatusCard, d.Notice, d.Handoff, d.RefillPlaced)
TECHNICAL = d.Handoff(
    queue="counter", priority="soon", reason="technical", response="handoff.technical",
    transfers=False,
)  # fmt: skip


@dataclass(frozen=True)
class Owed:
    """A claimed turn: what Rasa is to be told, and which message it answers."""

    conversation_id: str
    seq: int
    input: str
    in_reply_to: str | None
    attempts: int


async def claim_next(
    database: Database, conversation_id: str, lease: timedelta, now: datetime
) -> Owed | None:
    """Claim the oldest unanswered turn of a conversation for `lease`; None when there is none.

    Turns are answered in order: while one is being worked on elsewhere, none is given out.
    """
    async with database.write() as session:
        turn = await session.scalar(
            select(Turn)
            .where(Turn.conversation_id == conversation_id, Turn.state == "pending")
            .order_by(Turn.seq)
            .limit(1)
            .with_for_update()
        )
        if turn is None or (turn.claimed_until is not None and turn.claimed_until > now):
            return None
        turn.claimed_until = now + lease
        turn.attempts += 1
        return Owed(turn.conversation_id, turn.seq, turn.input, turn.in_reply_to, turn.attempts)


async def waiting_conversations(database: Database, now: datetime) -> Sequence[str]:
    """The conversations with a turn that nobody works on: after a crash, all of them."""
    async with database.read() as session:
        rows = await session.scalars(
            select(Turn.conversation_id)
            .where(
                Turn.state == "pending",
                (Turn.claimed_until.is_(None)) | (Turn.claimed_until <= now),
            )
            .distinct()
        )
        return rows.all()


async def release_all(database: Database) -> None:
    """Forget all claims: for the one gateway of a SQLite database, when it starts."""
    async with database.write() as session:
        for turn in await session.scalars(select(Turn).where(Turn.state == "pending")):
            turn.claimed_until = None


async def answer(
    database: Database,
    owed: Owed,
    spoken: Sequence[d.Directive] | None,
    rules: Rules,
    now: datetime,
) -> bool:
    """Write the answer to a turn; `spoken` is None when Rasa or an action failed.

    Returns False when the answer was dropped, because the turn is answered already or somebody
    else speaks now.
    """
    async with database.write() as session:
        conversation = await lock(session, owed.conversation_id)
        turn = await session.get(Turn, (owed.conversation_id, owed.seq))
        if conversation is None or turn is None or turn.state != "pending":
            return False
        turn.answered_at = now
        if conversation.owner != "bot" or conversation.ended_at is not None:
            turn.state = "dropped"
            return False
        turn.state = "answered"
        understood = _note_understood(turn, spoken)
        failed = spoken is None or not any(isinstance(item, VISIBLE) for item in spoken)
        if spoken is not None and await _typed_identity(session, owed, now):
            spoken = point_to_form(spoken)
        unsure = _forget_confirmation(conversation, spoken)
        said = await said_in(session, owed.conversation_id, owed.seq)
        before = d.Memory.model_validate(conversation.memory)
        reply = Reply(
            session, conversation, load(conversation.locale, rules.country), now,
            told_to_people(before, said.text), rules.timezone, rules.country,
            heard=said.first, seq=owed.seq,
        )  # fmt: skip
        await reply.say_all([*unsure, *([TECHNICAL] if failed or spoken is None else spoken)])
        if not failed and _is_unsure(understood, spoken, rules):
            guess = Guess(understood.intent, understood.confidence, understood.ranking)
            await reply.keep_for_review("unsure", guess)
        # After a failure all of the message is in the ticket.
        more = take_next(conversation, () if failed else said.parts[1:])
        await reply.say_all([more] if more is not None else [])
        await tell_desk(session, conversation, now)
        return True


def _note_understood(turn: Turn, spoken: Sequence[d.Directive] | None) -> d.Understood:
    """Keep with the turn what the message was taken for; empty when the engine was not asked."""
    told = [item for item in spoken or () if isinstance(item, d.Understood)]
    if not told:
        return d.Understood(intent="")
    turn.intent, turn.confidence = told[0].intent, told[0].confidence
    return told[0]


def _is_unsure(
    understood: d.Understood, spoken: Sequence[d.Directive] | None, rules: Rules
) -> bool:
    """Whether the bot has answered by itself, and may well have answered something else."""
    if understood.confidence is None or understood.confidence >= rules.unsure_below:
        return False
    if understood.intent == "nlu_fallback":
        return False
    return not any(isinstance(item, d.Handoff | d.Unanswered) for item in spoken or ())


def _forget_confirmation(
    conversation: Conversation, spoken: Sequence[d.Directive] | None
) -> Sequence[d.Directive]:
    """After a turn that failed, drop what waited for a yes, and say that nobody may rely on it.

    Whether the message was that yes, and how far it came, is not known here. A turn that did not
    fail brings the new memory itself.
    """
    if any(isinstance(item, d.Remember) for item in spoken or ()):
        return []
    memory = d.Memory.model_validate(conversation.memory)
    if memory.confirm is None:
        return []
    forgotten = memory.model_copy(update={"confirm": None})
    conversation.memory = forgotten.model_dump(mode="json")
    return [d.Say(response=f"unsure.{memory.confirm.kind}")]


def point_to_form(spoken: Sequence[d.Directive]) -> list[d.Directive]:
    """Tell a patient who typed identity details into the chat where they belong."""
    form = [] if any(isinstance(item, d.IdentityForm) for item in spoken) else [d.IdentityForm()]
    return [d.Say(response="identity_in_chat"), *spoken, *form]


async def _typed_identity(session: AsyncSession, owed: Owed, now: datetime) -> bool:
    """Whether details were taken out of the message of somebody who is not verified."""
    event = await session.get(Event, (owed.conversation_id, owed.seq))
    if event is None or not event.data.get("redacted"):
        return False
    return not await grants(session, owed.conversation_id, now)
