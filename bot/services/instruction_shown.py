"""How one instruction looks to pharmacists, whether it was written here or came with the feed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.folding import plain_words
from bot.pharmacy.instruction_policy import OWN, TOPICS, is_clinical, plain_name
from bot.services.access import medicine_name
from bot.services.desk_views import People
from bot.services.instants import instant
from bot.services.instructions import is_silenced, retired, same_medicine
from bot.storage.records import Instruction, Product
from bot.storage.staff import StaffAccount
from bot.storage.teaching import InstructionVersion

PEOPLE = ("written_by", "approved_by", "second_by", "ended_by")
TIMES = ("written_at", "approved_at", "second_at", "ended_at")
ABOUT = ("product_id", "generic_name", "form", "source", "source_url")
# Rows of the feed that differ in nothing of this are one text in several languages.
ONE_TEXT = (*ABOUT, "topic", "approved_by", "approved_on", "review_due_on")
type Row = Instruction | InstructionVersion


@dataclass(frozen=True)
class Medicines:
    """What instructions are about, in the words of the catalogue."""

    products: Mapping[str, Product]
    brands: Mapping[str, Sequence[str]]

    def named(self, row: Row) -> tuple[str, Sequence[str]]:
        """The medicine, and its brand names."""
        product = self.products.get(row.product_id or "")
        if product is not None:
            return medicine_name(product), product.brand_names
        return f"{row.generic_name} {row.form}", self.brands.get(plain_name(row.generic_name), ())


@dataclass(frozen=True)
class Shown:
    """One instruction in all its languages. `brands` are only searched; `series` is ours alone."""

    medicine: str
    brands: Sequence[str]
    topic: str
    texts: Mapping[str, str]
    state: str
    review_due_on: date
    series: int | None = None
    version_id: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[bool, int]:
        """An order among those for one medicine and topic: ours first."""
        return (self.version_id is None, self.version_id or 0)

    @property
    def words(self) -> str:
        """What a search looks into."""
        label = next((label for name, label in TOPICS.items() if name == self.topic), "")
        said = (self.medicine, *self.brands, self.topic, label, *self.texts.values())
        return plain_words(" ".join(said))

    def is_due(self, until: date) -> bool:
        """Whether patients are told it, and it has to be reviewed by then, or should have been."""
        return self.state == "active" and self.review_due_on <= until

    def public(self) -> dict[str, Any]:
        """The JSON form for the console."""
        return {
            "version_id": self.version_id,
            "series": self.series,
            "medicine": self.medicine,
            "topic": self.topic,
            "texts": dict(self.texts),
            "review_due_on": self.review_due_on.isoformat(),
            "state": self.state,
            "imported": self.version_id is None,
            **self.fields,
        }


def shown_version(
    row: InstructionVersion, active_id: int | None, medicines: Medicines, people: People
) -> Shown:
    """A version that was written here; `active_id` is the one of its series that is told now."""
    who = {name: people.person(getattr(row, name)) for name in PEOPLE}
    when = {name: instant(getattr(row, name)) for name in TIMES}
    about = {name: getattr(row, name) for name in ABOUT}
    medicine, brands = medicines.named(row)
    return Shown(
        medicine, brands, row.topic, row.texts, row.state, row.review_due_on, row.series,
        row.version_id,
        {**about, **who, **when, "clinical": row.clinical, "active_id": active_id},
    )  # fmt: skip


async def imported_ones(session: AsyncSession, today: date) -> list[Shown]:
    """The texts that the feed brought; the languages of one text are one.

    One is `replaced` while a version is told instead of it, and `retired` after that was retired.
    """
    rows = await session.scalars(
        select(Instruction)
        .where(~Instruction.instruction_id.startswith(OWN))
        .order_by(Instruction.instruction_id)
    )
    ended = await retired(session)
    own = await session.scalars(
        select(Instruction).where(
            Instruction.instruction_id.startswith(OWN), Instruction.review_due_on >= today
        )
    )
    told = own.all()
    groups: dict[tuple[Any, ...], list[Instruction]] = {}
    for row in rows:
        state = _state(row, told, ended)
        groups.setdefault((state, *(getattr(row, name) for name in ONE_TEXT)), []).append(row)
    medicines = await medicines_of(session, [row for group in groups.values() for row in group])
    return [_imported(state, group, medicines) for (state, *_), group in groups.items()]


async def medicines_of(session: AsyncSession, rows: Sequence[Row]) -> Medicines:
    """The medicines that these texts are about."""
    ids = {row.product_id for row in rows if row.product_id}
    names = {row.generic_name.lower() for row in rows if row.generic_name}
    found = await session.scalars(
        select(Product)
        .where(Product.product_id.in_(ids) | func.lower(Product.generic_name).in_(names))
        .order_by(Product.product_id)
    )
    products = {row.product_id: row for row in found}
    brands: dict[str, list[str]] = {}
    for row in products.values():
        brands.setdefault(plain_name(row.generic_name), []).extend(row.brand_names)
    return Medicines(products, brands)


async def people_of(session: AsyncSession, versions: Sequence[InstructionVersion]) -> People:
    """Everybody whom these versions name."""
    names = {getattr(row, name) for row in versions for name in PEOPLE} - {None}
    accounts = await session.scalars(select(StaffAccount).where(StaffAccount.username.in_(names)))
    return People({row.username: row for row in accounts}, {}, {})


def _state(
    row: Instruction, told: Sequence[Instruction], ended: Sequence[InstructionVersion]
) -> str:
    if any(
        same_medicine(other, row)
        and (other.topic, other.language) == (row.topic, row.language)
        and other.approved_on >= row.approved_on
        for other in told
    ):
        return "replaced"
    return "retired" if is_silenced(row, ended) else "active"


def _imported(state: str, rows: Sequence[Instruction], medicines: Medicines) -> Shown:
    first = rows[0]
    texts: dict[str, str] = {}
    for row in rows:
        texts.setdefault(row.language, row.text)
    nobody = dict.fromkeys((*PEOPLE, *TIMES))
    approved = {"username": None, "display_name": first.approved_by, "role": None}
    medicine, brands = medicines.named(first)
    return Shown(
        medicine, brands, first.topic, texts, state, first.review_due_on,
        fields={
            **{name: getattr(first, name) for name in ABOUT},
            **nobody,
            "approved_by": approved,
            # The feed tells the day alone: noon in UTC is that day in the whole country.
            "approved_at": f"{first.approved_on.isoformat()}T12:00:00.000Z",
            "clinical": is_clinical(first.topic, flagged=False),
            "active_id": None,
        },
    )  # fmt: skip
