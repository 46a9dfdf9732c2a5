"""Prescriptions: numbers, refills, stores and what is none."""

import pytest

from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Loss
from bot.feed.fhir.prescriptions import STATUSES
from bot.services.feed_batch import Keep, Repeats
from bot.wording import load
from tests.feed.fhir import bundles as b


def prescription(*others: b.Json, options: Options = b.OPTIONS, **changes: object) -> b.Json:
    parts = (b.PATIENT, b.PRACTITIONER, b.ORGANIZATION, b.STORE, b.REQUEST | changes, *others)
    batch, _ = b.take(*parts, options=options)
    return b.the(batch, "prescription")


def test_a_prescription() -> None:
    found = prescription()
    assert (found["rx_number"], found["patient_id"], found["store_id"]) == (
        "7001001", "p1", "main",
    )  # fmt: skip
    assert found["product_id"] == "99001-0101-30"
    assert found["directions"] == "Take 1 tablet by mouth once daily."
    assert (found["quantity"], found["days_supply"]) == (30, 30)
    assert found["written_on"].isoformat() == "2026-03-01"
    assert found["expires_on"].isoformat() == "2027-03-01"
    assert (found["prescriber_name"], found["status"]) == ("Dr. Helen Park", "active")
    assert found["sensitive"] is False


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("active", "active"),
        ("on-hold", "on_hold"),
        ("cancelled", "cancelled"),
        ("stopped", "cancelled"),
        ("completed", "active"),
        ("unknown", "unknown"),
    ],
)
def test_status(status: str, kept: str) -> None:
    assert prescription(status=status)["status"] == kept


@pytest.mark.parametrize(
    "change",
    [
        {"status": "draft"},
        {"intent": "proposal"},
        {"intent": "plan"},
        {"intent": "instance-order"},
        {"doNotPerform": True},
        {"reportedBoolean": True},
        {"reportedReference": {"display": "the patient"}},
        {"category": [{"coding": [{"code": "inpatient"}]}]},
        {"modifierExtension": [{"url": "https://x.example"}]},
    ],
    ids=str,
)
def test_what_is_no_prescription_is_left_out_with_its_fills(change: b.Json) -> None:
    batch, outcome = b.take(b.PATIENT, b.REQUEST | change, b.DISPENSE)
    assert [len(b.rows(batch, name)) for name in ("patient", "prescription", "fill")] == [1, 0, 0]
    assert "MedicationDispense: its prescription was left out" in b.losses(outcome, Loss.LEFT_OUT)


def dispensed(status: str, number: int, **more: object) -> b.Json:
    return b.without(b.DISPENSE, "whenPrepared") | {"id": f"d{number}", "status": status, **more}


@pytest.mark.parametrize(
    ("statuses", "fills"),
    [
        ([], 0),
        (["completed"], 1),
        (["completed", "completed", "in-progress"], 3),
        (["completed", "cancelled", "declined", "stopped", "entered-in-error"], 1),
        (["preparation", "on-hold", "unknown"], 3),
    ],
)
def test_fills_that_count(statuses: list[str], fills: int) -> None:
    many = [dispensed(status, number) for number, status in enumerate(statuses)]
    batch, _ = b.take(b.PATIENT, b.REQUEST, *many)
    assert batch.repeats == {"7001001": Repeats(3, fills)}


def test_what_completes_a_part_fill_is_no_other_fill() -> None:
    def kind(code: str) -> b.Json:
        return {"coding": [{"code": code}]}

    parts = [
        dispensed("completed", 1, type=kind("FFP")),
        dispensed("completed", 2, type=kind("FFC")),
    ]
    batch, _ = b.take(b.PATIENT, b.REQUEST, *parts, dispensed("completed", 3, type=kind("RF")))
    assert batch.repeats == {"7001001": Repeats(3, 2)}


def test_no_refills_are_left_of_what_is_completed_or_does_not_say() -> None:
    for change in ({"status": "completed"}, {"dispenseRequest": {"quantity": {"value": 30}}}):
        batch, _ = b.take(b.PATIENT, b.REQUEST | change)
        assert batch.repeats["7001001"].allowed == 0


FILLER = {"type": {"coding": [{"code": "FILL"}]}}


@pytest.mark.parametrize(
    ("identifiers", "system", "number"),
    [
        ([{"value": " 7001001 "}], None, "7001001"),
        ([], None, "m1"),
        ([{"value": "9", "system": "urn:a"}, {"value": "7", "system": "urn:b"}], "urn:b", "7"),
        ([{"value": "9"}, {"value": "7", **FILLER}], None, "7"),
        ([{"value": "7"}, {"value": "7"}], None, "7"),
    ],
)
def test_which_number_is_the_rx_number(
    identifiers: list[b.Json], system: str | None, number: str
) -> None:
    options = Options(store_id="main", rx_system=system)
    assert prescription(identifier=identifiers, options=options)["rx_number"] == number


@pytest.mark.parametrize(
    ("change", "system", "message"),
    [
        ({"identifier": [{"value": "1"}, {"value": "2"}]}, None, "identifier: has several numbers"),
        ({"identifier": [{"value": "1"}]}, "urn:b", "identifier: has no Rx number of the system"),
        ({"subject": None}, None, "subject: must be a patient of the same feed"),
        ({"subject": {"reference": "Patient/nobody"}}, None, "subject: must be a patient"),
        ({"subject": {"reference": "Group/p1"}}, None, "subject: must be a patient"),
        ({"subject": {"display": "James Carter"}}, None, "subject: must be a patient"),
        ({"status": "paused"}, None, "status: must be a status of R4"),
        ({"intent": "wish"}, None, "intent: must be an intent of R4"),
        ({"authoredOn": "May 4"}, None, "authoredOn: must be a FHIR date"),
        (
            {"dispenseRequest": {"validityPeriod": {"end": "2027"}, "quantity": {"value": 1}}},
            None,
            "dispenseRequest.validityPeriod.end: must be a full date",
        ),
        (
            {"dispenseRequest": {"numberOfRepeatsAllowed": -1}},
            None,
            "dispenseRequest.numberOfRepeatsAllowed: must not be less than 0",
        ),
        (
            {"dispenseRequest": {"performer": {"reference": "urn:uuid:nowhere"}}},
            None,
            "dispenseRequest.performer: leads nowhere",
        ),
        (
            {
                "medicationCodeableConcept": None,
                "medicationReference": {"reference": "Medication/x"},
            },
            None,
            "medicationReference: must be a medication of the same feed",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_refuses_the_feed(change: b.Json, system: str | None, message: str) -> None:
    options = Options(store_id="main", rx_system=system)
    (error,) = b.refused(b.PATIENT, b.REQUEST | change, b.DISPENSE, options=options)
    assert error.startswith(f"line 2, MedicationRequest/m1: {message}")


@pytest.mark.parametrize("number", ["7001001", "Rx 700-1001"])
def test_one_number_for_two_prescriptions_refuses_the_feed(number: str) -> None:
    other = b.REQUEST | {"id": "m2", "identifier": [{"value": number}]}
    errors = b.refused(b.PATIENT, b.REQUEST, other)
    assert len(errors) == 2
    assert all("is the Rx number of another prescription as well" in each for each in errors)


def test_an_error_gives_way_to_what_was_entered_again() -> None:
    wrong = b.REQUEST | {"id": "m0", "status": "entered-in-error"}
    batch, outcome = b.take(b.PATIENT, wrong, b.REQUEST)
    assert b.the(batch, "prescription")["status"] == "active"
    assert any("entered in error, and again" in each for each in b.losses(outcome, Loss.LEFT_OUT))


def test_an_error_is_cancelled_with_its_fills_where_it_is_on_record() -> None:
    batch, _ = b.take(b.PATIENT, b.REQUEST | {"status": "entered-in-error"}, b.DISPENSE)
    assert b.the(batch, "prescription")["status"] == b.the(batch, "fill")["state"] == "cancelled"
    assert batch.conditional("prescription", Keep.IF_KNOWN) == ["7001001"]
    assert batch.conditional("fill", Keep.IF_KNOWN) == ["d1"]


@pytest.mark.parametrize(
    ("code", "sensitive"),
    [("R", True), ("V", True), ("N", False), ("HTEST", False), ("HIV", True), ("SUD", True)],
)
@pytest.mark.parametrize("where", ["patient", "request", "dispense"])
def test_labels_keep_prescriptions_from_caregivers(code: str, sensitive: bool, where: str) -> None:
    meta = {"meta": {"security": [{"code": code}]}}
    parts = {"patient": b.PATIENT, "request": b.REQUEST, "dispense": b.DISPENSE}
    parts[where] = parts[where] | meta
    batch, _ = b.take(*parts.values())
    assert b.the(batch, "prescription")["sensitive"] is sensitive


def test_directions_are_the_text_and_nothing_that_is_made_of_codes() -> None:
    coded = {"timing": {"repeat": {"frequency": 1}}, "sequence": 3}
    texts = [{"sequence": 2, "text": "With water."}, {"sequence": 1, "text": " Take 1. "}, coded]
    assert prescription(dosageInstruction=texts)["directions"] == "Take 1.\nWith water."
    assert prescription(dosageInstruction=[coded])["directions"] == ""


@pytest.mark.parametrize(
    ("duration", "days"),
    [
        ({"value": 90, "code": "d"}, 90),
        ({"value": 2, "unit": "weeks"}, 14),
        ({"value": 1, "code": "mo"}, None),
        ({"value": 0.5, "code": "d"}, None),
        ({}, None),
    ],
)
def test_how_long_it_lasts(duration: b.Json, days: int | None) -> None:
    asked = b.REQUEST["dispenseRequest"] | {"expectedSupplyDuration": duration}
    assert prescription(dispenseRequest=asked)["days_supply"] == days


def test_what_the_request_does_not_say_the_last_fill_does() -> None:
    first = b.DISPENSE | {"id": "d0", "whenPrepared": "2026-04-01", "quantity": {"value": 15}}
    batch, _ = b.take(b.PATIENT, b.STORE, b.REQUEST | {"dispenseRequest": {}}, b.DISPENSE, first)
    found = b.the(batch, "prescription")
    assert (found["quantity"], found["days_supply"], found["store_id"]) == (30, 30, "main")


@pytest.mark.parametrize(
    ("performer", "location", "store"),
    [
        ({"reference": "Organization/org1"}, None, "main"),
        ({"reference": "Organization/known-before"}, None, "known-before"),
        (None, {"reference": "Location/second"}, "second"),
        ({"display": "Cedar Street"}, None, "fallback"),
        ({"reference": "#inside"}, None, "fallback"),
        (None, None, "fallback"),
    ],
)
def test_which_store(performer: b.Json | None, location: b.Json | None, store: str) -> None:
    asked = b.without(b.REQUEST["dispenseRequest"], "performer")
    if performer:
        asked["performer"] = performer
    fill = b.without(b.DISPENSE, "location") | ({"location": location} if location else {})
    options = Options(store_id="fallback", timezone="America/New_York")
    assert prescription(fill, dispenseRequest=asked, options=options)["store_id"] == store


def test_a_prescription_of_no_store_refuses_the_feed() -> None:
    (error,) = b.refused(b.PATIENT, b.REQUEST | {"dispenseRequest": {}}, options=Options())
    assert "dispenseRequest.performer: is missing, and no store is set" in error


@pytest.mark.parametrize(
    ("requester", "name"),
    [
        ({"reference": "Practitioner/dr1"}, "Dr. Helen Park"),
        ({"reference": "PractitionerRole/r1"}, "Dr. Helen Park"),
        ({"reference": "Practitioner/gone", "display": "Dr. Weiss"}, "Dr. Weiss"),
        ({"reference": "Organization/org1"}, "Cedar Pharmacies"),
        (None, ""),
    ],
)
def test_who_prescribed(requester: b.Json | None, name: str) -> None:
    role = {
        "resourceType": "PractitionerRole", "id": "r1",
        "practitioner": {"reference": "Practitioner/dr1"},
    }  # fmt: skip
    assert prescription(role, requester=requester)["prescriber_name"] == name


def test_texts_of_several_lines_become_one_where_the_records_have_one() -> None:
    long = "Dr. Helen\nPark\t" + "x" * 300
    medicine = {"coding": [{"system": b.NDC, "code": "1"}], "text": "Odd\nname\x00 of\r\na thing"}
    request = b.REQUEST | {"requester": {"display": long}, "medicationCodeableConcept": medicine}
    batch, _ = b.take(b.PATIENT, request)
    assert b.the(batch, "product")["generic_name"] == "Odd name of a thing"
    name = b.the(batch, "prescription")["prescriber_name"]
    assert name.startswith("Dr. Helen Park xxx")
    assert len(name) == 200


@pytest.mark.parametrize("language", ["en", "es"])
def test_patients_can_be_told_of_every_status(language: str) -> None:
    wording = load(language)
    for status in {*STATUSES.values()} - {"active"}:
        assert wording.has(f"refills.{status}"), status
