"""What a reviewer's decision is about, what may become of it, and how it is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import audit
from bot.services.audit import Actor
from bot.storage.staff import StaffAccount
from bot.storage.teaching import Question, QuestionGroup, Review

Action = Literal["answered", "labelled", "dismissed"]
# How many of a reviewer's last decisions are looked through for one that is repeated or undone.
LOOKED_THROUGH = 200


@dataclass(frozen=True)
class One:
    """A single question."""

    question_id: int


@dataclass(frozen=True)
class Group:
    """All questions of a group that are new."""

    group_id: int


type Target = One | Group


@dataclass(frozen=True)
class Decided:
    """A decision is kept; `conversations` have something new to show."""

    review_id: int
    questions: tuple[int, ...]
    conversations: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotFound:
    """There is no such question, group or decision."""


@dataclass(frozen=True)
class AlreadyReviewed:
    """Somebody was faster; `reviewer` is their name."""

    reviewer: str


async def eligible(
    session: AsyncSession, target: Target, actor: Actor, action: Action
) -> Sequence[Question] | NotFound | AlreadyReviewed:
    """The questions to decide, locked in order, or why there are none.

    Who has answered a question may label it as well, and the other way round.
    """
    locked = _chosen(target).with_for_update().execution_options(populate_existing=True)
    rows = (await session.scalars(locked)).all()
    if isinstance(target, Group):
        if await session.get(QuestionGroup, target.group_id) is None:
            return NotFound()
        new = [row for row in rows if row.status == "new"]
        return new or AlreadyReviewed(await _reviewer(session, rows))
    if not rows:
        return NotFound()
    if rows[0].status == "new" or _may_add(rows[0], actor, action):
        return rows
    return AlreadyReviewed(await _reviewer(session, rows))


async def touched(session: AsyncSession, target: Target) -> Sequence[Question]:
    """The questions that a decision may be about, as they are now, not locked."""
    return (await session.scalars(_chosen(target))).all()


async def repeated(
    session: AsyncSession, actor: Actor, action: Action, asked: dict[str, Any]
) -> Decided | None:
    """The same decision of the same person, if it stands already: its answer got lost."""
    for review in await standing(session, actor.username):
        if review.action == action and review.before["asked"] == asked:
            return Decided(review.review_id, numbers_in(review))
    return None


async def standing(session: AsyncSession, username: str) -> Sequence[Review]:
    """Somebody's last decisions that were not taken back, newest first."""
    rows = await session.scalars(
        select(Review)
        .where(Review.username == username, Review.undone_at.is_(None))
        .order_by(Review.review_id.desc())
        .limit(LOOKED_THROUGH)
    )
    return rows.all()


def numbers_in(review: Review) -> tuple[int, ...]:
    """The questions that a decision was about."""
    return tuple(item["question_id"] for item in review.before["questions"])


async def keep(
    session: AsyncSession,
    actor: Actor,
    action: Action,
    asked: dict[str, Any],
    rows: Sequence[Question],
    now: datetime,
    sentences: Sequence[int] = (),
) -> Review:
    """Write a decision with what its questions were before, and an audit entry for each."""
    before = [_state(row) for row in rows]
    review = Review(
        username=actor.username,
        action=action,
        at=now,
        before={"asked": asked, "questions": before, "sentences": list(sentences)},
    )
    session.add(review)
    await session.flush()
    for row in rows:
        row.status = "labelled" if row.status == "labelled" else action
        row.reviewed_by, row.reviewed_at = actor.username, now
        audit.record(
            session, f"question_{action}", now, actor=actor, conversation_id=row.conversation_id,
            question_id=row.question_id, review_id=review.review_id,
        )  # fmt: skip
    return review


def named(target: Target) -> dict[str, Any]:
    """How a decision remembers what it was asked about."""
    if isinstance(target, Group):
        return {"group_id": target.group_id}
    return {"question_id": target.question_id}


def _chosen(target: Target) -> Any:
    rows = select(Question).order_by(Question.question_id)
    if isinstance(target, Group):
        return rows.where(Question.group_id == target.group_id)
    return rows.where(Question.question_id == target.question_id)


def _may_add(row: Question, actor: Actor, action: Action) -> bool:
    """Whether the reviewer of a question may decide this as well."""
    both = {"answered", "labelled"}
    return row.reviewed_by == actor.username and {row.status, action} == both


def _state(row: Question) -> dict[str, Any]:
    return {"question_id": row.question_id, "status": row.status, "label": row.label}


async def _reviewer(session: AsyncSession, rows: Sequence[Question]) -> str:
    """The name of whoever has decided last."""
    decided = [row for row in rows if row.reviewed_at is not None and row.reviewed_by]
    if not decided:
        return ""
    last = max(decided, key=lambda row: row.reviewed_at or row.asked_at)
    account = await session.get(StaffAccount, last.reviewed_by)
    return account.display_name if account is not None else str(last.reviewed_by)
