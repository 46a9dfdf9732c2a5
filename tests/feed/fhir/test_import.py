"""FHIR in a database: what is on record counts, and patients get the true status."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.feed import json_lines
from bot.feed.fhir.outcome import Outcome
from bot.services.access import Grant, visible_prescriptions
from bot.services.feed_batch import FeedRejected
from bot.services.prescriptions import status_card
from bot.services.records import ImportReport, import_records, rehearse
from bot.storage.base import Base
from bot.storage.database import Database
from tests.feed import examples
from tests.feed.fhir import bundles as b


async def bring(database: Database, *resources: b.Json) -> tuple[ImportReport, Outcome]:
    batch, outcome = b.take(*resources)
    return await import_records(database, batch, b.NOW), outcome


async def stored(database: Database, name: str) -> list[dict[str, Any]]:
    table = Base.metadata.tables[name]
    async with database.read() as session:
        rows = await session.execute(select(table).order_by(*table.primary_key.columns))
        return [dict(row) for row in rows.mappings()]


async def one(database: Database, name: str) -> dict[str, Any]:
    (row,) = await stored(database, name)
    return row


async def test_everything_arrives_and_again_changes_nothing(database: Database) -> None:
    report, _ = await bring(database, *b.ALL)
    assert report.written == {
        "store": 1, "patient": 1, "proxy": 1, "product": 1, "prescription": 1, "fill": 1,
    }  # fmt: skip
    before = [await stored(database, name) for name in report.written]
    await bring(database, *reversed(b.ALL))
    assert [await stored(database, name) for name in report.written] == before


async def test_what_the_pharmacy_says_of_a_product_stays(database: Database) -> None:
    own = examples.PRODUCT | {"dea_schedule": "IV", "critical": True}
    await import_records(database, json_lines.read(examples.lines([own])), b.NOW)
    report, _ = await bring(database, *b.ALL)
    assert "product" not in report.written
    product = await one(database, "product")
    assert (product["dea_schedule"], product["critical"]) == ("IV", True)
    assert product["brand_names"] == ["Zestril"]


def filled(number: int, status: str = "completed") -> b.Json:
    handed = {"whenHandedOver": f"2026-0{number}-01T10:00:00-05:00"}
    bare = b.without(b.DISPENSE, "whenPrepared") | {"id": f"d{number}", "status": status}
    return bare | (handed if status == "completed" else {})


async def test_refills_that_are_left_count_the_fills_on_record(database: Database) -> None:
    await bring(database, *b.ALL[:-1])
    assert (await one(database, "prescription"))["refills_remaining"] == 3
    await bring(database, *b.ALL[:-1], filled(1), filled(2))
    assert (await one(database, "prescription"))["refills_remaining"] == 2
    # A later push brings the prescription with its newest fill only.
    await bring(database, *b.ALL[:-1], filled(3, "preparation"))
    assert (await one(database, "prescription"))["refills_remaining"] == 1
    await bring(database, *b.ALL[:-1], filled(3, "cancelled"))
    assert (await one(database, "prescription"))["refills_remaining"] == 2
    await bring(database, *b.ALL[:-1])
    assert (await one(database, "prescription"))["refills_remaining"] == 2


async def test_an_error_takes_back_only_what_is_on_record(database: Database) -> None:
    wrong = b.REQUEST | {"status": "entered-in-error"}
    await bring(database, b.PATIENT, b.STORE, b.ORGANIZATION, wrong, b.DISPENSE)
    assert await stored(database, "prescription") == []
    await bring(database, *b.ALL)
    await bring(database, b.PATIENT, b.STORE, b.ORGANIZATION, wrong, b.DISPENSE)
    assert (await one(database, "prescription"))["status"] == "cancelled"
    assert (await one(database, "fill"))["state"] == "cancelled"


async def test_a_permission_that_ended_is_taken_back(database: Database) -> None:
    over = b.RELATED | {"active": False}
    await bring(database, b.PATIENT, over)
    assert await stored(database, "proxy") == []
    await bring(database, b.PATIENT, b.RELATED)
    await bring(database, b.PATIENT, over)
    assert (await one(database, "proxy"))["expires_on"] < b.NOW.date()


async def test_who_is_gone_is_not_added(database: Database) -> None:
    gone = b.PATIENT | {"deceasedBoolean": True}
    await bring(database, gone, b.STORE, b.ORGANIZATION, b.REQUEST, b.DISPENSE)
    assert await stored(database, "patient") == await stored(database, "fill") == []
    await bring(database, *b.ALL)
    picked_up = b.DISPENSE | {"status": "completed", "whenHandedOver": "2026-05-04T10:00:00-04:00"}
    await bring(database, gone, b.STORE, b.ORGANIZATION, b.REQUEST, picked_up)
    assert (await one(database, "fill"))["state"] == "picked_up"


async def test_a_store_that_nobody_knows_refuses_all(database: Database) -> None:
    with pytest.raises(FeedRejected) as rejected:
        await bring(database, b.PATIENT, b.REQUEST, b.DISPENSE)
    assert "no such store in the feed or on record" in str(rejected.value)
    assert await stored(database, "patient") == []


async def test_a_rehearsal_writes_nothing_and_says_the_same(database: Database) -> None:
    batch, _ = b.take(*b.ALL)
    rehearsed = await rehearse(database, batch, b.NOW)
    assert await stored(database, "patient") == await stored(database, "feed_import") == []
    batch, _ = b.take(*b.ALL)
    assert await import_records(database, batch, b.NOW) == rehearsed
    batch, _ = b.take(b.PATIENT, b.REQUEST | {"dispenseRequest": {}})
    batch.drop("prescription", ["7001001"])
    assert (await rehearse(database, batch, b.NOW)).written == {"patient": 1}


async def test_a_rehearsal_refuses_what_the_import_would(database: Database) -> None:
    batch, _ = b.take(b.PATIENT, b.REQUEST)
    with pytest.raises(FeedRejected):
        await rehearse(database, batch, b.NOW)


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "ready"),
        ({"whenPrepared": None}, "filling"),
        ({"status": "completed"}, "unknown"),
        ({"status": "completed", "whenHandedOver": "2026-05-04T10:00:00-04:00"}, "picked_up"),
    ],
)
async def test_the_patient_is_told_what_the_dispense_says(
    database: Database, change: b.Json, state: str
) -> None:
    await bring(database, *b.ALL[:-1], b.DISPENSE | change)
    later = b.NOW + timedelta(minutes=1)
    async with database.read() as session:
        (view,) = await visible_prescriptions(session, [Grant("p1", as_proxy=False)])
        assert view.fill is not None
        card = await status_card(session, view, view.fill, later)
    assert (card.state, card.medicine) == (state, "lisinopril 10 mg tablet")
    assert card.store_name == "Cedar Street Pharmacy"
    assert card.values["ready_at"] == ("2026-05-03T19:10:00+00:00" if state == "ready" else None)
