"""Medicines: codes, and names in the grammar of RxNorm; what cannot be read stays whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feed.fhir.clinical_names import read_name
from bot.feed.fhir.medicines import NO_SCHEDULE, WHOLE_NAME
from bot.feed.fhir.outcome import Loss
from bot.services.feed_batch import Keep
from tests.feed.fhir import bundles as b

NAMES = [
    ("lisinopril 10 MG Oral Tablet", "lisinopril", "10 mg", "tablet", None),
    ("Simvastatin 10 MG Oral Tablet [Zocor]", "simvastatin", "10 mg", "tablet", "Zocor"),
    (
        "24 HR metformin hydrochloride 500 MG Extended Release Oral Tablet",
        "metformin hydrochloride", "500 mg", "extended-release tablet", None,
    ),
    (
        "Hydrochlorothiazide 12.5 MG / lisinopril 20 MG Oral Tablet",
        "hydrochlorothiazide and lisinopril", "12.5 mg/20 mg", "tablet", None,
    ),
    (
        "NDA020503 200 ACTUAT albuterol 0.09 MG/ACTUAT Metered Dose Inhaler",
        "albuterol", "0.09 mg/actuation", "inhaler", None,
    ),
    (
        "3 ML insulin lispro 100 UNT/ML Pen Injector [Humalog]",
        "insulin lispro", "100 units/mL", "injection pen", "Humalog",
    ),
    ("amoxicillin 80 MG/ML Oral Suspension", "amoxicillin", "80 mg/mL", "oral suspension", None),
    (
        "Acetaminophen 160 MG/5 ML Oral Solution",
        "acetaminophen", "160 mg/5 mL", "oral solution", None,
    ),
    ("fentanyl 0.025 MG/HR Transdermal System", "fentanyl", "0.025 mg/hour", "patch", None),
    ("latanoprost 0.05 MG/ML Ophthalmic Solution", "latanoprost", "0.05 mg/mL", "eye drops", None),
    ("triamcinolone 0.1 % Topical Cream", "triamcinolone", "0.1%", "cream", None),
    ("Azithromycin 250mg capsule", "azithromycin", "250 mg", "capsule", None),
    (
        "cyanocobalamin 5,000 UNT/ML Injectable Solution",
        "cyanocobalamin", "5000 units/mL", "injection", None,
    ),
    (
        "selenium sulfide 10 MG/ML Medicated Shampoo",
        "selenium sulfide", "10 mg/mL", "medicated shampoo", None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "strength", "form", "brand"), NAMES)
def test_names_of_rxnorm(text: str, name: str, strength: str, form: str, brand: str | None) -> None:
    found = read_name(text)
    assert found is not None
    assert (found.generic_name, found.strength, found.form) == (name, strength, form)
    assert found.brand == brand


@pytest.mark.parametrize(
    "text",
    [
        "", "lisinopril", "10 MG", "10 MG Oral Tablet", "lisinopril 10 MG", "lisinopril 10",
        "lisinopril 10 MG Oral Tablet (30)", "lisinopril 10 MG / Oral Tablet",
        "{28 (norethindrone 0.35 MG Oral Tablet) } Pack [Camila]", "lisinopril 10 furlongs Tablet",
    ],
)  # fmt: skip
def test_what_is_not_clear_is_not_taken_apart(text: str) -> None:
    assert read_name(text) is None


@given(st.text(alphabet="abz 10.,/%[]{}()MGLml-\n", max_size=60))
def test_any_text_is_a_name_or_none(text: str) -> None:
    found = read_name(text)
    assert found is None or (found.generic_name and found.strength and found.form)


def product(*others: b.Json, medicine: b.Json, dispense: b.Json | None = None) -> b.Json:
    request = b.REQUEST | {"medicationCodeableConcept": medicine}
    parts = [b.PATIENT, request, *others]
    if dispense:
        parts.append(b.DISPENSE | {"medicationCodeableConcept": dispense})
    batch, _ = b.take(*parts)
    found = b.the(batch, "product")
    assert b.the(batch, "prescription")["product_id"] == found["product_id"]
    return found


def coding(system: str, code: str, display: str | None = None) -> b.Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}


SCD = coding(b.RXNORM, "314076", "lisinopril 10 MG Oral Tablet")


def test_the_package_counts_before_the_kind() -> None:
    both = {"coding": [SCD, coding(b.NDC, "99001-0101-30", "LISINOPRIL TABS")]}
    found = product(medicine=both)
    assert (found["product_id"], found["generic_name"]) == ("99001-0101-30", "lisinopril")
    assert product(medicine={"coding": [SCD]})["product_id"] == "rxnorm:314076"


def test_the_package_that_was_dispensed_stands_for_the_kind_that_was_prescribed() -> None:
    given_out = {"coding": [coding(b.NDC, "99001-0101-30", "Lisinopril 10mg Tablets")]}
    found = product(medicine={"coding": [SCD]}, dispense=given_out)
    assert (found["product_id"], found["form"]) == ("99001-0101-30", "tablet")


def test_a_product_of_the_pharmacy_is_not_replaced() -> None:
    batch, _ = b.take(b.PATIENT, b.REQUEST)
    assert batch.conditional("product", Keep.IF_NEW) == ["99001-0101-30"]


def test_a_name_that_cannot_be_read_stays_whole_and_is_reported() -> None:
    concept = {"coding": [coding(b.NDC, "1-2-3")], "text": "Compounded cream No. 4"}
    batch, outcome = b.take(b.PATIENT, b.REQUEST | {"medicationCodeableConcept": concept})
    found = b.the(batch, "product")
    assert (found["generic_name"], found["strength"], found["form"]) == (
        "Compounded cream No. 4", "", "",
    )  # fmt: skip
    assert b.losses(outcome, Loss.COARSE)[-2:] == [
        f"product: {WHOLE_NAME}",
        f"product: {NO_SCHEDULE}",
    ]


@pytest.mark.parametrize(
    ("code", "schedule"),
    [
        ("CII", "II"), ("C-IV", "IV"), ("3", "III"), ("Schedule V", "V"), ("ii", "II"),
        ("OTC", None),
    ],
)  # fmt: skip
def test_the_schedule_of_a_controlled_medicine(code: str, schedule: str | None) -> None:
    rule = {"schedule": [{"schedule": {"coding": [{"code": code}]}}]}
    batch, outcome = b.take(b.PATIENT, b.REQUEST, b.KNOWLEDGE | {"regulatory": [rule]})
    found = b.the(batch, "product")
    assert found["dea_schedule"] == schedule
    assert found["brand_names"] == ["Zestril", "Prinivil"]
    assert (f"product: {NO_SCHEDULE}" in b.losses(outcome, Loss.COARSE)) == (schedule is None)


@pytest.mark.parametrize(
    ("concept", "reason"),
    [
        ({"text": "lisinopril 10 MG Oral Tablet"}, "neither an NDC nor an RxNorm code"),
        ({"coding": [coding("http://snomed.info/sct", "1", "x")]}, "neither an NDC nor an RxNorm"),
        ({"coding": [coding(b.NDC, "1-2-3")]}, "has no name"),
    ],
)
def test_a_medicine_that_nothing_names_is_left_out(concept: b.Json, reason: str) -> None:
    batch, outcome = b.take(b.PATIENT, b.REQUEST | {"medicationCodeableConcept": concept})
    assert b.rows(batch, "prescription") == []
    assert any(reason in each for each in b.losses(outcome, Loss.LEFT_OUT))
