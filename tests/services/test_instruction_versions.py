"""Instructions that pharmacists write: who approves them, and what patients are told then."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.feed.json_lines import read
from bot.pharmacy.instruction_topics import Topic
from bot.services.audit import Actor
from bot.services.availability import products_by_id
from bot.services.feed_batch import FeedRejected
from bot.services.instruction_drafts import Draft, Invalid, write
from bot.services.instruction_list import Search, listed, versions
from bot.services.instruction_versions import (
    AlreadyDecided,
    Done,
    NeedsSecond,
    NotFound,
    ReviewDatePassed,
    approve,
    retire,
)
from bot.services.instructions import Found, NoText, Text, Which, find
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.records import Instruction
from bot.storage.staff import AuditEntry
from tests.feed.examples import FeedRecord, lines
from tests.services.test_instructions import METFORMIN, PRODUCTS, product, text
from tests.staff import add_staff

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ZONE = "America/New_York"
PAUL = Actor("paul", "Paul", "pharmacist")
ROSA = Actor("rosa", "Rosa", "pharmacist")


def draft(topic: str | None = "storage", **fields: Any) -> Draft:
    chosen: dict[str, Any] = {
        "texts": {"en": "Keep it dry.", "es": "En un lugar seco."}, "source": "Label",
        "source_url": "https://label.example/1", "review_due_on": date(2027, 11, 1),
        "clinical": False, **({} if "product_id" in fields or "series" in fields else METFORMIN),
    }  # fmt: skip
    return Draft(topic, **{**chosen, **fields})


@pytest_asyncio.fixture(autouse=True)
async def people(database: Database) -> None:
    for actor in (PAUL, ROSA):
        await add_staff(database, actor.username, "pharmacist")


async def catalogue(database: Database, *texts: FeedRecord) -> None:
    records = [*(product(key) for key in PRODUCTS), *texts]
    await import_records(database, read(lines(records)), NOW)


async def written(database: Database, *args: Any, by: Actor = PAUL, **fields: Any) -> int:
    done = await write(database, by, draft(*args, **fields), ZONE, NOW)
    assert isinstance(done, Done), done
    return done.version_id


async def approved(database: Database, number: int, by: Actor = PAUL, now: datetime = NOW) -> Any:
    return await approve(database, by, number, ZONE, now)


async def active(database: Database, *args: Any, **fields: Any) -> int:
    number = await written(database, *args, **fields)
    assert await approved(database, number) == Done(number)
    return number


async def told(
    database: Database, *ids: str, topic: Topic = "storage", locale: str = "en", today: date = TODAY
) -> Found:
    async with database.read() as session:
        products = await products_by_id(session, ids)
        return await find(session, products, topic, locale, today)


async def text_told(database: Database, key: str = "met500", **fields: Any) -> str | None:
    found = await told(database, key, **fields)
    return found.instruction.text if isinstance(found, Text) else None


async def states(database: Database, series: int) -> list[str]:
    """Of all versions, the newest first."""
    return [row["state"] for row in await versions(database, series)]


async def test_a_text_is_told_as_soon_as_it_is_approved(database: Database) -> None:
    await catalogue(database)
    number = await written(database)
    assert await text_told(database) is None
    assert await approved(database, number) == Done(number)
    found = await told(database, "met500", "met1000")
    assert isinstance(found, Text)
    row = found.instruction
    assert (row.text, row.approved_by, row.approved_on) == ("Keep it dry.", "Paul", TODAY)
    assert (row.source, row.source_url) == ("Label", "https://label.example/1")
    assert await text_told(database, locale="es") == "En un lugar seco."
    assert await text_told(database, "metER") is None
    assert await told(database, "met500", topic="disposal") == NoText()


async def test_the_day_of_the_approval_is_the_pharmacys(database: Database) -> None:
    await catalogue(database)
    number = await written(database)
    await approved(database, number, now=datetime(2026, 11, 25, 3, 0, tzinfo=UTC))
    found = await told(database, "met500", today=date(2026, 11, 24))
    assert isinstance(found, Text)
    assert found.instruction.approved_on == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("topic", "flagged", "clinical"),
    [
        ("storage", False, False),
        ("disposal", False, False),
        ("storage", True, True),
        ("missed_dose", False, True),
        ("with_food", False, True),
        ("device_use", False, True),
    ],
)
async def test_what_needs_two_pharmacists(
    database: Database, topic: Topic, flagged: bool, clinical: bool
) -> None:
    await catalogue(database)
    number = await written(database, topic, clinical=flagged)
    await approved(database, number)
    assert await states(database, number) == ["second" if clinical else "active"]
    assert (await text_told(database, topic=topic) is None) is clinical


async def test_the_writer_is_one_of_the_two_and_never_both(database: Database) -> None:
    await catalogue(database)
    number = await written(database, "with_food", by=PAUL)
    assert await approved(database, number, PAUL) == Done(number)
    assert await approved(database, number, PAUL) == NeedsSecond()
    assert await text_told(database, topic="with_food") is None
    assert await approved(database, number, ROSA) == Done(number)
    found = await told(database, "met500", topic="with_food")
    assert isinstance(found, Text)
    assert found.instruction.approved_by == "Paul and Rosa"
    spanish = await told(database, "met500", topic="with_food", locale="es")
    assert isinstance(spanish, Text)
    assert spanish.instruction.approved_by == "Paul y Rosa"
    (row,) = await versions(database, number)
    assert (row["approved_by"]["username"], row["second_by"]["username"]) == ("paul", "rosa")


async def test_two_who_approve_at_once_are_two_approvals(database: Database) -> None:
    await catalogue(database)
    number = await written(database, "with_food")
    await asyncio.gather(*(approved(database, number, by) for by in (PAUL, ROSA, PAUL, ROSA)))
    assert await states(database, number) == ["active"]
    (row,) = await versions(database, number)
    names = {row["approved_by"]["username"], row["second_by"]["username"]}
    assert names == {"paul", "rosa"}


async def test_one_series_for_a_medicine_and_topic_whoever_writes_first(
    database: Database,
) -> None:
    await catalogue(database)
    done = await asyncio.gather(*(written(database) for _ in range(6)))
    found = await listed(database, Search(), TODAY)
    assert len(found.instructions) == 1
    assert await states(database, found.instructions[0]["series"]) == ["draft"] + 5 * ["replaced"]
    assert found.instructions[0]["version_id"] == max(done)


async def test_a_new_version_replaces_the_one_before(database: Database) -> None:
    await catalogue(database)
    first = await active(database)
    second = await written(database, None, series=first, texts={"en": "New.", "es": "Nuevo."})
    assert await text_told(database) == "Keep it dry."
    (row,) = (await listed(database, Search(), TODAY)).instructions
    assert (row["version_id"], row["state"], row["active_id"]) == (second, "draft", first)
    await approved(database, second, ROSA)
    assert await text_told(database) == "New."
    assert await text_told(database, locale="es") == "Nuevo."
    assert await states(database, first) == ["active", "replaced"]
    new, old = await versions(database, first)
    assert (old["ended_by"]["display_name"], new["ended_by"]) == ("Rosa", None)
    assert (new["topic"], new["medicine"]) == ("storage", "metformin tablet")


async def test_retired_is_told_to_nobody(database: Database) -> None:
    await catalogue(database)
    number = await active(database)
    assert await retire(database, ROSA, number, NOW) == Done(number)
    assert await retire(database, ROSA, number, NOW) == Done(number)
    assert await told(database, "met500") == NoText()
    assert await told(database, "met500", locale="es") == NoText()
    assert await states(database, number) == ["retired"]
    assert await approved(database, number) == AlreadyDecided()


async def test_a_draft_that_is_dropped_leaves_what_is_told(database: Database) -> None:
    await catalogue(database)
    first = await active(database)
    second = await written(database, series=first)
    await retire(database, PAUL, second, NOW)
    assert await text_told(database) == "Keep it dry."
    (row,) = (await listed(database, Search(), TODAY)).instructions
    assert (row["version_id"], row["state"]) == (first, "active")


class TestDecisions:
    async def test_that_are_too_late(self, database: Database) -> None:
        await catalogue(database)
        first = await active(database)
        assert await approved(database, first, PAUL) == Done(first)  # a repeat
        assert await approved(database, first, ROSA) == AlreadyDecided()
        await active(database, series=first)
        assert await retire(database, PAUL, first, NOW) == AlreadyDecided()
        assert await approved(database, first, PAUL) == AlreadyDecided()

    async def test_about_what_is_not_there(self, database: Database) -> None:
        assert await approved(database, 4711) == NotFound()
        assert await retire(database, PAUL, 4711, NOW) == NotFound()

    async def test_after_the_day_of_the_review(self, database: Database) -> None:
        await catalogue(database)
        number = await written(database, review_due_on=date(2026, 11, 24))
        late = datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
        assert await approved(database, number, now=late) == ReviewDatePassed()

    async def test_all_are_in_the_audit(self, database: Database) -> None:
        await catalogue(database)
        number = await written(database, "with_food")
        for actor in (PAUL, PAUL, ROSA):
            await approved(database, number, actor)
        await retire(database, ROSA, number, NOW)
        async with database.read() as session:
            rows = (await session.scalars(select(AuditEntry).order_by(AuditEntry.entry_id))).all()
        assert [(row.username, row.action, row.outcome, row.detail["state"]) for row in rows] == [
            ("paul", "instruction_written", "ok", "draft"),
            ("paul", "instruction_approved", "ok", "second"),
            ("paul", "instruction_approved", "needs_second_pharmacist", "second"),
            ("rosa", "instruction_approved", "ok", "active"),
            ("rosa", "instruction_retired", "ok", "retired"),
        ]
        assert rows[0].detail["medicine"] == "metformin tablet"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"product_id": "nothing"}, "product_id"),
        ({"generic_name": "nothing"}, "generic_name"),
        ({"form": "spray"}, "generic_name"),
        ({"generic_name": None}, "generic_name"),
        ({"generic_name": "metformin", "form": "tablet", "product_id": "met500"}, "product_id"),
        ({"topic": None}, "topic"),
        ({"review_due_on": TODAY}, "review_due_on"),
        ({"review_due_on": date(2028, 11, 24)}, "review_due_on"),
    ],
)
async def test_a_draft_that_cannot_be(
    database: Database, fields: dict[str, Any], wrong: str
) -> None:
    await catalogue(database)
    done = await write(database, PAUL, draft(**fields), ZONE, NOW)
    assert isinstance(done, Invalid)
    assert done.fields[0] == wrong


async def test_a_version_is_for_what_its_series_is_for(database: Database) -> None:
    await catalogue(database)
    series = await written(database)
    for other in (draft("disposal", series=series), draft(series=series, product_id="met500")):
        assert await write(database, PAUL, other, ZONE, NOW) == Invalid(("series",))
    assert await write(database, PAUL, draft(series=4711), ZONE, NOW) == NotFound()
    assert await states(database, series) == ["draft"]


async def test_the_catalogue_says_how_a_medicine_is_spelled(database: Database) -> None:
    await catalogue(database)
    number = await written(database, generic_name="METFORMIN", form="Extended-Release  tablet")
    (row,) = await versions(database, number)
    assert (row["generic_name"], row["form"]) == ("metformin", "extended-release tablet")
    only = await written(database, product_id="amox")
    (row,) = await versions(database, only)
    assert row["medicine"] == "amoxicillin 400 mg/5 mL oral suspension"


class TestBesideTheFeed:
    async def test_what_is_approved_last_goes_first(self, database: Database) -> None:
        await catalogue(database, text(1, **METFORMIN))
        await active(database)
        assert await text_told(database) == "Keep it dry."
        await catalogue(database, text(2, **METFORMIN, approved_on="2026-11-22"))
        assert await text_told(database) == "Keep it dry."
        # On the same day ours, the next day that of the feed.
        await catalogue(database, text(2, **METFORMIN, approved_on="2026-11-23"))
        assert await text_told(database) == "Keep it dry."
        await catalogue(database, text(2, **METFORMIN, approved_on="2026-11-24"))
        assert await text_told(database, today=date(2026, 11, 24)) == "Text 2."

    async def test_what_is_for_one_product_goes_before_what_is_for_a_name(
        self, database: Database
    ) -> None:
        await catalogue(database, text(1, product_id="met500"))
        await active(database)
        assert await text_told(database, "met500") == "Text 1."
        assert await text_told(database, "met1000") == "Keep it dry."
        assert isinstance(await told(database, "met500", "met1000"), Which)
        await active(database, product_id="met500", texts={"en": "Ours.", "es": "Nuestro."})
        assert await text_told(database, "met500") == "Ours."

    async def test_the_feed_leaves_alone_what_was_written_here(self, database: Database) -> None:
        await catalogue(database, text(1, **METFORMIN))
        await active(database)
        await catalogue(database, text(1, **METFORMIN))
        assert await text_told(database) == "Keep it dry."
        async with database.read() as session:
            ids = await session.scalars(
                select(Instruction.instruction_id).order_by(Instruction.instruction_id)
            )
            found = ids.all()
        assert sorted(found)[0] == "i1"
        assert [name[:2] for name in sorted(found)[1:]] == ["w:", "w:"]

    async def test_the_feed_cannot_write_there(self, database: Database) -> None:
        with pytest.raises(FeedRejected) as rejected:
            read(lines([text(1, **METFORMIN, instruction_id="w:1:en")]))
        assert str(rejected.value) == (
            "line 1, instruction.instruction_id: "
            "must not begin with w:: such texts are written in Willcall"
        )

    async def test_retiring_silences_the_older_texts_of_the_feed(self, database: Database) -> None:
        """Somebody who overrides a text of the feed and retires theirs wants neither told."""
        await catalogue(database, text(1, **METFORMIN), text(2, product_id="met500"))
        number = await active(database)
        await retire(database, PAUL, number, NOW)
        assert await text_told(database, "met1000") is None
        assert await text_told(database, "met500") == "Text 2."
        await catalogue(database, text(1, **METFORMIN))
        assert await text_told(database, "met1000") is None
        later = date(2026, 11, 25)
        await catalogue(database, text(3, **METFORMIN, approved_on="2026-11-25"))
        assert await text_told(database, "met1000", today=later) == "Text 3."

    async def test_dropping_a_draft_silences_nothing(self, database: Database) -> None:
        await catalogue(database, text(1, **METFORMIN), text(2, **METFORMIN, topic="with_food"))
        await retire(database, PAUL, await written(database), NOW)
        half = await written(database, "with_food")
        await approved(database, half)
        await retire(database, PAUL, half, NOW)
        assert await text_told(database) == "Text 1."
        assert await text_told(database, topic="with_food") == "Text 2."


class TestTheList:
    async def test_texts_of_the_feed(self, database: Database) -> None:
        spanish = text(2, **METFORMIN, language="es")
        await catalogue(database, text(1, **METFORMIN), spanish, text(3, product_id="amox"))
        found = await listed(database, Search(), TODAY)
        assert [(row["medicine"], row["texts"], row["imported"]) for row in found.instructions] == [
            ("amoxicillin 400 mg/5 mL oral suspension", {"en": "Text 3."}, True),
            ("metformin tablet", {"en": "Text 1.", "es": "Text 2."}, True),
        ]
        row = found.instructions[1]
        assert row["approved_by"]["display_name"] == "Dana"
        assert (row["version_id"], row["series"], row["state"]) == (None, None, "active")
        number = await active(database)
        assert [row["state"] for row in await self.of_metformin(database)] == ["active", "replaced"]
        await retire(database, PAUL, number, NOW)
        assert [row["state"] for row in await self.of_metformin(database)] == ["retired", "retired"]

    async def of_metformin(self, database: Database) -> Any:
        return (await listed(database, Search("metformin"), TODAY)).instructions

    @pytest.mark.parametrize(
        ("search", "topics"),
        [
            (Search(), ["disposal", "storage", "with_food"]),
            (Search("metformin TABLET"), ["disposal", "storage", "with_food"]),
            (Search("comida"), ["with_food"]),
            (Search("algún"), ["with_food"]),
            (Search("tablet food"), ["with_food"]),
            (Search("disposal"), ["disposal"]),
            (Search("insulin"), []),
            (Search(state="active"), ["storage"]),
            (Search(state="second"), ["with_food"]),
            (Search(state="draft"), ["disposal"]),
            (Search(state="replaced"), []),
            (Search(topic="storage"), ["storage"]),
            (Search(topic="storage", state="draft"), []),
        ],
    )
    async def test_searches(self, database: Database, search: Search, topics: list[str]) -> None:
        await catalogue(database)
        await active(database)
        texts = {"en": "Take it with some food.", "es": "Con algún tipo de comida."}
        await approved(database, await written(database, "with_food", texts=texts))
        await written(database, "disposal")
        found = await listed(database, search, TODAY)
        assert [row["topic"] for row in found.instructions] == topics

    async def test_what_has_to_be_reviewed_soon(self, database: Database) -> None:
        await catalogue(database, text(1, product_id="amox", review_due_on="2026-11-01"))
        number = await active(database, review_due_on=date(2026, 12, 23))
        await written(database, series=number)
        await active(database, "disposal", review_due_on=date(2027, 6, 1))
        found = await listed(database, Search(expiring=30), TODAY)
        assert [row["version_id"] for row in found.instructions] == [None, number]
        assert found.expiring == 2
        found = await listed(database, Search(expiring=29), TODAY)
        assert ([row["imported"] for row in found.instructions], found.expiring) == ([True], 1)
        assert (await listed(database, Search(), TODAY)).expiring == 2
