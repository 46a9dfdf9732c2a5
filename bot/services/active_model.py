"""Which model is active: switching to another one, back, and to the one of the installation.

The rows say which one should serve; making the language engine serve it is the caller's part.
`data_hash` begins with the digest of the sources, so that a model is never used with other code
than it was trained with.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services.audit import Actor, record
from bot.services.models import COMPARED_WITH, alone, new_row
from bot.storage.database import Database
from bot.storage.teaching import LanguageModel

INSTALL = "install"
# Of PostgreSQL's advisory locks: any number that nothing else uses.
SWAPPING = 7_291_404_001


@dataclass(frozen=True)
class Model:
    """A model that can serve; `file` is its name in the models folder."""

    model_id: int
    file: str
    data_hash: str

    def fits(self, digest: str) -> bool:
        """Whether it was trained from sources of this digest."""
        return self.data_hash.partition(".")[0] == digest


@dataclass(frozen=True)
class NotFound:
    """There is no such model."""


@dataclass(frozen=True)
class RefusedByGate:
    """The gate has refused it, and why."""

    refusals: list[str]


@dataclass(frozen=True)
class NotReady:
    """It has not passed, or was compared with a model that is not active any more."""


@dataclass(frozen=True)
class NothingBefore:
    """No earlier model can be returned to."""


@asynccontextmanager
async def one_gateway(database: Database, *, wait: bool) -> AsyncIterator[bool]:
    """Let one gateway at a time change what the engines serve, for as long as the block runs.

    Yields False where another one does, unless `wait` is set. The lock goes with the connection
    of a gateway that dies. With SQLite there is one gateway.
    """
    if database.backend != "postgresql":
        yield True
        return
    lock = func.pg_advisory_xact_lock if wait else func.pg_try_advisory_xact_lock
    async with database.write() as session:
        got = await session.scalar(select(lock(SWAPPING)))
        yield wait or bool(got)


async def active(database: Database) -> Model | None:
    """The model that should serve."""
    async with database.read() as session:
        return _model(await _active(session))


async def may_activate(
    database: Database, model_id: int, digest: str
) -> Model | NotFound | RefusedByGate | NotReady:
    """The model, if it may be switched on."""
    async with database.read() as session:
        row = await session.get(LanguageModel, model_id)
        if row is None:
            return NotFound()
        if row.state == "refused":
            return RefusedByGate(row.refusals)
        before, found = await _active(session), _model(row)
        if row.state != "passed" or found is None or not found.fits(digest):
            return NotReady()
        if before is None or row.figures.get(COMPARED_WITH) != before.model_id:
            return NotReady()
        return found


async def before_this(database: Database, digest: str) -> Model | NothingBefore:
    """The model that was active before, trained from the same sources."""
    async with database.read() as session:
        rows = await session.scalars(
            select(LanguageModel)
            .where(LanguageModel.state == "retired")
            .order_by(LanguageModel.retired_at.desc(), LanguageModel.model_id.desc())
        )
        found = next((model for row in rows if (model := _model(row)) is not None), None)
        return found if found is not None and found.fits(digest) else NothingBefore()


async def switch(
    database: Database, model: Model, action: str, actor: Actor | None, now: datetime
) -> bool:
    """Make a model the active one, and write why; False when it may not be any more."""
    async with database.write() as session:
        await alone(session)
        row = await session.get(LanguageModel, model.model_id, populate_existing=True)
        if row is None or row.state not in ("passed", "retired"):
            return False
        await _activate(session, row, actor.username if actor else "command line", now)
        record(session, action, now, actor=actor, model_id=row.model_id)
        return True


async def install(database: Database, file: str, digest: str, now: datetime) -> Model:
    """Make the model of the sources the active one, unless a model of these sources is that.

    Its card is written when it has none.
    """
    async with database.write() as session:
        await alone(session)
        row = await session.scalar(
            select(LanguageModel)
            .where(LanguageModel.created_by == INSTALL, LanguageModel.data_hash == digest)
            .order_by(LanguageModel.model_id.desc())
            .limit(1)
        )
        if row is None:
            row = new_row("passed", INSTALL, now)
            row.finished_at = now
            row.data_hash = digest
            session.add(row)
        row.file = file
        await session.flush()
        if row.state != "active":
            await _activate(session, row, INSTALL, now)
            record(session, "model_activated", now, actor=None, model_id=row.model_id, by=INSTALL)
        return Model(row.model_id, file, digest)


async def _activate(session: AsyncSession, row: LanguageModel, by: str, now: datetime) -> None:
    before = await _active(session)
    if before is not None:
        before.state = "retired"
        before.retired_at = now
    row.state = "active"
    row.activated_by = by
    row.activated_at = now
    row.retired_at = None


async def _active(session: AsyncSession) -> LanguageModel | None:
    return await session.scalar(
        select(LanguageModel)
        .where(LanguageModel.state == "active")
        .order_by(LanguageModel.activated_at.desc())
        .limit(1)
    )


def _model(row: LanguageModel | None) -> Model | None:
    if row is None or row.file is None or row.data_hash is None:
        return None
    return Model(row.model_id, row.file, row.data_hash)
