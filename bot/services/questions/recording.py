"""Keeps what was not answered, not surely, or not well: redacted, for a pharmacist's review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.redaction import redact
from bot.services.questions.known_names import known_names, medicine_words
from bot.storage.conversations import Conversation
from bot.storage.teaching import Question

Kind = Literal["unanswered", "unsure", "not_helpful"]


@dataclass(frozen=True)
class Guess:
    """What the engine took a message for; confidences from 0 to 1."""

    intent: str | None = None
    confidence: float | None = None
    ranking: Sequence[tuple[str, float]] = ()


async def record(
    session: AsyncSession,
    conversation: Conversation,
    kind: Kind,
    text: str,
    seq: int | None,
    guess: Guess,
    timezone: str,
    now: datetime,
) -> None:
    """Keep a question of a locked conversation, without anything that tells who asked it."""
    if not text.strip():
        return
    session.add(
        Question(
            conversation_id=conversation.conversation_id,
            seq=seq,
            kind=kind,
            text=await redacted(session, conversation.conversation_id, text, timezone, now),
            locale=conversation.locale,
            intent=guess.intent,
            confidence=guess.confidence,
            ranking=[list(item) for item in guess.ranking],
            status="new",
            asked_at=now,
        )
    )


async def redacted(
    session: AsyncSession, conversation_id: str | None, text: str, timezone: str, now: datetime
) -> str:
    """A text without what identifies anybody, on one line.

    `timezone` says which day it is for dates in it.
    """
    names = await known_names(session, conversation_id, text)
    today = now.astimezone(ZoneInfo(timezone)).date()
    medicines = await medicine_words(session)
    return redact(" ".join(text.split()), names, today, medicines)
