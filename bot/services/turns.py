"""The turns that the bot owes: claiming one, answering it, or admitting that it failed.

A turn is answered once. The answer, the change of owner and the escalation are written together,
and not at all when somebody else has taken the conversation meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.services.access import grants
from bot.services.conversations import Rules
from bot.services.escalations import tell_desk
from bot.services.event_log import LoggedEvent, appended, lock
from bot.services.owed_turns import Owed, TakenUp, claim, settle, take_up
from bot.services.questions.recording import Guess
from bot.services.questions_waiting import said_in, take_next, told_to_people
from bot.services.replies import Reply
from bot.storage.conversations import Conversation, Turn
from bot.storage.database import Database
from bot.wording import load

# Directives that the patient sees something of; an answer without any of them is no answer.
VISIBLE = (d.Say, d.IdentityForm, d.Choices, d.StatusCard, d.Notice, d.Handoff, d.RefillPlaced)
TECHNICAL = d.Handoff(
    queue="counter", priority="soon", reason="technical", response="handoff.technical",
    transfers=False,
)  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """What became of an answer: `written`, or dropped. `events` are those that were written.

    `more`: another one is owed. `watched`: people may look at the conversation, and were told.
    """

    written: bool
    more: bool
    events: tuple[LoggedEvent, ...] = ()
    watched: bool = True


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
        return claim(turn, lease, now)


async def prolong(database: Database, owed: Owed, lease: timedelta, now: datetime) -> None:
    """Keep a claimed turn for another `lease`, if it is still owed."""
    async with database.write() as session:
        await session.execute(
            update(Turn)
            .where(
                Turn.conversation_id == owed.conversation_id,
                Turn.seq == owed.seq,
                Turn.state == "pending",
            )
            .values(claimed_until=now + lease)
        )


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
) -> Answered:
    """Write the answer to a turn; `spoken` is None when Rasa or an action failed.

    It is dropped when the turn is answered already, or somebody else speaks now.
    """
    async with database.write() as session:
        conversation = await lock(session, owed.conversation_id)
        taken = None if conversation is None else await take_up(session, owed)
        if conversation is None or taken is None:
            return Answered(written=False, more=True)
        if conversation.owner != "bot" or conversation.ended_at is not None:
            await settle(session, owed, "dropped", now)
            return Answered(written=False, more=taken.more)
        understood = _understood(spoken)
        await settle(
            session, owed, "answered", now, understood.intent or None, understood.confidence
        )
        failed = spoken is None or not is_answer(spoken)
        if spoken is not None and await _typed_identity(session, owed, taken, now):
            spoken = point_to_form(spoken)
        unsure = _forget_confirmation(conversation, spoken)
        said = said_in(taken)
        before = d.Memory.model_validate(conversation.memory)
        reply = Reply(
            session, conversation, load(conversation.locale, rules.country), now,
            told_to_people(before, said.text), rules.timezone, rules.country,
            heard=said.first, seq=owed.seq,
        )  # fmt: skip
        told = [*unsure, *([TECHNICAL] if failed or spoken is None else spoken)]
        await reply.say_all(told)
        if not failed and _is_unsure(understood, spoken, rules):
            guess = Guess(understood.intent, understood.confidence, understood.ranking)
            await reply.keep_for_review("unsure", guess)
        # After a failure all of the message is in the ticket.
        more = take_next(conversation, () if failed else said.parts[1:])
        await reply.say_all([more] if more is not None else [])
        watched = taken.watched or any(isinstance(item, d.Handoff) for item in told)
        if watched:
            await tell_desk(session, conversation, now)
        return Answered(True, taken.more, appended(session), watched)


def is_answer(spoken: Sequence[d.Directive]) -> bool:
    """Whether the patient sees something of it."""
    return any(isinstance(item, VISIBLE) for item in spoken)


def _understood(spoken: Sequence[d.Directive] | None) -> d.Understood:
    """What the message was taken for; without an intent when the engine was not asked."""
    told = [item for item in spoken or () if isinstance(item, d.Understood)]
    return told[0] if told else d.Understood(intent="")


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


async def _typed_identity(session: AsyncSession, owed: Owed, taken: TakenUp, now: datetime) -> bool:
    """Whether details were taken out of the message of somebody who is not verified."""
    if not taken.data.get("redacted"):
        return False
    return not await grants(session, owed.conversation_id, now)
