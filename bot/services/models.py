"""The language models: making candidates one at a time, and which one is active.

A row says what is being done with a model and outlives every process. Who makes one tells so every
few seconds; one that nobody has told about for a while was left behind by a gateway that died, and
waits for another one. Each that takes it up has a mark of its own, so that one that was taken for
dead can change nothing any more.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.audit import Actor, record
from bot.services.taught import ApprovedSentence, approved
from bot.storage.database import Database
from bot.storage.staff import StaffEventCounter
from bot.storage.teaching import LanguageModel

UNFINISHED = ("queued", "training", "testing")
UNDER_WAY = ("training", "testing")
# How often a job says that it lives, and after what silence it counts as dead.
BEAT_SECONDS = 5.0
SILENCE = timedelta(seconds=30)
# A training that has ended so many gateways is not tried again.
MOST_TRIES = 2
INTERRUPTED = "The training was interrupted. Teach again."
# What of `figures` is the gate's own, and not for people.
COMPARED_WITH = "compared_with"
# What of `progress` is not for people either: who is on it, and how many have been.
MARK = "mark"
TRIES = "tries"

Step = Literal["training", "testing"]


@dataclass(frozen=True)
class Requested:
    """A candidate waits to be made."""

    model_id: int


@dataclass(frozen=True)
class AlreadyTraining:
    """One is being made."""

    model_id: int


@dataclass(frozen=True)
class Job:
    """A candidate to be made now. `created_at` (UTC) is the moment whose sentences it learns.

    `mark` tells who makes it from everybody who was on it before.
    """

    model_id: int
    mark: str
    created_at: datetime
    sentences: list[ApprovedSentence]


@dataclass(frozen=True)
class Result:
    """A candidate that was made and tested. Without `refusals` it has passed."""

    file: str
    data_hash: str
    sentences: int
    compared_with: int
    figures: dict[str, Any]
    differences: list[dict[str, Any]]
    refusals: list[str]


async def request(
    database: Database, actor: Actor | None, now: datetime
) -> Requested | AlreadyTraining:
    """Ask for a candidate from the sentences approved by now; one at a time over all gateways."""
    async with database.write() as session:
        await alone(session)
        unfinished = await session.scalar(
            select(LanguageModel.model_id).where(LanguageModel.state.in_(UNFINISHED)).limit(1)
        )
        if unfinished is not None:
            return AlreadyTraining(unfinished)
        created_by = actor.username if actor else "command line"
        row = new_row("queued", created_by, now)
        session.add(row)
        await session.flush()
        record(session, "model_trained", now, actor=actor, model_id=row.model_id)
        return Requested(row.model_id)


async def take(database: Database, now: datetime) -> Job | None:
    """Take up the candidate that waits, for the caller alone; None when none does."""
    async with database.write() as session:
        row = await session.scalar(
            select(LanguageModel)
            .where(LanguageModel.state == "queued")
            .order_by(LanguageModel.model_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if row is None:
            return None
        mark = secrets.token_hex(8)
        row.state = "training"
        row.progress = {
            **_progress("training", 0, 0, now), MARK: mark, TRIES: row.progress.get(TRIES, 0) + 1,
        }  # fmt: skip
        return Job(row.model_id, mark, row.created_at, await approved(session, row.created_at))


async def note_progress(
    database: Database, job: Job, step: Step, done: int, of: int, now: datetime
) -> bool:
    """Say how far a job is, and that it lives; False when it is not the caller's any more."""
    async with database.write() as session:
        row = await _own(session, job.model_id, job.mark)
        if row is None:
            return False
        row.state = step
        row.progress = row.progress | _progress(step, done, of, now)
        return True


async def finish(database: Database, job: Job, result: Result, now: datetime) -> bool:
    """Write what came out; False when the job is not the caller's any more."""
    async with database.write() as session:
        return _changed(
            await _own(session, job.model_id, job.mark),
            state="refused" if result.refusals else "passed",
            progress={},
            file=result.file,
            data_hash=result.data_hash,
            sentences=result.sentences,
            figures={**result.figures, COMPARED_WITH: result.compared_with},
            differences=result.differences,
            refusals=result.refusals,
            finished_at=now,
        )


async def fail(database: Database, job: Job, reason: str, now: datetime) -> bool:
    """Write that it could not be made; `reason` is a sentence for people."""
    async with database.write() as session:
        row = await _own(session, job.model_id, job.mark)
        return _changed(row, state="failed", progress={}, refusals=[reason], finished_at=now)


async def give_back(database: Database, job: Job, now: datetime) -> bool:
    """Leave a job to whoever takes it next, or give it up when enough have tried."""
    return await _give_back(database, job.model_id, job.mark, now)


async def give_back_abandoned(database: Database, now: datetime) -> int:
    """The same with the jobs that nobody works on any more; how many there were."""
    async with database.read() as session:
        rows = await session.execute(
            select(LanguageModel.model_id, LanguageModel.progress).where(
                LanguageModel.state.in_(UNDER_WAY)
            )
        )
        silent = [
            (model_id, progress.get(MARK))
            for model_id, progress in rows
            if now - datetime.fromisoformat(progress["beat"]) > SILENCE
        ]
    return sum([await _give_back(database, model_id, mark, now) for model_id, mark in silent])


async def alone(session: AsyncSession) -> None:
    """Let no other transaction of any gateway change which models there are until this one ends.

    The row that counts the desk's changes serves: there is one, whatever models there are.
    """
    await session.execute(select(StaffEventCounter).with_for_update())


def new_row(state: str, created_by: str, now: datetime) -> LanguageModel:
    """A card with nothing on it."""
    return LanguageModel(
        state=state, file=None, created_by=created_by, created_at=now, data_hash=None,
        sentences=0, progress={}, figures={}, differences=[], refusals=[], finished_at=None,
        activated_by=None, activated_at=None, retired_at=None,
    )  # fmt: skip


async def _own(session: AsyncSession, model_id: int, mark: str | None) -> LanguageModel | None:
    """A job that is under way and still belongs to the one with this mark, locked."""
    row = await session.get(LanguageModel, model_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in UNDER_WAY or row.progress.get(MARK) != mark:
        return None
    return row


async def _give_back(database: Database, model_id: int, mark: str | None, now: datetime) -> bool:
    async with database.write() as session:
        row = await _own(session, model_id, mark)
        tries = row.progress.get(TRIES, 0) if row else 0
        if tries < MOST_TRIES:
            return _changed(row, state="queued", progress={TRIES: tries})
        return _changed(row, state="failed", progress={}, refusals=[INTERRUPTED], finished_at=now)


def _changed(row: LanguageModel | None, **values: Any) -> bool:
    """Change a job, if it is one."""
    if row is None:
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def _progress(step: Step, done: int, of: int, now: datetime) -> dict[str, Any]:
    return {"step": step, "done": done, "of": of, "beat": now.isoformat()}
