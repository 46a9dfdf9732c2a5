"""Patients and caregivers: nothing that identity is checked with is guessed."""

import pytest

from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Loss
from bot.services.feed_batch import Keep
from tests.feed.fhir import bundles as b


def patient(**changes: object) -> b.Json:
    batch, _ = b.take(b.PATIENT | changes)
    return b.the(batch, "patient")


def test_a_patient() -> None:
    found = patient()
    assert (found["patient_id"], found["first_name"], found["last_name"]) == (
        "p1", "James", "Carter",
    )  # fmt: skip
    assert found["date_of_birth"].isoformat() == "1961-03-04"
    assert (found["phone"], found["language"]) == ("(216) 555-0101", "en")


@pytest.mark.parametrize(
    ("names", "family"),
    [
        (
            [{"family": "A", "given": ["J"]}, {"use": "official", "family": "B", "given": ["J"]}],
            "B",
        ),
        ([{"use": "maiden", "family": "A"}, {"use": "usual", "family": "B", "given": ["J"]}], "B"),
        (
            [
                {"use": "official", "family": "A", "given": ["J"], "period": {"end": "2020"}},
                {"use": "usual", "family": "B", "given": ["J"]},
            ],
            "B",
        ),
        (
            [
                {"use": "official", "family": "A", "given": ["J"], "period": {"start": "2026-06"}},
                {"family": "B", "given": ["J"], "period": {"start": "2026-05-04"}},
            ],
            "B",
        ),
        ([{"use": "official", "text": "A"}, {"family": "B", "given": [None, " J "]}], "B"),
    ],
)
def test_which_name_counts(names: list[b.Json], family: str) -> None:
    found = patient(name=names)
    assert (found["last_name"], found["first_name"]) == (family, "J")


@pytest.mark.parametrize(
    ("points", "phone"),
    [
        ([{"system": "email", "value": "j@example.org"}], ""),
        ([{"system": "phone", "value": "911"}], ""),
        ([{"system": "phone", "value": "216-555-0001", "use": "old"}], ""),
        (
            [
                {"system": "phone", "value": "216-555-0001", "use": "work"},
                {"system": "phone", "value": "216-555-0002", "use": "home"},
                {"system": "sms", "value": "216-555-0003", "use": "mobile"},
            ],
            "216-555-0003",
        ),
        (
            [
                {"system": "phone", "value": "216-555-0001", "use": "mobile"},
                {"system": "phone", "value": "216-555-0002", "use": "work", "rank": 1},
            ],
            "216-555-0002",
        ),
        (
            [
                {"system": "phone", "value": "216-555-0001", "period": {"end": "2026-05-03"}},
                {"system": "phone", "value": "216-555-0002", "use": "work"},
            ],
            "216-555-0002",
        ),
    ],
)
def test_which_phone_counts(points: list[b.Json], phone: str) -> None:
    assert patient(telecom=points)["phone"] == phone


@pytest.mark.parametrize(
    ("spoken", "language"),
    [
        ([], None),
        ([{"language": {"coding": [{"code": "es-US"}]}}], "es"),
        ([{"language": {"text": "Spanish"}}], None),
        (
            [
                {"language": {"coding": [{"code": "en"}]}},
                {"language": {"coding": [{"code": "es"}]}},
            ],
            None,
        ),
        (
            [
                {"language": {"coding": [{"code": "en"}]}},
                {"language": {"coding": [{"code": "es"}]}, "preferred": True},
            ],
            "es",
        ),
    ],
)
def test_which_language_counts(spoken: list[b.Json], language: str | None) -> None:
    assert patient(communication=spoken)["language"] == language


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"birthDate": "1961"}, "has no full birth date"),
        ({"birthDate": None}, "has no full birth date"),
        ({"name": [{"text": "James Carter"}]}, "has no present name"),
        ({"name": [{"family": "Carter"}]}, "has no present name"),
        ({"name": [{"family": "--", "given": ["J"]}]}, "has no present name"),
        ({"link": [{"type": "replaced-by", "other": {"reference": "Patient/p2"}}]}, "was replaced"),
        ({"modifierExtension": [{"url": "https://x.example"}]}, "has a modifierExtension"),
    ],
)
def test_who_cannot_be_identified_is_left_out_with_all_that_is_theirs(
    change: b.Json, reason: str
) -> None:
    batch, outcome = b.take(b.PATIENT | change, b.RELATED, b.REQUEST, b.DISPENSE)
    assert len(batch) == 0
    lost = b.losses(outcome, Loss.LEFT_OUT)
    assert any(each.startswith(f"Patient: {reason}") for each in lost)
    assert {
        "RelatedPerson: its patient was left out",
        "MedicationRequest: its patient was left out",
        "MedicationDispense: its prescription was left out",
    } <= set(lost)


@pytest.mark.parametrize(
    "change", [{"active": False}, {"deceasedBoolean": True}, {"deceasedDateTime": "2026-01"}]
)
def test_who_is_gone_is_kept_up_to_date_and_not_added(change: b.Json) -> None:
    batch, outcome = b.take(b.PATIENT | change, b.RELATED, b.REQUEST, b.DISPENSE)
    for name in ("patient", "proxy", "prescription", "fill"):
        assert len(batch.conditional(name, Keep.IF_KNOWN)) == 1
    assert any("deceased or not active" in each for each in b.losses(outcome, Loss.LEFT_OUT))


@pytest.mark.parametrize(
    "change", [{"birthDate": "04/03/1961"}, {"birthDate": 1961}, {"name": "J"}]
)
def test_a_patient_of_a_wrong_shape_refuses_the_feed(change: b.Json) -> None:
    (error,) = b.refused(b.PATIENT | change)
    assert error.startswith(f"line 1, Patient/p1: {next(iter(change))}: must be a ")


def proxy(options: Options = b.OPTIONS, /, **changes: object) -> tuple[b.Json, bool]:
    """The caregiver's record, and whether it adds somebody."""
    batch, _ = b.take(b.PATIENT, b.RELATED | changes, options=options)
    return b.the(batch, "proxy"), not batch.conditional("proxy", Keep.IF_KNOWN)


def test_a_caregiver() -> None:
    found, added = proxy()
    assert added
    assert (found["proxy_id"], found["patient_id"], found["last_name"]) == (
        "x1", "p1", "Carter-Hall",
    )  # fmt: skip
    assert (found["relationship"], found["phone"]) == ("daughter", "(216) 555-0177")
    assert found["expires_on"].isoformat() == "2027-12-31"


def test_being_related_is_no_permission() -> None:
    mother: b.Json = {"relationship": [{"coding": [{"code": "MTH"}], "text": "mother"}]}
    found, added = proxy(**mother)
    assert not added
    assert found["expires_on"] < b.NOW.date()
    found, added = proxy(Options(all_related=True), **mother)
    assert added
    assert found["relationship"] == "mother"


@pytest.mark.parametrize(
    "change",
    [{"active": False}, {"period": {"end": "2026-01-31"}}, {"period": {"start": "2026-06-01"}}],
)
def test_a_permission_that_does_not_hold_is_ended_where_it_is_on_record(change: b.Json) -> None:
    found, added = proxy(**change)
    assert not added
    assert found["expires_on"] < b.NOW.date()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"patient": {"reference": "Patient/nobody"}},
            "patient: must be a patient of the same feed",
        ),
        ({"patient": None}, "patient: must be a patient of the same feed"),
        ({"period": {"end": "2027"}}, "period.end: must be a full date"),
    ],
)
def test_a_caregiver_of_nobody_refuses_the_feed(change: b.Json, message: str) -> None:
    (error,) = b.refused(b.PATIENT, b.RELATED | change)
    assert error == f"line 2, RelatedPerson/x1: {message}"
