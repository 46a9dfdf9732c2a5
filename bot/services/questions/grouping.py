"""Puts new questions into groups of one meaning and language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.meaning_groups import Centre, Vector, nearest, pack, take_in, unpack
from bot.storage.database import Database
from bot.storage.teaching import Question, QuestionGroup


@dataclass(frozen=True)
class Ungrouped:
    """A question that is in no group yet."""

    question_id: int
    text: str


async def without_group(database: Database, most: int) -> Sequence[Ungrouped]:
    """The oldest new questions that are in no group."""
    async with database.read() as session:
        rows = await session.execute(
            select(Question.question_id, Question.text)
            .where(Question.group_id.is_(None), Question.status == "new")
            .order_by(Question.question_id)
            .limit(most)
        )
        return [Ungrouped(number, text) for number, text in rows]


async def assign(database: Database, vectors: Mapping[int, Vector], now: datetime) -> int:
    """Give questions, by number with their unit vectors, the nearest group or a new one.

    Returns how many were put into a group: those that another gateway has sorted are left alone.
    """
    async with database.write() as session:
        rows = await session.scalars(
            select(Question)
            .where(Question.question_id.in_(vectors), Question.group_id.is_(None))
            .order_by(Question.question_id)
            .with_for_update()
        )
        questions = rows.all()
        centres = {
            locale: await _centres(session, locale) for locale in {row.locale for row in questions}
        }
        for row in questions:
            vector = vectors[row.question_id]
            found = nearest(vector, centres[row.locale])
            if found is None:
                found = await _founded(session, row.locale, vector, now)
                centres[row.locale].append(found)
            else:
                take_in(found, vector)
                group = await session.get_one(QuestionGroup, found.group_id)
                group.centre, group.size = pack(found.vector), found.size
            row.group_id = found.group_id
        return len(questions)


async def _centres(session: AsyncSession, locale: str) -> list[Centre]:
    rows = await session.scalars(
        select(QuestionGroup)
        .where(QuestionGroup.locale == locale)
        .order_by(QuestionGroup.group_id)
        .with_for_update()
    )
    return [Centre(row.group_id, unpack(row.centre), row.size) for row in rows]


async def _founded(session: AsyncSession, locale: str, vector: Vector, now: datetime) -> Centre:
    group = QuestionGroup(locale=locale, centre=pack(vector), size=1, created_at=now)
    session.add(group)
    await session.flush()
    return Centre(group.group_id, vector, 1)
