"""Drafts of instructions: what a pharmacist writes, before anybody has approved it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.instruction_policy import is_clinical, plain_name, review_date_fits
from bot.services.audit import Actor
from bot.services.instruction_versions import PENDING, Done, NotFound, end, note
from bot.services.instructions import same_medicine
from bot.services.pharmacy_days import day_of
from bot.storage.database import Database
from bot.storage.records import Product
from bot.storage.teaching import InstructionVersion


@dataclass(frozen=True)
class Draft:
    """What a pharmacist has written: for `product_id`, or for a generic name and a form.

    `texts` are by language. With `series` it is a new version; medicine and topic may be empty
    then. `clinical` is the writer's own judgement.
    """

    topic: str | None
    texts: Mapping[str, str]
    source: str
    source_url: str | None
    review_due_on: date
    clinical: bool
    product_id: str | None = None
    generic_name: str | None = None
    form: str | None = None
    series: int | None = None


@dataclass(frozen=True)
class Invalid:
    """These fields of a draft cannot be right."""

    fields: tuple[str, ...]


async def write(
    database: Database, actor: Actor, draft: Draft, timezone: str, now: datetime
) -> Done | NotFound | Invalid:
    """Keep a draft; one of the same series that was not approved yet is replaced by it.

    What is written for a medicine and topic that have a series becomes a version of it. `timezone`
    is the pharmacy's.
    """
    if not review_date_fits(draft.review_due_on, day_of(now, timezone)):
        return Invalid(("review_due_on",))
    async with database.write() as session:
        row = await _new_version(session, draft)
        if not isinstance(row, InstructionVersion):
            return row
        earlier = await _same(session, row)
        if draft.series is not None and all(draft.series != one.series for one in earlier):
            return Invalid(("series",))
        for version in earlier:
            if version.state in PENDING:
                end(version, "replaced", actor, now)
        row.written_by, row.written_at = actor.username, now
        session.add(row)
        await session.flush()
        row.series = earlier[0].series if earlier else row.version_id
        note(session, "instruction_written", actor, row, now)
        return Done(row.version_id)


async def _new_version(
    session: AsyncSession, draft: Draft
) -> InstructionVersion | NotFound | Invalid:
    """The row of a draft with its medicine as the catalogue has it; not yet in the session."""
    given = (draft.product_id, draft.generic_name, draft.form)
    topic = draft.topic
    if draft.series is not None:
        first = await session.get(InstructionVersion, draft.series)
        if first is None:
            return NotFound()
        topic = topic or first.topic
        if not any(given):
            given = (first.product_id, first.generic_name, first.form)
    if topic is None:
        return Invalid(("topic",))
    medicine = await _in_catalogue(session, *given)
    if medicine is None:
        return Invalid(("product_id",) if given[0] else ("generic_name", "form"))
    product_id, generic_name, form = medicine
    return InstructionVersion(
        series=0, product_id=product_id, generic_name=generic_name, form=form, topic=topic,
        texts=dict(draft.texts), source=draft.source, source_url=draft.source_url,
        review_due_on=draft.review_due_on, clinical=is_clinical(topic, draft.clinical),
        state="draft",
    )  # fmt: skip


async def _in_catalogue(
    session: AsyncSession, product_id: str | None, generic_name: str | None, form: str | None
) -> tuple[str | None, str | None, str | None] | None:
    """A medicine that the pharmacy has, as its records spell it; None when it has none such.

    Its products stay locked: of two who write the first text for one medicine, one waits.
    """
    if (product_id is None) == (generic_name is None or form is None):
        return None
    chosen = select(Product).order_by(Product.product_id).with_for_update(key_share=True)
    if product_id is not None:
        found = (await session.scalars(chosen.where(Product.product_id == product_id))).all()
        return (product_id, None, None) if found else None
    named = func.lower(Product.generic_name) == (generic_name or "").lower()
    for row in (await session.scalars(chosen.where(named))).all():
        if plain_name(row.form) == plain_name(form):
            return None, row.generic_name, row.form
    return None


async def _same(session: AsyncSession, row: InstructionVersion) -> Sequence[InstructionVersion]:
    """The versions for the same medicine and topic, locked, the oldest first."""
    name = (row.generic_name or "").lower()
    found = await session.scalars(
        select(InstructionVersion)
        .where(
            InstructionVersion.topic == row.topic,
            (InstructionVersion.product_id == row.product_id)
            | (func.lower(InstructionVersion.generic_name) == name),
        )
        .order_by(InstructionVersion.version_id)
        .with_for_update()
    )
    return [other for other in found if same_medicine(row, other)]
