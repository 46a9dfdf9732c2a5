"""The states of a MedicationDispense: never better than the resource."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feed.fhir.fills import CODES
from bot.feed.fhir.outcome import Loss
from bot.pharmacy.fill_states import FILL_STATES
from tests.feed.fhir import bundles as b

PREPARED, HANDED = "2026-05-01T10:00:00-04:00", "2026-05-02T11:30:00-04:00"
ELSEWHERE = {"reference": "Location/home"}


def fill(**changes: object) -> b.Json:
    """What becomes of a dispense; None takes an element away."""
    bare = b.without(b.DISPENSE, "status", "whenPrepared") | changes
    present = {name: value for name, value in bare.items() if value is not None}
    batch, _ = b.take(b.PATIENT, b.REQUEST, present)
    return b.the(batch, "fill")


def reason(code: str) -> b.Json:
    return {"coding": [{"code": code}]}


# status, whenPrepared, whenHandedOver, with a destination: the state
TABLE = [
    ("preparation", None, None, False, "filling"),
    ("preparation", PREPARED, None, False, "filling"),
    ("preparation", None, HANDED, False, "unknown"),
    ("in-progress", None, None, False, "filling"),
    ("in-progress", "2026", None, False, "filling"),
    ("in-progress", PREPARED, None, False, "ready"),
    ("in-progress", "2026-05-01", None, False, "ready"),
    ("in-progress", PREPARED, None, True, "unknown"),
    ("in-progress", PREPARED, HANDED, False, "unknown"),
    ("completed", PREPARED, HANDED, False, "picked_up"),
    ("completed", None, HANDED, False, "picked_up"),
    ("completed", None, "2026-05-02", False, "picked_up"),
    ("completed", PREPARED, HANDED, True, "delivered"),
    ("completed", PREPARED, None, False, "unknown"),
    ("completed", PREPARED, "2026-05", False, "unknown"),
    ("completed", HANDED, PREPARED, False, "unknown"),
    ("completed", "2026-05-02", "2026-05-01", False, "unknown"),
    ("completed", None, "2026-06-01", False, "unknown"),
    ("in-progress", "2026-05-04T18:00:00Z", None, False, "unknown"),
    ("in-progress", "2026-05-04T16:05:00Z", None, False, "ready"),
    ("on-hold", None, None, False, "on_hold"),
    ("on-hold", PREPARED, HANDED, False, "unknown"),
    ("cancelled", PREPARED, None, False, "cancelled"),
    ("declined", None, None, False, "cancelled"),
    ("stopped", PREPARED, None, False, "cancelled"),
    ("stopped", PREPARED, HANDED, False, "unknown"),
    ("unknown", PREPARED, HANDED, False, "unknown"),
    ("ready-for-pickup", PREPARED, None, False, "unknown"),
]


@pytest.mark.parametrize(("status", "prepared", "handed", "shipped", "state"), TABLE)
def test_status_and_times_make_the_state(
    status: str, prepared: str | None, handed: str | None, shipped: bool, state: str
) -> None:
    found = fill(
        status=status, whenPrepared=prepared, whenHandedOver=handed,
        destination=ELSEWHERE if shipped else None,
    )  # fmt: skip
    assert found["state"] == state
    assert (found["reported_state"] is not None) == (state == "unknown" and status != "x")
    assert found["method"] == ("delivery" if shipped else None)


@pytest.mark.parametrize(
    ("status", "code", "state", "why"),
    [
        ("on-hold", "frr04", "out_of_stock", None),
        ("on-hold", "non-avail", "out_of_stock", None),
        ("on-hold", "clarif", "clarification", None),
        ("on-hold", "frr03", "clarification", None),
        ("on-hold", "preg", "on_hold", None),
        ("cancelled", "frr01", "cancelled", "prescriber_request"),
        ("cancelled", "sintol", "cancelled", None),
    ],
)
def test_reasons(status: str, code: str, state: str, why: str | None) -> None:
    found = fill(status=status, statusReasonCodeableConcept=reason(code))
    assert (found["state"], found["reason"]) == (state, why)


@pytest.mark.parametrize("code", ["FFP", "RFP", "FFPS", "RFPS"])
def test_a_part_that_is_ready(code: str) -> None:
    parts = {"whenPrepared": PREPARED, "quantity": {"value": 10}, "type": reason(code)}
    found = fill(status="in-progress", **parts)
    assert (found["state"], found["quantity"]) == ("partial_ready", 10)
    assert found["quantity_owed"] is None


@pytest.mark.parametrize(
    "modified", [{"modifierExtension": [{"url": "https://x.example"}]}, {"implicitRules": "x"}]
)
def test_what_may_mean_something_else_is_unknown(modified: b.Json) -> None:
    assert fill(status="in-progress", whenPrepared=PREPARED, **modified)["state"] == "unknown"


def test_times_are_kept_where_the_state_has_them() -> None:
    found = fill(status="completed", whenPrepared=PREPARED, whenHandedOver=HANDED)
    assert found["ready_at"] == datetime.fromisoformat(PREPARED)
    assert found["picked_up_at"] == found["updated_at"] == datetime.fromisoformat(HANDED)
    found = fill(status="in-progress", whenPrepared="2026-05-01")
    assert found["ready_at"] is None
    assert found["updated_at"] == datetime.fromisoformat("2026-05-01T12:00:00Z")


def test_an_export_that_touches_all_does_not_make_an_old_fill_the_latest() -> None:
    exported = {"lastUpdated": "2026-05-04T15:00:00Z"}
    old = fill(status="completed", whenHandedOver=HANDED, meta=exported)
    new = fill(status="preparation", meta=exported)
    assert old["updated_at"] < new["updated_at"]
    assert fill(status="preparation")["updated_at"] is None  # the time of the import


def test_a_time_to_come_does_not_date_a_fill() -> None:
    assert fill(status="completed", whenHandedOver="2099-01-01")["updated_at"] == b.NOW


def test_a_fill_of_nobody_is_left_out() -> None:
    alone = b.without(b.DISPENSE, "authorizingPrescription")
    batch, outcome = b.take(b.PATIENT, b.REQUEST, alone)
    assert b.rows(batch, "fill") == []
    assert "MedicationDispense: names no prescription, or several" in b.losses(
        outcome, Loss.LEFT_OUT
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"authorizingPrescription": [{"reference": "MedicationRequest/other"}]}, "authorizing"),
        ({"subject": {"reference": "Patient/p2"}}, "subject: must be the patient of its"),
        ({"subject": {"reference": "Patient/nobody"}}, "subject: must be the patient of its"),
        ({"whenPrepared": "yesterday"}, "whenPrepared: must be a FHIR date"),
        ({"whenPrepared": "2026-05-03T15:10:00"}, "whenPrepared: must be a FHIR date"),
        ({"whenPrepared": 7}, "whenPrepared: must be a text"),
        ({"quantity": {"value": "30"}}, "quantity.value: must be a number"),
        ({"status": None}, "status: must be a text"),
        ({"id": "not an id"}, "MedicationDispense.id: must be a FHIR id"),
    ],
)
def test_what_refuses_the_feed(change: b.Json, message: str) -> None:
    other = b.PATIENT | {"id": "p2"}
    (error,) = b.refused(b.PATIENT, other, b.REQUEST, b.DISPENSE | change)
    assert error.startswith("line 4, ")
    assert message in error


_times = st.sampled_from([None, "2026", "2026-05-02", PREPARED, HANDED, "2026-05-09T10:00:00Z"])


@given(
    status=st.sampled_from(sorted(CODES)) | st.text(max_size=12),
    prepared=_times,
    handed=_times,
    code=st.sampled_from(["FFP", "RF", "frr04", "clarif"]),
    shipped=st.booleans(),
)
def test_good_news_is_only_what_the_dispense_says(
    status: str, prepared: str | None, handed: str | None, code: str, shipped: bool
) -> None:
    found = fill(
        status=status, whenPrepared=prepared, whenHandedOver=handed, type=reason(code),
        destination=ELSEWHERE if shipped else None, statusReasonCodeableConcept=reason(code),
    )  # fmt: skip
    assert found["state"] in FILL_STATES
    if found["state"] in ("ready", "partial_ready"):
        assert (status, handed, shipped) == ("in-progress", None, False) or handed == "2026"
        assert prepared in ("2026-05-02", PREPARED, HANDED)
    if found["state"] in ("picked_up", "delivered"):
        assert status == "completed"
        assert handed in ("2026-05-02", PREPARED, HANDED)
