"""Approved instructions: what a patient may be told about using a medicine, and what not.

Only a text that a pharmacist has approved, that is not due for review, and whose medicine and
form match exactly is told. Everything else is a pharmacist's question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.instruction_policy import OWN, is_own, plain_name
from bot.pharmacy.instruction_topics import Topic, storage_topic
from bot.pharmacy.routes import Route
from bot.services.availability import named_products
from bot.services.catalogue import Catalogue
from bot.storage.records import Instruction, Product
from bot.storage.teaching import InstructionVersion


@dataclass(frozen=True)
class Text:
    """The text that may be told about these products, which are all meant."""

    product: Product
    instruction: Instruction


@dataclass(frozen=True)
class OtherLanguage:
    """There is an approved text, but not in the patient's language."""


@dataclass(frozen=True)
class NoText:
    """Nothing approved fits."""


@dataclass(frozen=True)
class Which:
    """The text depends on which product it is; one for each text, and for those without one."""

    products: tuple[Product, ...]


Found = Text | OtherLanguage | NoText | Which


async def find(
    session: AsyncSession, products: Sequence[Product], topic: Topic, locale: str, today: date
) -> Found:
    """The approved text about `topic` for the products that can be meant; `products` not empty.

    `today` is the pharmacy's day. A text for one product goes before one for name and form, and
    the one approved last goes first; of two from one day, the one that was written here. What a
    pharmacist has retired silences the older texts of the feed for the same medicine and topic.
    """
    rows = await _approved(session, products, topic, today)
    fitting = [[row for row in rows if _is_for(row, product)] for product in products]
    if not any(fitting):
        return NoText()
    chosen = [next((row for row in each if row.language == locale), None) for each in fitting]
    kinds: dict[str | None, Product] = {}
    for product, row in zip(products, chosen, strict=True):
        kinds.setdefault(row.instruction_id if row else None, product)
    if len(kinds) > 1:
        return Which(tuple(_each_form(products, chosen)))
    first = chosen[0]
    return Text(products[0], first) if first is not None else OtherLanguage()


async def first_route(
    session: AsyncSession, catalogue: Catalogue, text: str, locale: str, today: date
) -> Route:
    """Who a first message about storing a medicine ends with, before anybody is verified."""
    topic = storage_topic(text)
    if topic is None:
        return "pharmacist"
    named = await named_products(session, catalogue, text)
    found = [await find(session, products, topic, locale, today) for products in named]
    return "bot" if missing(found) is None else "pharmacist"


def missing(found: Sequence[Found]) -> NoText | OtherLanguage | None:
    """What keeps a question from being answered; None when nothing does."""
    return next((item for item in found if isinstance(item, NoText | OtherLanguage)), None)


async def _approved(
    session: AsyncSession, products: Sequence[Product], topic: Topic, today: date
) -> Sequence[Instruction]:
    """The texts that may be told today about any of the products, the best first."""
    ids = [product.product_id for product in products]
    names = [product.generic_name.lower() for product in products]
    rows = await session.scalars(
        select(Instruction)
        .where(
            Instruction.topic == topic,
            Instruction.approved_on <= today,
            Instruction.review_due_on >= today,
            or_(Instruction.product_id.in_(ids), func.lower(Instruction.generic_name).in_(names)),
        )
        .order_by(
            Instruction.product_id.is_(None),
            Instruction.approved_on.desc(),
            Instruction.instruction_id.startswith(OWN).desc(),
            Instruction.instruction_id,
        )
    )
    found = rows.all()
    ended = await retired(session, topic) if any(_imported(row) for row in found) else ()
    return [row for row in found if not is_silenced(row, ended)]


async def retired(session: AsyncSession, topic: str | None = None) -> Sequence[InstructionVersion]:
    """The versions that patients were told until a pharmacist retired them."""
    was_told = or_(
        InstructionVersion.second_at.is_not(None),
        InstructionVersion.approved_at.is_not(None) & InstructionVersion.clinical.is_(False),
    )
    chosen = select(InstructionVersion).where(InstructionVersion.state == "retired", was_told)
    if topic is not None:
        chosen = chosen.where(InstructionVersion.topic == topic)
    return (await session.scalars(chosen)).all()


def is_silenced(row: Instruction, ended: Sequence[InstructionVersion]) -> bool:
    """Whether a text of the feed is no newer than one for the same that was retired."""
    return _imported(row) and any(
        version.topic == row.topic
        and same_medicine(version, row)
        and version.ended_at is not None
        and row.approved_on <= version.ended_at.date()
        for version in ended
    )


def same_medicine(
    one: Instruction | InstructionVersion, other: Instruction | InstructionVersion
) -> bool:
    """Whether two texts are for the same: one product, or one name and form."""
    if one.product_id is not None or other.product_id is not None:
        return one.product_id == other.product_id
    return (plain_name(one.generic_name), plain_name(one.form)) == (
        plain_name(other.generic_name),
        plain_name(other.form),
    )


def _imported(row: Instruction) -> bool:
    return not is_own(row.instruction_id)


def _is_for(instruction: Instruction, product: Product) -> bool:
    if instruction.product_id is not None:
        return instruction.product_id == product.product_id
    return (plain_name(instruction.generic_name), plain_name(instruction.form)) == (
        plain_name(product.generic_name),
        plain_name(product.form),
    )


def _each_form(products: Sequence[Product], chosen: Sequence[Instruction | None]) -> list[Product]:
    """One product for each name, form and text: strengths with the same text are not asked."""
    shown: dict[tuple[str, str, str | None], Product] = {}
    for product, row in zip(products, chosen, strict=True):
        key = (
            plain_name(product.generic_name),
            plain_name(product.form),
            row.instruction_id if row else None,
        )
        shown.setdefault(key, product)
    return list(shown.values())
