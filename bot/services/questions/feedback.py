"""A patient's word on one answer of the bot's: it helped, or it did not."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.conversations import Ended, Rules
from bot.services.event_log import lock
from bot.services.questions import recording
from bot.services.questions.recording import Guess
from bot.storage.conversations import Conversation, Event, Turn
from bot.storage.database import Database
from bot.storage.teaching import Feedback, Question

# How many of the patient's messages back the question of an answer is looked for.
MESSAGES_BACK = 20


@dataclass(frozen=True)
class Taken:
    """The feedback is kept."""


@dataclass(frozen=True)
class UnknownEvent:
    """There is no such answer of the bot's in the conversation."""


async def take(
    database: Database,
    conversation_id: str,
    seq: int,
    rules: Rules,
    now: datetime,
    *,
    helpful: bool,
) -> Taken | UnknownEvent | Ended:
    """Keep whether the event `seq` has helped. Said again it changes nothing or is changed.

    The question of an answer that has not helped is kept for review, until the patient says that
    it has helped after all or somebody has reviewed it.
    """
    async with database.write() as session:
        conversation = await lock(session, conversation_id)
        if conversation is None or conversation.ended_at is not None:
            return Ended()
        event = await session.get(Event, (conversation_id, seq))
        if event is None or event.author != "bot":
            return UnknownEvent()
        known = await session.get(Feedback, (conversation_id, seq))
        if known is None:
            session.add(Feedback(conversation_id=conversation_id, seq=seq, helpful=helpful, at=now))
        elif known.helpful != helpful:
            known.helpful, known.at = helpful, now
        else:
            return Taken()
        await session.flush()
        await _keep_question(session, conversation, seq, rules, now)
        return Taken()


async def _keep_question(
    session: AsyncSession, conversation: Conversation, seq: int, rules: Rules, now: datetime
) -> None:
    """Have the question behind an answer among those to review, or not, as the patient says."""
    asked = await _question_of(session, conversation.conversation_id, seq)
    if asked is None:
        return
    kept = await _kept(session, conversation.conversation_id, asked.seq)
    if not await _has_not_helped(session, conversation, asked):
        if kept is not None and kept.status == "new":
            await session.execute(delete(Question).where(Question.question_id == kept.question_id))
    elif kept is None:
        turn = await session.get(Turn, (conversation.conversation_id, asked.seq))
        guess = Guess(turn.intent, turn.confidence) if turn is not None else Guess()
        await recording.record(
            session, conversation, "not_helpful", asked.text, asked.seq, guess, rules.timezone, now
        )


async def _question_of(session: AsyncSession, conversation_id: str, seq: int) -> Event | None:
    """The patient's message that an answer belongs to; what was typed rather than a button."""
    rows = await session.scalars(
        select(Event)
        .where(Event.conversation_id == conversation_id, Event.author == "patient", Event.seq < seq)
        .order_by(Event.seq.desc())
        .limit(MESSAGES_BACK)
    )
    said = rows.all()
    typed = (event for event in said if "choice_id" not in event.data)
    return next(typed, said[0] if said else None)


async def _has_not_helped(session: AsyncSession, conversation: Conversation, asked: Event) -> bool:
    """Whether any of the answers to a message is said not to have helped."""
    rows = await session.scalars(
        select(Feedback.seq).where(
            Feedback.conversation_id == conversation.conversation_id,
            Feedback.seq > asked.seq,
            Feedback.helpful.is_(False),
        )
    )
    for seq in rows.all():
        question = await _question_of(session, conversation.conversation_id, seq)
        if question is not None and question.seq == asked.seq:
            return True
    return False


async def _kept(session: AsyncSession, conversation_id: str, seq: int) -> Question | None:
    return await session.scalar(
        select(Question).where(
            Question.conversation_id == conversation_id,
            Question.seq == seq,
            Question.kind == "not_helpful",
        )
    )
