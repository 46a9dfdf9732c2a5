"""The cards of the models as consoles read them, and which files are still needed."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import defer

from bot.services.active_model import INSTALL
from bot.services.instants import instant
from bot.services.models import COMPARED_WITH
from bot.services.taught import waiting
from bot.storage.database import Database
from bot.storage.teaching import LanguageModel

KEPT_FILES = 10
# What of a job's progress is for people.
SHOWN = ("step", "done", "of")


async def listed(database: Database) -> dict[str, Any]:
    """Every card without its differences, newest first, and what waits to be learned."""
    async with database.read() as session:
        rows = (
            await session.scalars(
                select(LanguageModel)
                .options(defer(LanguageModel.differences))
                .order_by(LanguageModel.model_id.desc())
            )
        ).all()
        active = next((row for row in rows if row.state == "active"), None)
        taught = active is not None and active.created_by != INSTALL
        since = active.created_at if active is not None and taught else None
        return {
            "models": [_card(row) for row in rows],
            "active": active.model_id if active is not None else None,
            "waiting_sentences": await waiting(session, since),
        }


async def one(database: Database, model_id: int) -> dict[str, Any] | None:
    """A whole card."""
    async with database.read() as session:
        row = await session.get(LanguageModel, model_id)
        return None if row is None else _card(row) | {"differences": row.differences}


async def files_to_keep(database: Database) -> tuple[set[str], set[str]]:
    """The files of models to keep, and those to delete: all but the newest, the active one and
    the one before it."""
    async with database.read() as session:
        rows = await session.execute(
            select(LanguageModel.file, LanguageModel.state, LanguageModel.retired_at)
            .where(LanguageModel.file.is_not(None))
            .order_by(LanguageModel.model_id.desc())
        )
        found = [(str(file), state, retired_at) for file, state, retired_at in rows]
    newest = [file for file, _, _ in found[:KEPT_FILES]]
    active = [file for file, state, _ in found if state == "active"]
    retired = sorted((at, file) for file, _, at in found if at is not None)[-1:]
    kept = {*newest, *active, *(file for _, file in retired)}
    return kept, {file for file, _, _ in found} - kept


def _card(row: LanguageModel) -> dict[str, Any]:
    return {
        "model_id": row.model_id,
        "state": row.state,
        "created_by": row.created_by,
        "created_at": instant(row.created_at),
        "data_hash": row.data_hash,
        "sentences": row.sentences,
        "progress": {key: row.progress[key] for key in SHOWN if key in row.progress},
        "figures": {key: value for key, value in row.figures.items() if key != COMPARED_WITH},
        "refusals": row.refusals,
        "finished_at": instant(row.finished_at),
        "activated_by": row.activated_by,
        "activated_at": instant(row.activated_at),
        "retired_at": instant(row.retired_at),
    }
