"""Locations: hours are told to patients, so a part that is not clear leaves the store out."""

import pytest

from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Loss
from tests.feed.fhir import bundles as b


def test_a_store() -> None:
    batch, _ = b.take(b.LOCATION)
    found = b.the(batch, "store")
    assert (found["store_id"], found["name"], found["phone"]) == (
        "main", "Cedar Street Pharmacy", "216-555-0100",
    )  # fmt: skip
    assert found["address"] == "410 Cedar Street, Fairhaven, OH 44110"
    assert found["timezone"] == "America/Chicago"
    assert found["hours"] == {
        "mon": [["09:00", "12:30"], ["13:00", "19:00"]],
        "tue": [["13:00", "19:00"]],
        "sat": [["00:00", "24:00"]],
    }


def test_the_time_zone_that_is_set_stands_in() -> None:
    batch, _ = b.take(b.without(b.LOCATION, "extension"))
    assert b.the(batch, "store")["timezone"] == "America/New_York"


def test_a_place_where_something_is_dispensed_is_a_store() -> None:
    plain = b.without(b.LOCATION, "type")
    batch, outcome = b.take(plain)
    assert b.rows(batch, "store") == []
    assert "Location: is no pharmacy" in b.losses(outcome, Loss.LEFT_OUT)[0]
    asked = {"dispenseRequest": b.without(b.REQUEST["dispenseRequest"], "performer")}
    batch, _ = b.take(b.PATIENT, b.REQUEST | asked, b.DISPENSE, plain)
    assert b.the(batch, "store")["store_id"] == "main"


def hours(*entries: b.Json) -> b.Json:
    return {"hoursOfOperation": list(entries)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (hours(), "hoursOfOperation"),
        (hours({"daysOfWeek": ["mon"], "openingTime": "09:00:00"}), "hoursOfOperation"),
        (
            hours({"daysOfWeek": ["mon"], "openingTime": "9", "closingTime": "17"}),
            "hoursOfOperation",
        ),
        (hours({"daysOfWeek": ["monday"], "allDay": True}), "hoursOfOperation"),
        (hours({"allDay": True}), "hoursOfOperation"),
        ({"status": "suspended"}, "not an active place"),
        ({"mode": "kind"}, "not an active place"),
        ({"telecom": []}, "lacks a time zone, a name, a phone"),
        ({"address": None}, "lacks a time zone, a name, a phone"),
    ],
)
def test_what_is_not_clear_leaves_it_out(change: b.Json, reason: str) -> None:
    batch, outcome = b.take(b.LOCATION | change)
    assert b.rows(batch, "store") == []
    assert reason in b.losses(outcome, Loss.LEFT_OUT)[0]


def test_without_any_time_zone_it_is_left_out() -> None:
    batch, _ = b.take(b.without(b.LOCATION, "extension"), options=Options())
    assert b.rows(batch, "store") == []


def test_midnight_and_texts_about_special_days() -> None:
    late = hours({"daysOfWeek": ["fri"], "openingTime": "08:00:00", "closingTime": "00:00:00"})
    batch, outcome = b.take(b.LOCATION | late | {"availabilityExceptions": "Closed at Easter"})
    assert b.the(batch, "store")["hours"] == {"fri": [["08:00", "24:00"]]}
    assert "availabilityExceptions" in b.losses(outcome, Loss.COARSE)[0]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (
            hours({"daysOfWeek": ["mon"], "openingTime": "09:00:00", "closingTime": "09:00:00"}),
            "hours",
        ),
        ({"extension": [b.LOCATION["extension"][0] | {"valueCode": "Mars/Base"}]}, "timezone"),
    ],
)
def test_hours_and_zones_that_cannot_be_refuse_the_feed(change: b.Json, field: str) -> None:
    (error,) = b.refused(b.LOCATION | change)
    assert error.startswith(f"line 1, Location/main: store.{field}")


def test_types_that_are_skipped_bring_no_records_and_still_lead_somewhere() -> None:
    skip = frozenset({"Location", "RelatedPerson", "Medication"})
    options = Options(timezone="America/New_York", skip=skip)
    batch, _ = b.take(*b.ALL, options=options)
    assert b.the(batch, "prescription")["store_id"] == "main"
    for name in ("store", "proxy", "product"):
        assert b.rows(batch, name) == []
