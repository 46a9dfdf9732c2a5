"""What reviewers teach: a label makes a training sentence, what is dismissed teaches nothing.

Every decision can be taken back by who has made it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy import intents
from bot.pharmacy.taught_sentences import normalised, taught
from bot.services import audit
from bot.services.audit import Actor
from bot.services.conversations import Rules
from bot.services.questions.decisions import (
    AlreadyReviewed,
    Decided,
    NotFound,
    Target,
    eligible,
    keep,
    named,
    numbers_in,
    repeated,
    standing,
)
from bot.services.questions.recording import redacted
from bot.storage.database import Database
from bot.storage.teaching import Question, Review, TrainingSentence


@dataclass(frozen=True)
class UnknownIntent:
    """No message can mean that."""


@dataclass(frozen=True)
class AlreadyTaught:
    """The sentence is trained or tested with already."""


@dataclass(frozen=True)
class NothingLeft:
    """The text has no word in it."""


@dataclass(frozen=True)
class NotOwn:
    """The decision is somebody else's."""


async def label(
    database: Database,
    actor: Actor,
    target: Target,
    intent: str,
    text: str | None,
    rules: Rules,
    now: datetime,
) -> Decided | NotFound | AlreadyReviewed | UnknownIntent | AlreadyTaught | NothingLeft:
    """Say what questions mean, and make training sentences of them.

    `text` is a better wording for all of them; it is redacted like the questions are. Of a group,
    what is taught already and what is asked twice becomes no sentence a second time.
    """
    if intent not in intents.NAMES:
        return UnknownIntent()
    asked = {**named(target), "intent": intent}
    async with database.write() as session:
        rows = await eligible(session, target, actor, "labelled")
        if isinstance(rows, NotFound):
            return rows
        if isinstance(rows, AlreadyReviewed):
            return await repeated(session, actor, "labelled", asked) or rows
        made = await _sentences(session, rows, actor, intent, text, rules, now)
        if not isinstance(made, list):
            return made
        review = await keep(
            session, actor, "labelled", asked, rows, now, [row.sentence_id for row in made]
        )
        for row in rows:
            row.label = intent
        return Decided(review.review_id, tuple(row.question_id for row in rows))


async def dismiss(
    database: Database, actor: Actor, target: Target, now: datetime
) -> Decided | NotFound | AlreadyReviewed:
    """Put questions away: there is nothing to learn from them."""
    async with database.write() as session:
        rows = await eligible(session, target, actor, "dismissed")
        if isinstance(rows, NotFound):
            return rows
        if isinstance(rows, AlreadyReviewed):
            return await repeated(session, actor, "dismissed", named(target)) or rows
        review = await keep(session, actor, "dismissed", named(target), rows, now)
        return Decided(review.review_id, tuple(row.question_id for row in rows))


async def undo(
    database: Database, actor: Actor, review_id: int, now: datetime
) -> Decided | NotFound | NotOwn:
    """Take a decision of one's own back: its sentences go, its questions are to review again.

    What was sent to a patient stays sent. Taking it back twice changes nothing.
    """
    async with database.write() as session:
        review = await session.get(Review, review_id, with_for_update=True)
        if review is None:
            return NotFound()
        if review.username != actor.username:
            return NotOwn()
        numbers = numbers_in(review)
        if review.undone_at is None:
            review.undone_at = now
            await session.flush()
            await _remove_sentences(session, review, now)
            for row in await _locked(session, numbers):
                await _settle(session, row, actor)
                audit.record(
                    session, "question_undone", now, actor=actor, question_id=row.question_id,
                    conversation_id=row.conversation_id, review_id=review_id,
                )  # fmt: skip
        return Decided(review_id, numbers)


async def _sentences(
    session: AsyncSession,
    rows: Sequence[Question],
    actor: Actor,
    intent: str,
    text: str | None,
    rules: Rules,
    now: datetime,
) -> list[TrainingSentence] | AlreadyTaught | NothingLeft:
    """The new training sentences; what is taught already is left out."""
    made: list[TrainingSentence] = []
    known = set(taught().sentences) | await _taught_here(session)
    empty = True
    for row in rows:
        given = await redacted(session, row.conversation_id, text or row.text, rules.timezone, now)
        sentence = _as_example(given)
        key = normalised(sentence)
        empty = empty and not key
        if not key or key in known:
            continue
        known.add(key)
        made.append(
            TrainingSentence(
                text=sentence, locale=row.locale, intent=intent, question_id=row.question_id,
                approved_by=actor.username, approved_at=now,
            )
        )  # fmt: skip
    session.add_all(made)
    await session.flush()
    return made or (NothingLeft() if empty else AlreadyTaught())


def _as_example(text: str) -> str:
    """A text that means itself in a training file: no command, no mark-up of an entity."""
    return text.lstrip("/ ").replace("](", "] (").replace("]{", "] {").strip()


async def _taught_here(session: AsyncSession) -> set[str]:
    """What pharmacists have taught and not taken back, normalised."""
    texts = await session.scalars(
        select(TrainingSentence.text).where(TrainingSentence.removed_at.is_(None))
    )
    return {normalised(text) for text in texts}


async def _remove_sentences(session: AsyncSession, review: Review, now: datetime) -> None:
    numbers = review.before["sentences"]
    rows = await session.scalars(
        select(TrainingSentence).where(
            TrainingSentence.sentence_id.in_(numbers), TrainingSentence.removed_at.is_(None)
        )
    )
    for row in rows:
        row.removed_at = now


async def _locked(session: AsyncSession, numbers: Sequence[int]) -> Sequence[Question]:
    rows = await session.scalars(
        select(Question)
        .where(Question.question_id.in_(numbers))
        .order_by(Question.question_id)
        .with_for_update()
    )
    return rows.all()


async def _settle(session: AsyncSession, row: Question, actor: Actor) -> None:
    """Give a question the state that the decisions which still stand have left it in."""
    left = [
        review
        for review in await standing(session, actor.username)
        if row.question_id in numbers_in(review)
    ]
    labelled = [review for review in left if review.action == "labelled"]
    row.label = labelled[0].before["asked"]["intent"] if labelled else None
    if not left:
        row.status, row.reviewed_by, row.reviewed_at = "new", None, None
        return
    row.status = "labelled" if labelled else left[0].action
    row.reviewed_at = left[0].at
