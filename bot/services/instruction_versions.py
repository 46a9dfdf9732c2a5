"""Instructions that pharmacists write here: approving and retiring them, and what is served.

The active version of a series is copied into rows of `instruction`, one for each language, in the
transaction that approves it: patients are told it from the next message on. A series has one
medicine and one topic, and at most one active version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.instruction_policy import served_id
from bot.services import audit
from bot.services.audit import Actor
from bot.services.pharmacy_days import day_of
from bot.storage.database import Database
from bot.storage.records import Instruction
from bot.storage.staff import StaffAccount
from bot.storage.teaching import InstructionVersion
from bot.wording.formats import format_list

PENDING = ("draft", "second")


@dataclass(frozen=True)
class Done:
    """The version was written, approved or retired."""

    version_id: int


@dataclass(frozen=True)
class NotFound:
    """There is no such version or series."""


@dataclass(frozen=True)
class AlreadyDecided:
    """The version is not one that this can still be done with."""


@dataclass(frozen=True)
class NeedsSecond:
    """Another pharmacist has to approve it as well."""


@dataclass(frozen=True)
class ReviewDatePassed:
    """The day of its review has come before anybody has approved it: write a new version."""


async def approve(
    database: Database, actor: Actor, version_id: int, timezone: str, now: datetime
) -> Done | NotFound | AlreadyDecided | NeedsSecond | ReviewDatePassed:
    """Approve a version. It is served at once, or when a second pharmacist has approved it too.

    Clinical content takes two different people, of whom the writer may be one. To repeat what one
    has done already changes nothing.
    """
    async with database.write() as session:
        versions = await _series_of(session, version_id)
        row = next((one for one in versions if one.version_id == version_id), None)
        if row is None:
            return NotFound()
        if row.state == "active" and actor.username in (row.approved_by, row.second_by):
            return Done(version_id)
        if row.state not in PENDING:
            return AlreadyDecided()
        today = day_of(now, timezone)
        if row.review_due_on <= today:
            return ReviewDatePassed()
        if row.state == "second" and row.approved_by == actor.username:
            note(session, "instruction_approved", actor, row, now, "needs_second_pharmacist")
            return NeedsSecond()
        if row.state == "second":
            row.second_by, row.second_at = actor.username, now
        else:
            row.approved_by, row.approved_at = actor.username, now
        if row.clinical and row.second_by is None:
            row.state = "second"
        else:
            await _activate(session, row, versions, actor, today, now)
        note(session, "instruction_approved", actor, row, now)
        return Done(version_id)


async def retire(
    database: Database, actor: Actor, version_id: int, now: datetime
) -> Done | NotFound | AlreadyDecided:
    """Have nobody told a version any more, or drop a draft of it."""
    async with database.write() as session:
        versions = await _series_of(session, version_id)
        row = next((one for one in versions if one.version_id == version_id), None)
        if row is None:
            return NotFound()
        if row.state == "retired":
            return Done(version_id)
        if row.state == "replaced":
            return AlreadyDecided()
        if row.state == "active":
            await _serve_no_more(session, row)
        end(row, "retired", actor, now)
        note(session, "instruction_retired", actor, row, now)
        return Done(version_id)


async def _series_of(session: AsyncSession, version_id: int) -> Sequence[InstructionVersion]:
    """All versions of the series of a version, locked, the oldest first."""
    series = (
        select(InstructionVersion.series)
        .where(InstructionVersion.version_id == version_id)
        .scalar_subquery()
    )
    found = await session.scalars(
        select(InstructionVersion)
        .where(InstructionVersion.series == series)
        .order_by(InstructionVersion.version_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.all()


async def _activate(
    session: AsyncSession,
    row: InstructionVersion,
    versions: Sequence[InstructionVersion],
    actor: Actor,
    today: date,
    now: datetime,
) -> None:
    """Serve a version instead of the one that was active before."""
    for other in versions:
        if other.state == "active":
            end(other, "replaced", actor, now)
    row.state = "active"
    await _serve_no_more(session, row)
    names = await _names(session, [row.approved_by, row.second_by])
    for language, text in row.texts.items():
        session.add(
            Instruction(
                instruction_id=served_id(row.series, language), product_id=row.product_id,
                generic_name=row.generic_name, form=row.form, topic=row.topic, language=language,
                text=text, source=row.source, source_url=row.source_url,
                approved_by=format_list(names, language), approved_on=today,
                review_due_on=row.review_due_on,
            )
        )  # fmt: skip


async def _serve_no_more(session: AsyncSession, row: InstructionVersion) -> None:
    served = Instruction.instruction_id.startswith(served_id(row.series, ""), autoescape=True)
    await session.execute(delete(Instruction).where(served))


async def _names(session: AsyncSession, usernames: Sequence[str | None]) -> list[str]:
    """What patients read of the people who approved a text, in this order."""
    people = [name for name in usernames if name is not None]
    accounts = [await session.get(StaffAccount, name) for name in people]
    return [
        account.display_name if account else name
        for name, account in zip(people, accounts, strict=True)
    ]


def end(row: InstructionVersion, state: str, actor: Actor, now: datetime) -> None:
    """Take a version out of use: `state` is replaced or retired."""
    row.state = state
    row.ended_by, row.ended_at = actor.username, now


def note(
    session: AsyncSession,
    action: str,
    actor: Actor,
    row: InstructionVersion,
    now: datetime,
    outcome: str = audit.OK,
) -> None:
    """Record in the audit what somebody did with a version, or was refused."""
    audit.record(
        session, action, now, actor=actor, outcome=outcome, version_id=row.version_id,
        series=row.series, topic=row.topic, state=row.state, clinical=row.clinical,
        medicine=row.product_id or f"{row.generic_name} {row.form}",
    )  # fmt: skip
