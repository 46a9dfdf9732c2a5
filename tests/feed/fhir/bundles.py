"""FHIR as others write it, in small: Synthea's bundles, HL7's examples, and parts to vary."""

import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Loss, Outcome
from bot.feed.fhir.reader import read
from bot.services.feed_batch import Batch, FeedRejected
from bot.storage.record_tables import RECORD_TABLES

type Json = dict[str, Any]

NOW = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
NDC = "http://hl7.org/fhir/sid/ndc"
RX_SYSTEM = "urn:pharmacy:rx"
OPTIONS = Options(store_id="main", timezone="America/New_York")

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "name": [{"use": "official", "family": "Carter", "given": ["James", "T"]}],
    "telecom": [{"system": "phone", "value": "(216) 555-0101", "use": "mobile"}],
    "birthDate": "1961-03-04",
    "communication": [
        {
            "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "en-US"}]},
            "preferred": True,
        }
    ],
}
RELATED: Json = {
    "resourceType": "RelatedPerson",
    "id": "x1",
    "active": True,
    "patient": {"reference": "Patient/p1"},
    "relationship": [
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "HPOWATT"}
            ],
            "text": "daughter",
        }
    ],
    "name": [{"family": "Carter-Hall", "given": ["Mia"]}],
    "telecom": [{"system": "phone", "value": "(216) 555-0177"}],
    "birthDate": "1990-08-12",
    "period": {"end": "2027-12-31"},
}
LOCATION: Json = {
    "resourceType": "Location",
    "id": "main",
    "status": "active",
    "name": "Cedar Street Pharmacy",
    "extension": [
        {
            "url": "http://hl7.org/fhir/StructureDefinition/timezone",
            "valueCode": "America/Chicago",
        }
    ],
    "type": [
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-RoleCode", "code": "PHARM"}
            ]
        }
    ],
    "telecom": [
        {"system": "fax", "value": "216-555-0199"},
        {"system": "phone", "value": "216-555-0100"},
    ],
    "address": {
        "line": ["410 Cedar Street"],
        "city": "Fairhaven",
        "state": "OH",
        "postalCode": "44110",
    },
    "hoursOfOperation": [
        {"daysOfWeek": ["mon", "tue"], "openingTime": "13:00:00", "closingTime": "19:00:00"},
        {"daysOfWeek": ["mon"], "openingTime": "09:00:00", "closingTime": "12:30:00"},
        {"daysOfWeek": ["sat"], "allDay": True},
    ],
}
REQUEST: Json = {
    "resourceType": "MedicationRequest",
    "id": "m1",
    "identifier": [{"system": RX_SYSTEM, "value": "7001001"}],
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {
        "coding": [
            {"system": NDC, "code": "99001-0101-30"},
            {
                "system": RXNORM,
                "code": "314076",
                "display": "lisinopril 10 MG Oral Tablet [Zestril]",
            },
        ],
        "text": "Lisinopril",
    },
    "subject": {"reference": "Patient/p1"},
    "authoredOn": "2026-03-01T22:30:00-05:00",
    "requester": {"reference": "Practitioner/dr1"},
    "dosageInstruction": [{"sequence": 1, "text": "Take 1 tablet by mouth once daily."}],
    "dispenseRequest": {
        "validityPeriod": {"start": "2026-03-01", "end": "2027-03-01"},
        "numberOfRepeatsAllowed": 3,
        "quantity": {"value": 30, "unit": "tablet"},
        "expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"},
        "performer": {"reference": "Organization/org1"},
    },
}
DISPENSE: Json = {
    "resourceType": "MedicationDispense",
    "id": "d1",
    "status": "in-progress",
    "medicationCodeableConcept": {"coding": [{"system": NDC, "code": "99001-0101-30"}]},
    "subject": {"reference": "Patient/p1"},
    "authorizingPrescription": [{"reference": "MedicationRequest/m1"}],
    "location": {"reference": "Location/main"},
    "quantity": {"value": 30},
    "daysSupply": {"value": 30, "unit": "days"},
    "whenPrepared": "2026-05-03T15:10:00-04:00",
}
PRACTITIONER: Json = {
    "resourceType": "Practitioner",
    "id": "dr1",
    "name": [{"family": "Park", "given": ["Helen"], "prefix": ["Dr."]}],
}
ORGANIZATION: Json = {"resourceType": "Organization", "id": "org1", "name": "Cedar Pharmacies"}
KNOWLEDGE: Json = {
    "resourceType": "MedicationKnowledge",
    "id": "k1",
    "code": {"coding": [{"system": NDC, "code": "99001-0101-30"}]},
    "synonym": ["Prinivil"],
    "regulatory": [
        {
            "regulatoryAuthority": {"display": "DEA"},
            "schedule": [{"schedule": {"coding": [{"code": "CIV"}]}}],
        }
    ],
}
STORE = LOCATION | {"managingOrganization": {"reference": "Organization/org1"}}
ALL = (PATIENT, RELATED, STORE, ORGANIZATION, PRACTITIONER, KNOWLEDGE, REQUEST, DISPENSE)


def bundle(*resources: Json, kind: str = "collection", **more: Any) -> Json:
    """A bundle with addresses such as a server gives them."""
    entries = [
        {
            "fullUrl": f"https://ehr.example/fhir/{each['resourceType']}/{each.get('id')}",
            "resource": each,
        }
        for each in resources
    ]
    return {"resourceType": "Bundle", "type": kind, "entry": entries, **more}


def take(*resources: Json, options: Options = OPTIONS) -> tuple[Batch, Outcome]:
    """Read a bundle of these."""
    return take_text(json.dumps(bundle(*resources)), options)


def take_text(text: str, options: Options = OPTIONS) -> tuple[Batch, Outcome]:
    """Read a text."""
    return read(io.StringIO(text), options, NOW)


def refused(*resources: Json, options: Options = OPTIONS) -> list[str]:
    """Why a bundle is refused."""
    return refusal(json.dumps(bundle(*resources)), options)


def refusal(text: str, options: Options = OPTIONS) -> list[str]:
    """Why a text is refused; empty if it is not."""
    try:
        take_text(text, options)
    except FeedRejected as rejected:
        return str(rejected).splitlines()
    return []


def rows(batch: Batch, record_type: str) -> list[Json]:
    """The records of one type, by column."""
    columns = RECORD_TABLES[record_type].columns
    return [dict(zip(columns, row.values, strict=True)) for row in batch.rows(record_type)]


def the(batch: Batch, record_type: str) -> Json:
    """The only record of a type."""
    (row,) = rows(batch, record_type)
    return row


def losses(outcome: Outcome, loss: Loss) -> list[str]:
    """`MedicationRequest: no directions`, without what there is of every product."""
    return [f"{each.resource}: {each.reason}" for each in outcome.losses(loss)]


def ndjson(resources: Iterable[Json]) -> str:
    """A bulk export."""
    return "".join(json.dumps(each) + "\n" for each in resources)


def without(resource: Json, *names: str) -> Json:
    """The resource without some elements."""
    return {name: value for name, value in resource.items() if name not in names}
