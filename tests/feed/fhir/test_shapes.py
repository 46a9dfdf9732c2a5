"""Public shapes: what these tests call FHIR is FHIR, and the whole of it is read."""

import importlib
import json

import pytest

from bot.feed.fhir.outcome import Loss
from tests.feed.fhir import bundles as b
from tests.feed.fhir import synthea

EVERY = [*b.ALL, *(entry["resource"] for entry in synthea.BUNDLE["entry"])]


@pytest.mark.parametrize("resource", EVERY, ids=lambda each: f"{each['resourceType']}-{each['id']}")
def test_the_examples_are_fhir(resource: b.Json) -> None:
    kind = resource["resourceType"]
    module = importlib.import_module(f"fhir.resources.R4B.{kind.lower()}")
    getattr(module, kind).model_validate(resource)


def test_a_synthea_bundle() -> None:
    batch, outcome = b.take_text(json.dumps(synthea.BUNDLE, indent=2))
    patient = b.the(batch, "patient")
    assert (patient["first_name"], patient["last_name"]) == ("Ana51", "Gutiérrez115")
    assert (patient["patient_id"], patient["phone"]) == (synthea.ANA, "555-123-4567")
    assert patient["language"] == "es"
    metformin, pack = b.rows(batch, "prescription")
    assert metformin["product_id"] == "rxnorm:860975"
    assert (metformin["quantity"], metformin["days_supply"]) == (60, 14)
    assert (metformin["status"], pack["status"]) == ("active", "cancelled")
    assert metformin["prescriber_name"] == "Dr. Ernesto186 Rivera"
    assert (metformin["directions"], pack["directions"]) == ("", "Take as needed.")
    fine, coarse = b.rows(batch, "product")
    assert (fine["generic_name"], fine["strength"], fine["form"]) == (
        "metformin hydrochloride", "500 mg", "extended-release tablet",
    )  # fmt: skip
    assert (coarse["strength"], coarse["form"]) == ("", "")
    assert coarse["generic_name"].startswith("{28 (norethindrone")
    assert b.the(batch, "fill")["state"] == "picked_up"
    assert outcome.not_read == {"Encounter": 1}
    assert b.losses(outcome, Loss.LEFT_OUT) == [
        "MedicationRequest: has no full date of writing, or no quantity"
    ]


def test_a_synthea_patient_as_a_bulk_export() -> None:
    resources = [entry["resource"] for entry in synthea.BUNDLE["entry"]]
    named = b.ndjson(resources).replace("urn:uuid:" + synthea.ANA, "Patient/" + synthea.ANA)
    for kind, each in (("MedicationRequest", synthea.NORINYL), ("Medication", synthea.MEDICATION)):
        named = named.replace("urn:uuid:" + each, f"{kind}/{each}")
    batch, _ = b.take_text(named)
    assert [len(b.rows(batch, name)) for name in ("patient", "prescription", "fill")] == [1, 2, 1]


def test_a_contained_medication_as_in_the_examples_of_the_standard() -> None:
    """HL7's own examples: a contained Medication, the strength in its ingredients."""
    concept = {"coding": [{"system": b.NDC, "code": "0069-2587-41", "display": "Vancomycin"}]}
    vancomycin = {
        "resourceType": "Medication",
        "id": "med0301",
        "code": concept,
        "form": {"coding": [{"display": "Injection Solution"}]},
        "ingredient": [
            {
                "itemCodeableConcept": {"coding": [{"display": "Vancomycin Hydrochloride"}]},
                "strength": {
                    "numerator": {"value": 500, "code": "mg"},
                    "denominator": {"value": 10, "code": "mL"},
                },
            }
        ],
    }
    request = b.without(b.REQUEST, "medicationCodeableConcept") | {
        "contained": [vancomycin, {"resourceType": "Basic", "id": "x", "code": {}}],
        "medicationReference": {"reference": "#med0301", "display": "vancomycin"},
    }
    batch, _ = b.take(b.PATIENT, b.ORGANIZATION, request)
    product = b.the(batch, "product")
    assert product["product_id"] == "0069-2587-41"
    assert (product["generic_name"], product["strength"], product["form"]) == (
        "vancomycin hydrochloride", "500 mg/10 mL", "injection solution",
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"vendorField": {"deep": [1]}},
        {"note": [{"text": 5}]},
        {"extension": [{"url": "https://ehr.example/x", "valueCode": "y"}]},
        {"priority": "whenever"},
        {"_status": {"extension": []}},
        {"substitution": {"allowedBoolean": "perhaps"}},
        {"identifier": [{"value": "7001001", "assigner": 7}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_does_not_matter_is_not_looked_at(change: b.Json) -> None:
    batch, _ = b.take(b.PATIENT, b.REQUEST | change)
    assert b.the(batch, "prescription")["rx_number"] == "7001001"
