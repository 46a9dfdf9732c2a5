"""The instructions as pharmacists see them: those written here, and those that the feed brought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.folding import plain_words
from bot.services.instruction_shown import (
    Shown,
    imported_ones,
    medicines_of,
    people_of,
    shown_version,
)
from bot.services.instruction_versions import PENDING
from bot.storage.database import Database
from bot.storage.teaching import InstructionVersion

EXPIRING_DAYS = 30


@dataclass(frozen=True)
class Search:
    """Which instructions to list; empty fields choose all. `expiring` is in days."""

    words: str = ""
    state: str | None = None
    topic: str | None = None
    expiring: int | None = None


@dataclass(frozen=True)
class Listing:
    """What was found, by medicine and topic; `expiring` counts all that have to be reviewed."""

    instructions: Sequence[dict[str, Any]]
    expiring: int


async def listed(database: Database, search: Search, today: date) -> Listing:
    """One version of each series that fits, and the texts of the feed. `today` is the pharmacy's.

    Without a state, that is the newest version that has not ended.
    """
    async with database.read() as session:
        own = await _shown(session, await _all(session))
        others = await imported_ones(session, today)
    until = today + timedelta(days=EXPIRING_DAYS if search.expiring is None else search.expiring)
    due = [item for item in (*own, *others) if item.is_due(until)]
    fitting = due if search.expiring is not None else [*_newest(own, search.state), *others]
    found = [item for item in fitting if _fits(item, search)]
    found.sort(key=lambda item: (plain_words(item.medicine), item.topic, item.key))
    return Listing([item.public() for item in found], len(due))


async def versions(database: Database, series: int) -> list[dict[str, Any]]:
    """All versions of a series, newest first; empty when there is no such series."""
    async with database.read() as session:
        found = await _shown(session, await _all(session, series))
    return [item.public() for item in reversed(found)]


async def one(database: Database, version_id: int) -> dict[str, Any]:
    """A version that exists."""
    async with database.read() as session:
        row = await session.get_one(InstructionVersion, version_id)
    found = await versions(database, row.series)
    return next(item for item in found if item["version_id"] == version_id)


async def _all(session: AsyncSession, series: int | None = None) -> Sequence[InstructionVersion]:
    chosen = select(InstructionVersion).order_by(InstructionVersion.version_id)
    if series is not None:
        chosen = chosen.where(InstructionVersion.series == series)
    return (await session.scalars(chosen)).all()


async def _shown(session: AsyncSession, rows: Sequence[InstructionVersion]) -> list[Shown]:
    people, medicines = await people_of(session, rows), await medicines_of(session, rows)
    active = {row.series: row.version_id for row in rows if row.state == "active"}
    return [shown_version(row, active.get(row.series), medicines, people) for row in rows]


def _newest(own: Iterable[Shown], state: str | None) -> list[Shown]:
    """The newest version of each series in a state, or else of those that have not ended."""
    chosen: dict[int | None, Shown] = {}
    for item in own:
        before = chosen.get(item.series)
        over = before is not None and _counts(before) and not _counts(item)
        if state in (None, item.state) and not over:
            chosen[item.series] = item
    return list(chosen.values())


def _counts(item: Shown) -> bool:
    return item.state in (*PENDING, "active")


def _fits(item: Shown, search: Search) -> bool:
    if search.state not in (None, item.state) or search.topic not in (None, item.topic):
        return False
    return all(word in item.words for word in plain_words(search.words).split())
