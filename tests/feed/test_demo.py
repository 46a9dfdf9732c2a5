"""The demonstration pharmacy shows everything that a tester may want to see."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feed.demo import FeedRecord, demo_records
from bot.feed.demo.holidays import thanksgiving
from bot.feed.demo.page import demo_page
from bot.feed.json_lines import read
from bot.pharmacy.fill_states import FILL_STATES
from bot.pharmacy.hours import OpeningHours
from tests.feed.examples import lines

NOW = datetime(2026, 11, 23, 16, 20, tzinfo=UTC)
MOMENTS = st.integers(0, 9 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
PAGE = Path(__file__).parents[2] / "docs" / "demo.md"


def all_of(record_type: str, now: datetime = NOW) -> list[FeedRecord]:
    return [record for record in demo_records(now) if record["type"] == record_type]


def fill_of(rx_number: str) -> FeedRecord:
    return [fill for fill in all_of("fill") if fill["rx_number"] == rx_number][-1]


def moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


def test_it_is_the_same_for_the_same_moment() -> None:
    assert demo_records(NOW) == demo_records(NOW)


def test_every_state_and_every_reason_is_there() -> None:
    shown = {(fill["state"], fill.get("reason")) for fill in all_of("fill")}
    wanted = {
        (state.name, reason)
        for state in FILL_STATES.values()
        for reason in state.reasons or (None,)
    }
    assert wanted <= shown


def test_it_is_large_enough() -> None:
    counted = Counter(record["type"] for record in demo_records(NOW))
    assert counted["store"] == 2
    assert counted["patient"] >= 14
    assert counted["product"] >= 48
    assert counted["stock"] == 2 * counted["product"]
    assert counted["instruction"] >= 20


def test_every_approved_text_is_about_a_medicine_of_the_pharmacy() -> None:
    products = all_of("product")
    ids = {product["product_id"] for product in products}
    forms = {(product["generic_name"], product["form"]) for product in products}
    texts = all_of("instruction")
    for text in texts:
        assert text["product_id"] in ids or (text["generic_name"], text["form"]) in forms
        assert text["source"], text["instruction_id"]
    keys = [
        (text["product_id"], text["generic_name"], text["form"], text["topic"], text["language"])
        for text in texts
    ]
    assert len(set(keys)) == len(keys)
    in_spanish = [key for key in keys if key[-1] == "es"]
    assert len(in_spanish) >= 8
    assert {(*key[:-1], "en") for key in in_spanish} <= set(keys)
    assert {"with_food", "storage", "disposal", "device_use"} <= {text["topic"] for text in texts}


def test_it_has_the_cases_that_need_care() -> None:
    schedules = {product["dea_schedule"] for product in all_of("product")}
    assert {"II", "IV"} <= schedules
    assert any(prescription["sensitive"] for prescription in all_of("prescription"))
    assert {each["status"] for each in all_of("prior_authorization")} >= {"submitted", "denied"}
    assert {each["kind"] for each in all_of("prescriber_request")} == {"renewal", "clarification"}
    empty = [stock for stock in all_of("stock") if stock["on_hand"] == 0]
    assert {stock["expected_on"] is None for stock in empty} == {True, False}
    assert moment(fill_of("7016001")["promised_at"]) < NOW


def test_a_mother_who_is_a_patient_may_ask_for_her_child() -> None:
    (mother,) = [patient for patient in all_of("patient") if patient["first_name"] == "Emily"]
    (proxy,) = [proxy for proxy in all_of("proxy") if proxy["relationship"] == "mother"]
    for field in ("last_name", "date_of_birth", "phone"):
        assert proxy[field] == mother[field]


def test_ana_ruiz_picked_up_her_metformin_three_days_ago() -> None:
    fill = fill_of("7002001")
    assert fill["state"] == "picked_up"
    assert moment(fill["picked_up_at"]).date() == NOW.date() - timedelta(days=3)


def test_thanksgiving_is_the_fourth_thursday() -> None:
    assert [thanksgiving(year).day for year in (2024, 2025, 2026, 2027)] == [28, 27, 26, 25]


def test_phone_numbers_are_of_the_range_for_fiction() -> None:
    for record in (*all_of("patient"), *all_of("proxy"), *all_of("store")):
        assert "555-01" in str(record["phone"])


def test_no_medicine_and_no_rx_number_is_there_twice() -> None:
    products = all_of("product")
    medicines = {(each["generic_name"], each["strength"], each["form"]) for each in products}
    assert len(medicines) == len(products)
    rx_numbers = {each["rx_number"] for each in all_of("prescription")}
    assert len(rx_numbers) == len(all_of("prescription"))


@settings(max_examples=25, deadline=None)
@given(MOMENTS)
def test_at_any_moment_it_is_a_valid_feed_with_sensible_times(now: datetime) -> None:
    records = demo_records(now)
    batch = read(lines(records))
    assert batch.warnings.total == 0
    main = next(record for record in records if record["type"] == "store")
    hours = OpeningHours.from_record(main["hours"], "America/New_York", main["exceptions"])  # type: ignore[arg-type]
    metformin = next(fill for fill in records if fill.get("fill_id") == "F-7001002-3")
    promised = moment(metformin["promised_at"])
    assert promised > now
    assert hours.is_open(promised - timedelta(minutes=1))
    for record in records:
        for field in ("requested_at", "ready_at", "picked_up_at", "updated_at", "as_of", "sent_at"):
            if record.get(field):
                assert moment(record[field]) <= now


def test_the_page_names_everybody() -> None:
    assert PAGE.read_text("utf-8") == demo_page(demo_records(NOW)), (
        "docs/demo.md is not current: python -m bot.feed.demo.page > docs/demo.md"
    )


@given(MOMENTS)
@settings(max_examples=5, deadline=None)
def test_the_page_does_not_depend_on_the_moment(now: datetime) -> None:
    assert demo_page(demo_records(now)) == demo_page(demo_records(NOW))
