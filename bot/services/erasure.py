"""Deleting a chat for good, and giving a patient a copy of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import audit, staff_events
from bot.services.audit import Actor
from bot.services.chat_copy import copy_of
from bot.services.escalations import open_ones
from bot.services.event_log import lock
from bot.storage.conversations import (
    Choice,
    Conversation,
    Escalation,
    Event,
    IdentityFailure,
    ReadyNotice,
    Turn,
    Verification,
)
from bot.storage.database import Database
from bot.storage.records import RefillRequest
from bot.storage.staff import StaffEvent, StaffNote
from bot.storage.teaching import Feedback, Question, QuestionGroup, TrainingSentence

# What is of one chat alone. The chat itself comes last.
OF_A_CHAT = (
    Event, Choice, Turn, Verification, IdentityFailure, ReadyNotice, Feedback, StaffNote,
    StaffEvent, Escalation, Conversation,
)  # fmt: skip


@dataclass(frozen=True)
class Erased:
    """The chat is gone."""


@dataclass(frozen=True)
class NotFound:
    """There is no such chat, or not any more."""


@dataclass(frozen=True)
class StillOpen:
    """Somebody has to answer something in it first."""


OUTCOMES: dict[type, str] = {Erased: audit.OK, NotFound: "not_found", StillOpen: "still_open"}


async def delete_conversation(session: AsyncSession, conversation_id: str) -> None:
    """Delete a locked chat. Its questions and refill requests stay, without saying whose."""
    await session.execute(
        update(Question)
        .where(Question.conversation_id == conversation_id)
        .values(conversation_id=None, seq=None)
    )
    await session.execute(
        update(RefillRequest)
        .where(RefillRequest.conversation_id == conversation_id)
        .values(conversation_id=None)
    )
    for table in OF_A_CHAT:
        await session.execute(delete(table).where(table.conversation_id == conversation_id))


async def delete_questions(session: AsyncSession, question_ids: Sequence[int]) -> None:
    """Delete questions, and groups that are left empty. What was learned from them stays."""
    these = Question.question_id.in_(question_ids)
    grouped = await session.execute(
        select(Question.group_id, func.count()).where(these).group_by(Question.group_id)
    )
    fewer = {group_id: many for group_id, many in grouped if group_id is not None}
    await session.execute(
        update(TrainingSentence)
        .where(TrainingSentence.question_id.in_(question_ids))
        .values(question_id=None)
    )
    await session.execute(delete(Question).where(these))
    for group_id, many in sorted(fewer.items()):
        group = await session.get(QuestionGroup, group_id, with_for_update=True)
        if group is None:
            continue
        group.size -= many
        left = select(Question.question_id).where(Question.group_id == group_id).limit(1)
        if await session.scalar(left) is None:
            await session.delete(group)


async def erase(
    database: Database, actor: Actor | None, conversation_id: str, reason: str, now: datetime
) -> Erased | NotFound | StillOpen:
    """Delete a chat at once, because somebody has asked for it; the audit keeps who and why.

    Devices that are in it are woken on every gateway, and find that it has ended. `actor` is None
    for the command line.
    """
    async with database.write() as session:
        done: Erased | NotFound | StillOpen = Erased()
        if await lock(session, conversation_id) is None:
            done = NotFound()
        elif await open_ones(session, conversation_id):
            done = StillOpen()
        else:
            await delete_conversation(session, conversation_id)
            # Of no queue: no console has to show it.
            await staff_events.tell(session, "left", conversation_id, now)
        audit.record(
            session, "erase", now, actor=actor, conversation_id=conversation_id[:64],
            outcome=OUTCOMES[type(done)], reason=reason,
        )  # fmt: skip
        return done


async def is_erased(session: AsyncSession, conversation_id: str) -> bool:
    """Whether a chat that was there is gone."""
    return await session.get(Conversation, conversation_id) is None


async def export(
    database: Database, actor: Actor | None, conversation_id: str, now: datetime
) -> dict[str, Any] | NotFound:
    """A chat as a copy for the patient: without the private notes of the staff."""
    async with database.write() as session:
        conversation = await session.get(Conversation, conversation_id)
        audit.record(
            session, "export", now, actor=actor, conversation_id=conversation_id[:64],
            outcome=audit.OK if conversation else "not_found",
        )  # fmt: skip
        if conversation is None:
            return NotFound()
        return await copy_of(session, conversation, now)
