"""What reviewers see: the questions in order, with their groups, as JSON."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.instants import instant
from bot.storage.conversations import Conversation
from bot.storage.database import Database
from bot.storage.staff import StaffAccount
from bot.storage.teaching import Question, QuestionGroup

STATUSES = ("new", "answered", "labelled", "dismissed")
KINDS = ("unanswered", "unsure", "not_helpful")
MOST = 500
EXAMPLES = 3
NOT_A_GUESS = "nlu_fallback"
Order = Literal["size", "age"]


@dataclass(frozen=True)
class Wanted:
    """Which questions to list, and whether the largest groups or the oldest come first."""

    status: str = "new"
    kind: str | None = None
    group_id: int | None = None
    order: Order = "size"


async def listed(database: Database, wanted: Wanted) -> dict[str, Any]:
    """At most 500 questions of one status, their groups, and how many there are of each status."""
    async with database.read() as session:
        chosen = select(Question).where(Question.status == wanted.status)
        if wanted.kind is not None:
            chosen = chosen.where(Question.kind == wanted.kind)
        if wanted.group_id is not None:
            chosen = chosen.where(Question.group_id == wanted.group_id)
        chosen = chosen.order_by(Question.asked_at, Question.question_id).limit(MOST)
        rows = (await session.scalars(chosen)).all()
        groups = await _groups(session, {row.group_id for row in rows if row.group_id is not None})
        if wanted.order == "size":
            new = {group["group_id"]: group["new"] for group in groups}
            groups.sort(key=lambda group: (-group["new"], -group["size"], group["group_id"]))
            rows = sorted(rows, key=lambda row: (-new.get(row.group_id, 0), row.group_id or 0))
        else:
            groups.sort(key=lambda group: (group["oldest_at"], group["group_id"]))
        return {
            "questions": await _shown(session, rows),
            "groups": groups,
            "counts": await _counts(session),
        }


async def some(database: Database, numbers: Sequence[int]) -> list[dict[str, Any]]:
    """These questions as they are now, in order."""
    async with database.read() as session:
        rows = await session.scalars(
            select(Question).where(Question.question_id.in_(numbers)).order_by(Question.question_id)
        )
        return await _shown(session, rows.all())


async def _shown(session: AsyncSession, rows: Sequence[Question]) -> list[dict[str, Any]]:
    open_chats = set(
        await session.scalars(
            select(Conversation.conversation_id).where(
                Conversation.conversation_id.in_({row.conversation_id for row in rows}),
                Conversation.ended_at.is_(None),
            )
        )
    )
    accounts = await session.scalars(
        select(StaffAccount).where(StaffAccount.username.in_({row.reviewed_by for row in rows}))
    )
    people = {row.username: row for row in accounts}
    return [_question(row, open_chats, people) for row in rows]


def _question(
    row: Question, open_chats: set[str], people: dict[str, StaffAccount]
) -> dict[str, Any]:
    return {
        "question_id": row.question_id,
        "kind": row.kind,
        "text": row.text,
        "locale": row.locale,
        "intent": row.intent,
        "confidence": row.confidence,
        "ranking": row.ranking,
        "status": row.status,
        "asked_at": instant(row.asked_at),
        "group_id": row.group_id,
        "label": row.label,
        "reviewed_by": _person(row.reviewed_by, people),
        "reviewed_at": instant(row.reviewed_at),
        "conversation_id": row.conversation_id,
        "reachable": row.conversation_id in open_chats,
    }


def _person(username: str | None, people: dict[str, StaffAccount]) -> dict[str, str] | None:
    if username is None:
        return None
    account = people.get(username)
    return {
        "username": username,
        "display_name": account.display_name if account else username,
        "role": account.role if account else "",
    }


async def _groups(session: AsyncSession, numbers: set[int]) -> list[dict[str, Any]]:
    """The groups with everything that is in them, whatever has become of it."""
    members: dict[int, list[Question]] = defaultdict(list)
    for row in await session.scalars(
        select(Question).where(Question.group_id.in_(numbers)).order_by(Question.asked_at.desc())
    ):
        members[row.group_id or 0].append(row)
    groups = await session.scalars(select(QuestionGroup).where(QuestionGroup.group_id.in_(numbers)))
    return [_group(group, members[group.group_id]) for group in groups]


def _group(group: QuestionGroup, rows: Sequence[Question]) -> dict[str, Any]:
    """A group; `rows` are its questions, newest first."""
    guesses = Counter(row.intent for row in rows if row.intent and row.intent != NOT_A_GUESS)
    texts = dict.fromkeys(row.text for row in rows)
    return {
        "group_id": group.group_id,
        "locale": group.locale,
        "size": len(rows),
        "new": sum(row.status == "new" for row in rows),
        "oldest_at": instant(_moment(rows[-1:])),
        "newest_at": instant(_moment(rows[:1])),
        "examples": list(texts)[:EXAMPLES],
        "guess": guesses.most_common(1)[0][0] if guesses else None,
    }


def _moment(rows: Sequence[Question]) -> datetime:
    return rows[0].asked_at if rows else datetime.min.replace(tzinfo=UTC)


async def _counts(session: AsyncSession) -> dict[str, int]:
    rows = await session.execute(select(Question.status, func.count()).group_by(Question.status))
    return dict.fromkeys(STATUSES, 0) | {row[0]: row[1] for row in rows}
