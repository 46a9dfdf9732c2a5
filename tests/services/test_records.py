"""Importing records, on SQLite and on PostgreSQL."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.feed.demo import demo_records
from bot.feed.json_lines import read
from bot.services.feed_batch import FeedRejected
from bot.services.records import ImportReport, database_is_empty, import_records
from bot.storage.base import Base
from bot.storage.database import Database
from bot.storage.record_tables import RECORD_TABLES
from tests.feed import examples
from tests.feed.examples import FeedRecord, lines, without

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

type Rows = dict[str, list[dict[str, Any]]]


async def take(database: Database, *records: FeedRecord, now: datetime = NOW) -> ImportReport:
    return await import_records(database, read(lines(records)), now)


async def rows(database: Database) -> Rows:
    found: Rows = {}
    async with database.read() as session:
        for name in RECORD_TABLES:
            table = Base.metadata.tables[name]
            result = await session.execute(select(table).order_by(*table.primary_key.columns))
            found[name] = [dict(row) for row in result.mappings()]
    return found


async def one(database: Database, name: str) -> dict[str, Any]:
    (row,) = (await rows(database))[name]
    return row


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def test_every_field_arrives(database: Database) -> None:
    report = await take(database, *examples.ALL)
    assert report.written == dict.fromkeys(RECORD_TABLES, 1)
    found = {name: each[0] for name, each in (await rows(database)).items()}
    for record in examples.ALL:
        row = found[str(record["type"])]
        for field, value in without(record, "type", "delivery", "pickup_rules").items():
            stored = row[field]
            if isinstance(stored, datetime):
                assert stored == utc(str(value)), field
            elif isinstance(stored, date):
                assert stored.isoformat() == value, field
            else:
                assert stored == value, field
    store, patient = found["store"], found["patient"]
    assert store["pickup_rules"] == {
        "en": ["Bring a photo ID."],
        "es": ["Traiga una identificación."],
    }
    assert (store["delivery_offered"], store["delivery_fee_cents"]) == (True, 500)
    assert (patient["last_name_key"], patient["phone_key"]) == ("oconnornunez", "2165550113")
    assert found["proxy"]["last_name_key"] == "nunez"
    assert found["prescription"]["rx_key"] == "7001001"
    assert found["fill"]["reported_state"] is None


async def test_what_is_left_out_gets_its_default(database: Database) -> None:
    optional = {
        "store": ["exceptions", "pickup_rules", "delivery"],
        "patient": ["phone", "language"],
        "proxy": ["phone", "relationship", "expires_on"],
        "product": ["brand_names", "strength", "dea_schedule", "special_order", "critical"],
        "prescription": ["days_supply", "expires_on", "status", "transferred_to", "sensitive"],
        "fill": ["reason", "updated_at", "kept_until", "method", "quantity"],
        "prior_authorization": ["submitted_on"],
        "prescriber_request": ["follow_up_at"],
        "stock": ["reserved", "expected_on", "as_of"],
        "instruction": ["language", "source_url"],
    }
    bare = [without(record, *optional[str(record["type"])]) for record in examples.ALL]
    await take(database, *bare)
    found = {name: each[0] for name, each in (await rows(database)).items()}
    assert found["store"]["pickup_rules"] == {}
    assert found["store"]["delivery_offered"] is None
    assert (found["patient"]["phone"], found["patient"]["phone_key"]) == ("", "none")
    assert found["proxy"]["relationship"] == "caregiver"
    assert found["product"]["critical"] is False
    assert found["prescription"]["status"] == "active"
    assert found["prescription"]["sensitive"] is False
    assert found["fill"]["updated_at"] == NOW
    assert found["stock"]["as_of"] == NOW
    assert found["stock"]["reserved"] == 0
    assert found["instruction"]["language"] == "en"


async def test_the_demonstration_twice_changes_nothing(database: Database) -> None:
    feed = lines(demo_records(NOW))
    first = await import_records(database, read(feed), NOW)
    before = await rows(database)
    second = await import_records(database, read(reversed(feed)), NOW)
    assert await rows(database) == before
    assert first.written == second.written
    assert first.warnings == ()


async def test_a_later_record_replaces_an_earlier_one_and_ids_stay(database: Database) -> None:
    other = examples.PRESCRIPTION | {"rx_number": "7001002"}
    await take(database, *examples.ALL, other)
    before = await rows(database)
    changed = examples.PRESCRIPTION | {"refills_remaining": 2, "days_supply": None}
    await take(database, changed, examples.PRODUCT | {"brand_names": ["Prinivil"]})
    after = await rows(database)
    ids = {row["rx_number"]: row["id"] for row in after["prescription"]}
    assert ids == {row["rx_number"]: row["id"] for row in before["prescription"]}
    replaced = next(row for row in after["prescription"] if row["rx_number"] == "Rx 700-1001")
    assert (replaced["refills_remaining"], replaced["days_supply"]) == (2, None)
    assert after["product"][0]["brand_names"] == ["Prinivil"]
    assert after["fill"] == before["fill"]


async def test_known_and_new_prescriptions_mix_in_one_feed(database: Database) -> None:
    await take(database, *examples.ALL)
    number = [examples.PRESCRIPTION | {"rx_number": f"{7002000 + each}"} for each in range(50)]
    await take(database, *number[:25])
    await take(database, *number, examples.PRESCRIPTION)
    ids = [row["id"] for row in (await rows(database))["prescription"]]
    assert len(set(ids)) == 51
    assert max(ids) == 51


async def test_records_may_come_in_any_order(database: Database) -> None:
    await take(database, *reversed(examples.ALL))
    assert all(len(each) == 1 for each in (await rows(database)).values())


async def test_a_reference_that_leads_nowhere_refuses_the_whole_feed(database: Database) -> None:
    strangers = [
        examples.STORE,
        examples.PRODUCT,
        examples.PRESCRIPTION,
        examples.FILL | {"rx_number": "404"},
        examples.STOCK | {"store_id": "elsewhere"},
    ]
    with pytest.raises(FeedRejected) as rejected:
        await take(database, *strangers)
    assert [(error.line, error.field) for error in rejected.value.errors] == [
        (3, "prescription.patient_id"),
        (4, "fill.rx_number"),
        (5, "stock.store_id"),
    ]
    assert str(rejected.value).startswith(
        "line 3, prescription.patient_id: no such patient in the feed or on record"
    )
    assert await database_is_empty(database)
    assert not any((await rows(database)).values())


async def test_references_to_records_on_file_are_fine(database: Database) -> None:
    await take(database, *examples.ALL)
    await take(database, examples.FILL | {"fill_id": "F2", "kept_until": "2026-06-01"})
    fills = (await rows(database))["fill"]
    assert fills[1]["kept_until"] == utc("2026-06-01T23:59:59-04:00")


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("America/New_York", "2026-03-07", "2026-03-07T23:59:59-05:00"),
        ("America/New_York", "2026-03-08", "2026-03-08T23:59:59-04:00"),
        ("America/New_York", "2026-11-01", "2026-11-01T23:59:59-05:00"),
        ("America/Chicago", "2026-07-04", "2026-07-04T23:59:59-05:00"),
    ],
)
async def test_kept_until_a_date_means_the_end_of_that_day_at_the_store(
    database: Database, zone: str, day: str, end: str
) -> None:
    changed = {"main": {"timezone": zone}, "F1": {"kept_until": day}}
    records = [
        record | changed.get(str(record.get("store_id") or record.get("fill_id")), {})
        if record["type"] in ("store", "fill")
        else record
        for record in examples.ALL
    ]
    await take(database, *records)
    assert (await one(database, "fill"))["kept_until"] == utc(end)


async def test_an_unknown_state_is_reported_and_kept(database: Database) -> None:
    records = [*examples.ALL, examples.FILL | {"state": "robot_queue"}]
    report = await take(database, *records)
    assert [(warning.line, warning.field) for warning in report.warnings] == [(11, "fill.state")]
    assert report.warnings_total == 1
    fill = await one(database, "fill")
    assert (fill["state"], fill["reported_state"]) == ("unknown", "robot_queue")


async def test_imports_at_the_same_time_do_not_disturb_each_other(database: Database) -> None:
    feed = lines(demo_records(NOW))
    feeds = [read(feed), read(reversed(feed)), read(feed)]
    await asyncio.gather(*(import_records(database, batch, NOW) for batch in feeds))
    assert len((await rows(database))["prescription"]) == len(feeds[0].rows("prescription"))


async def test_a_database_is_empty_until_it_has_a_store(database: Database) -> None:
    assert await database_is_empty(database)
    await take(database, examples.STORE)
    assert not await database_is_empty(database)


async def test_an_empty_feed_writes_nothing(database: Database) -> None:
    assert await import_records(database, read([]), NOW) == ImportReport({}, (), 0)


async def test_more_records_than_one_statement_holds(database: Database) -> None:
    people = [examples.PATIENT | {"patient_id": f"P{each}"} for each in range(4_500)]
    report = await take(database, *people)
    assert report.written == {"patient": 4_500}
    prescriptions = [
        examples.PRESCRIPTION | {"rx_number": f"{each}", "patient_id": f"P{each}"}
        for each in range(2_500)
    ]
    await take(database, examples.STORE, examples.PRODUCT, *prescriptions)
    await take(database, *prescriptions)
    assert len((await rows(database))["prescription"]) == 2_500
