"""Only an approved, unexpired text for exactly this medicine and form is told."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feed.json_lines import read
from bot.pharmacy.instruction_topics import Topic
from bot.services import instructions
from bot.services.availability import products_by_id
from bot.services.catalogue import Catalogue
from bot.services.instructions import Found, NoText, OtherLanguage, Text, Which, find, first_route
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.records import Instruction, Product
from tests.feed.examples import FeedRecord, lines

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)

PRODUCTS: dict[str, tuple[str, str, str]] = {
    "met500": ("metformin", "500 mg", "tablet"),
    "met1000": ("metformin", "1000 mg", "tablet"),
    "metER": ("metformin", "500 mg", "extended-release tablet"),
    "amox": ("amoxicillin", "400 mg/5 mL", "oral suspension"),
    "amoxcap": ("amoxicillin", "500 mg", "capsule"),
}


def product(key: str) -> FeedRecord:
    name, strength, form = PRODUCTS[key]
    return {
        "type": "product", "product_id": key, "generic_name": name, "strength": strength,
        "form": form,
    }  # fmt: skip


def text(number: int = 1, **fields: object) -> FeedRecord:
    return {
        "type": "instruction", "instruction_id": f"i{number}", "topic": "storage",
        "language": "en", "text": f"Text {number}.", "source": "Label", "approved_by": "Dana",
        "approved_on": "2026-10-01", "review_due_on": "2027-10-01", **fields,
    }  # fmt: skip


METFORMIN: dict[str, object] = {"generic_name": "metformin", "form": "tablet"}


async def found(
    database: Database,
    texts: list[FeedRecord],
    *ids: str,
    topic: Topic = "storage",
    locale: str = "en",
    today: date = TODAY,
) -> Found:
    records = [*(product(key) for key in PRODUCTS), *texts]
    await import_records(database, read(lines(records)), NOW)
    async with database.read() as session:
        products = await products_by_id(session, ids)
        return await find(session, products, topic, locale, today)


def told(answer: Found) -> str | None:
    return answer.instruction.instruction_id if isinstance(answer, Text) else None


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({}, True),
        ({"approved_on": "2026-11-23"}, True),
        ({"approved_on": "2026-11-24"}, False),
        ({"review_due_on": "2026-11-23"}, True),
        ({"review_due_on": "2026-11-22"}, False),
        ({"topic": "disposal"}, False),
        ({"generic_name": "METFORMIN", "form": "Tablet"}, True),
        ({"generic_name": "metformin hydrochloride"}, False),
        ({"form": "extended-release tablet"}, False),
        ({"form": "tablets"}, False),
        ({"generic_name": None, "form": None, "product_id": "met500"}, True),
        ({"generic_name": None, "form": None, "product_id": "met1000"}, False),
    ],
)
async def test_what_is_told(database: Database, fields: dict[str, Any], is_told: bool) -> None:
    answer = await found(database, [text(**{**METFORMIN, **fields})], "met500")
    assert answer == NoText() or told(answer) == "i1"
    assert (told(answer) == "i1") is is_told


async def test_a_text_in_another_language_is_not_told(database: Database) -> None:
    texts = [text(1, **METFORMIN), text(2, **METFORMIN, language="es")]
    assert told(await found(database, texts, "met500", locale="es")) == "i2"
    assert await found(database, texts[:1], "amox", locale="es") == NoText()
    assert isinstance(await found(database, [], "met500", locale="fr"), OtherLanguage)


async def test_the_closest_and_newest_text_goes_first(database: Database) -> None:
    texts = [
        text(1, **METFORMIN),
        text(2, **METFORMIN, approved_on="2026-11-01"),
        text(3, product_id="met500", approved_on="2026-01-01"),
    ]
    assert told(await found(database, texts, "met500")) == "i3"
    assert told(await found(database, texts, "met1000")) == "i2"


async def test_a_form_that_matters_is_asked_for(database: Database) -> None:
    texts = [
        text(1, generic_name="amoxicillin", form="oral suspension"),
        text(2, generic_name="amoxicillin", form="capsule"),
        text(3, **METFORMIN),
    ]
    which = await found(database, texts, "amox", "amoxcap")
    assert isinstance(which, Which)
    assert [item.product_id for item in which.products] == ["amox", "amoxcap"]
    # Two strengths with the same text are no question, a form without a text is one.
    assert told(await found(database, texts, "met500", "met1000")) == "i3"
    which = await found(database, texts, "met500", "met1000", "metER")
    assert isinstance(which, Which)
    assert [item.product_id for item in which.products] == ["met500", "metER"]


@pytest.mark.parametrize(
    ("asked", "route"),
    [
        ("how do i store metformin", "bot"),
        ("how do i store metformin tablets 500 mg", "bot"),
        ("how do i store amoxicillin", "pharmacist"),
        ("how do i store metformin and amoxicillin", "pharmacist"),
        ("how do i store metformin er", "pharmacist"),
        ("how do i store it", "bot"),
        ("my metformin got wet what do i do", "pharmacist"),
        ("sharps container", "pharmacist"),
        ("how do i throw away metformin", "pharmacist"),
    ],
)
async def test_the_route_of_a_first_message(database: Database, asked: str, route: str) -> None:
    await found(database, [text(1, **METFORMIN)], "met500")
    async with database.read() as session:
        assert await first_route(session, Catalogue(), asked, "en", TODAY) == route


@given(
    name=st.sampled_from(["metformin", "Metformin ", "metformin er", "amoxicillin"]),
    form=st.sampled_from(["tablet", "TABLET", "tablets", "capsule", "extended-release tablet"]),
)
def test_a_name_and_a_form_have_to_be_the_same(name: str, form: str) -> None:
    row = Instruction(product_id=None, generic_name=name, form=form)
    item = Product(product_id="p", generic_name="metformin", form="tablet")
    same = name.strip().lower() == "metformin" and form.lower() == "tablet"
    assert instructions._is_for(row, item) is same
