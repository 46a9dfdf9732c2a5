"""A pharmacist's answer to a reviewed question: it arrives in the chat that it was asked in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.audit import Actor
from bot.services.conversations import Rules
from bot.services.desk_cases import ConversationEnded
from bot.services.escalations import tell_desk
from bot.services.event_log import append, lock
from bot.services.presence import presence
from bot.services.questions.decisions import (
    AlreadyReviewed,
    Decided,
    NotFound,
    Target,
    eligible,
    keep,
    named,
    repeated,
    touched,
)
from bot.storage.conversations import Conversation, Event
from bot.storage.database import Database
from bot.storage.teaching import Question
from bot.wording import load


async def answer(
    database: Database,
    actor: Actor,
    target: Target,
    client_id: str,
    text: str,
    rules: Rules,
    now: datetime,
) -> Decided | NotFound | AlreadyReviewed | ConversationEnded:
    """Send a text into the chats of one question or of the new ones of a group, once each.

    Who speaks there goes on speaking. Questions whose chat has ended stay as they are. A repeat
    of `client_id` sends nothing.
    """
    asked = {**named(target), "client_id": client_id}
    async with database.write() as session:
        before = await repeated(session, actor, "answered", asked)
        if before is not None:
            return before
        # Conversations are locked before questions, and in order: nobody waits in a circle.
        concerned = {row.conversation_id for row in await touched(session, target)} - {None}
        chats = [await lock(session, chat) for chat in sorted(filter(None, concerned))]
        found = await eligible(session, target, actor, "answered")
        if isinstance(found, NotFound | AlreadyReviewed):
            return found
        open_chats = {chat.conversation_id: chat for chat in chats if chat and not chat.ended_at}
        rows = [row for row in found if row.conversation_id in open_chats]
        if not rows:
            return ConversationEnded()
        reached = sorted({row.conversation_id for row in rows if row.conversation_id})
        for conversation_id in reached:
            await _say(session, open_chats[conversation_id], actor, client_id, text, rules, now)
        review = await keep(session, actor, "answered", asked, rows, now)
        return Decided(review.review_id, _numbers(rows), tuple(reached))


async def _say(
    session: AsyncSession,
    chat: Conversation,
    actor: Actor,
    client_id: str,
    text: str,
    rules: Rules,
    now: datetime,
) -> None:
    """Write the message of a person into a locked conversation, unless it is there."""
    known = select(Event.seq).where(
        Event.conversation_id == chat.conversation_id, Event.client_id == client_id
    )
    if await session.scalar(known) is not None:
        return
    wording = load(chat.locale, rules.country)
    append(
        session, chat, "message", "staff", text, at=now, client_id=client_id,
        **presence(actor, wording, now),
    )  # fmt: skip
    await tell_desk(session, chat, now)


def _numbers(rows: Sequence[Question]) -> tuple[int, ...]:
    return tuple(row.question_id for row in rows)
