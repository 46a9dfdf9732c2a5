"""Writes records of the feed as FHIR R4, as far as R4 has words for them (docs/fhir.md).

For tests only: it is the other direction of the mapping, written apart from it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from tests.feed.fhir.bundles import NDC, RX_SYSTEM, Json

type Record = dict[str, Any]

PREPARING: Json = {"status": "preparation"}
HOME: Json = {"destination": {"display": "the patient's home"}}


def _because(code: str) -> Json:
    return {"status": "on-hold", "statusReasonCodeableConcept": {"coding": [{"code": code}]}}


# How R4 says a state, and what that is read as. States that are not here are "unknown" in R4.
SAID: dict[str, tuple[Json, str]] = {
    "received": (PREPARING, "filling"),
    "data_entry": (PREPARING, "filling"),
    "adjudicating": (PREPARING, "filling"),
    "filling": (PREPARING, "filling"),
    "verification": (PREPARING, "filling"),
    "ready": ({"status": "in-progress"}, "ready"),
    "partial_ready": (
        {"status": "in-progress", "type": {"coding": [{"code": "RFP"}]}},
        "partial_ready",
    ),
    "picked_up": ({"status": "completed"}, "picked_up"),
    "delivered": ({"status": "completed"} | HOME, "delivered"),
    "out_for_delivery": ({"status": "in-progress"} | HOME, "unknown"),
    "on_hold": ({"status": "on-hold"}, "on_hold"),
    "out_of_stock": (_because("frr04"), "out_of_stock"),
    "special_order": (_because("frr04"), "out_of_stock"),
    "clarification": (_because("clarif"), "clarification"),
    "cancelled": ({"status": "cancelled"}, "cancelled"),
    "returned_to_stock": ({"status": "cancelled"}, "cancelled"),
}
UNKNOWN: tuple[Json, str] = ({"status": "unknown"}, "unknown")
STATUS = {
    "active": "active",
    "on_hold": "on-hold",
    "cancelled": "cancelled",
    "transferred": "cancelled",
}


def written(records: Iterable[Record]) -> Iterator[Json]:
    """The resources for these records; record types that R4 has no resource for are left out."""
    found = list(records)
    products = {each["product_id"]: each for each in found if each["type"] == "product"}
    owners = {each["rx_number"]: each for each in found if each["type"] == "prescription"}
    used = Counter(
        each["rx_number"]
        for each in found
        if each["type"] == "fill" and _said(each)[0]["status"] != "cancelled"
    )
    for record in found:
        match record["type"]:
            case "store":
                yield _location(record)
            case "patient":
                yield _patient(record)
            case "proxy":
                yield _related(record)
            case "product":
                yield from _product(record)
            case "prescription":
                yield _request(record, products, used[record["rx_number"]])
            case "fill":
                yield _dispense(record, owners[record["rx_number"]])


def _said(fill: Record) -> tuple[Json, str]:
    return SAID.get(fill["state"], UNKNOWN)


def _present(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if value not in (None, [], {})}


def _location(store: Record) -> Json:
    times = [
        {"daysOfWeek": [day], "openingTime": f"{opens}:00", "closingTime": f"{closes}:00"}
        for day, intervals in store["hours"].items()
        for opens, closes in intervals
    ]
    zone = "http://hl7.org/fhir/StructureDefinition/timezone"
    return {
        "resourceType": "Location",
        "id": store["store_id"],
        "name": store["name"],
        "type": [{"coding": [{"code": "PHARM"}]}],
        "extension": [{"url": zone, "valueCode": store["timezone"]}],
        "telecom": [{"system": "phone", "value": store["phone"]}],
        "address": {"text": store["address"]},
        "hoursOfOperation": times,
    }


def _person(record: Record) -> Json:
    phone = record.get("phone")
    name = {"use": "official", "family": record["last_name"], "given": [record.get("first_name")]}
    return {
        "name": [name if record.get("first_name") else {"family": record["last_name"]}],
        "telecom": [{"system": "phone", "value": phone}] if phone else None,
        "birthDate": record["date_of_birth"],
    }


def _patient(patient: Record) -> Json:
    spoken = [{"language": {"coding": [{"code": patient["language"]}]}}]
    return _present(
        {
            "resourceType": "Patient",
            "id": patient["patient_id"],
            **_person(patient),
            "communication": spoken if patient.get("language") else None,
        }
    )


def _related(proxy: Record) -> Json:
    return _present(
        {
            "resourceType": "RelatedPerson",
            "id": proxy["proxy_id"],
            "patient": {"reference": f"Patient/{proxy['patient_id']}"},
            "relationship": [{"coding": [{"code": "RESPRSN"}], "text": proxy.get("relationship")}],
            **_person(proxy),
            "period": {"end": proxy["expires_on"]} if proxy.get("expires_on") else None,
        }
    )


def _code(product: Record) -> Json:
    display = " ".join(
        filter(None, (product["generic_name"], product["strength"], product["form"]))
    )
    return {"coding": [{"system": NDC, "code": product["product_id"], "display": display}]}


def _product(product: Record) -> Iterator[Json]:
    key = product["product_id"]
    yield {"resourceType": "Medication", "id": f"med-{key}", "code": _code(product)}
    schedule = {"schedule": {"text": f"C{product['dea_schedule']}"}}
    authority = {"display": "DEA"}
    yield _present(
        {
            "resourceType": "MedicationKnowledge",
            "id": f"known-{key}",
            "code": _code(product),
            "synonym": product["brand_names"],
            "regulatory": [{"regulatoryAuthority": authority, "schedule": [schedule]}]
            if product["dea_schedule"]
            else None,
        }
    )


def _request(rx: Record, products: dict[str, Record], fills: int) -> Json:
    assert rx["product_id"] in products
    return _present(
        {
            "resourceType": "MedicationRequest",
            "id": f"rx-{rx['rx_number']}",
            "meta": {"security": [{"code": "R"}]} if rx.get("sensitive") else None,
            "identifier": [{"system": RX_SYSTEM, "value": rx["rx_number"]}],
            "status": STATUS[rx["status"]],
            "intent": "order",
            "medicationReference": {"reference": f"Medication/med-{rx['product_id']}"},
            "subject": {"reference": f"Patient/{rx['patient_id']}"},
            "authoredOn": rx["written_on"],
            "requester": {"display": rx["prescriber_name"]},
            "dosageInstruction": [{"text": rx["directions"]}],
            "dispenseRequest": {
                "validityPeriod": {"end": rx["expires_on"]},
                "numberOfRepeatsAllowed": rx["refills_remaining"] + max(0, fills - 1),
                "quantity": {"value": rx["quantity"]},
                "expectedSupplyDuration": {"value": rx["days_supply"], "unit": "days", "code": "d"},
                "performer": {"reference": f"Location/{rx['store_id']}"},
            },
        }
    )


def _dispense(fill: Record, rx: Record) -> Json:
    said, state = _said(fill)
    prepared = fill.get("ready_at") if state not in ("filling", "cancelled") else None
    done = state in ("picked_up", "delivered")
    return _present(
        {
            "resourceType": "MedicationDispense",
            "id": fill["fill_id"],
            "meta": {"lastUpdated": fill["updated_at"]},
            **said,
            "medicationReference": {"reference": f"Medication/med-{rx['product_id']}"},
            "subject": {"reference": f"Patient/{rx['patient_id']}"},
            "authorizingPrescription": [{"reference": f"MedicationRequest/rx-{fill['rx_number']}"}],
            "quantity": {"value": fill["quantity"]} if fill.get("quantity") else None,
            "whenPrepared": prepared,
            "whenHandedOver": fill.get("picked_up_at") if done else None,
        }
    )
