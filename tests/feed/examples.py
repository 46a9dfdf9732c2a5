"""One complete record of each type, to be varied by the tests."""

import json
from collections.abc import Iterable

type FeedRecord = dict[str, object]

STORE: FeedRecord = {
    "type": "store",
    "store_id": "main",
    "name": "Cedar Street Pharmacy",
    "phone": "(216) 555-0100",
    "address": "410 Cedar Street",
    "timezone": "America/New_York",
    "hours": {"mon": [["09:00", "13:00"], ["14:00", "19:00"]], "sat": [["09:00", "17:00"]]},
    "exceptions": [{"date": "2026-12-25", "hours": []}],
    "pickup_rules": {"en": ["Bring a photo ID."], "es": "Traiga una identificación."},
    "delivery": {"offered": True, "fee_cents": 500, "area": "within 5 miles"},
}
PATIENT: FeedRecord = {
    "type": "patient",
    "patient_id": "P1",
    "first_name": "William",
    "last_name": "O'Connor-Núñez Jr.",
    "date_of_birth": "1968-12-24",
    "phone": "+1 (216) 555-0113",
    "language": "es",
}
PROXY: FeedRecord = {
    "type": "proxy",
    "proxy_id": "X1",
    "patient_id": "P1",
    "last_name": "Núñez",
    "date_of_birth": "1990-08-12",
    "phone": "216-555-0177",
    "relationship": "daughter",
    "expires_on": "2027-12-31",
}
PRODUCT: FeedRecord = {
    "type": "product",
    "product_id": "99001-0101-30",
    "generic_name": "lisinopril",
    "brand_names": ["Zestril"],
    "strength": "10 mg",
    "form": "tablet",
    "dea_schedule": "IV",
    "special_order": True,
    "critical": True,
}
PRESCRIPTION: FeedRecord = {
    "type": "prescription",
    "rx_number": "Rx 700-1001",
    "store_id": "main",
    "patient_id": "P1",
    "product_id": "99001-0101-30",
    "directions": "Take 1 tablet by mouth once daily.\nWith water.",
    "quantity": 30,
    "days_supply": 30,
    "refills_remaining": 3,
    "written_on": "2026-03-01",
    "expires_on": "2027-03-01",
    "prescriber_name": "Dr. Helen Park",
    "status": "on_hold",
    "transferred_to": "Harbor Pharmacy",
    "sensitive": True,
}
FILL: FeedRecord = {
    "type": "fill",
    "fill_id": "F1",
    "rx_number": "Rx 700-1001",
    "state": "rejected",
    "reason": "not_covered",
    "requested_at": "2026-05-03T10:15:00-04:00",
    "promised_at": "2026-05-03T17:00:00-04:00",
    "ready_at": "2026-05-03T15:10:00-04:00",
    "kept_until": "2026-05-13T18:00:00-04:00",
    "picked_up_at": "2026-05-03T20:10:00Z",
    "quantity": 29.5,
    "quantity_owed": 0.5,
    "owed_expected_on": "2026-05-06",
    "copay_cents": 1000,
    "method": "delivery",
    "tracking_url": "https://tracking.example/1",
    "earliest_refill_on": "2026-05-27",
    "updated_at": "2026-05-03T15:10:00-04:00",
}
PRIOR_AUTHORIZATION: FeedRecord = {
    "type": "prior_authorization",
    "fill_id": "F1",
    "status": "denied",
    "submitted_on": "2026-05-01",
    "decided_on": "2026-05-02",
}
PRESCRIBER_REQUEST: FeedRecord = {
    "type": "prescriber_request",
    "request_id": "Q1",
    "rx_number": "Rx 700-1001",
    "kind": "renewal",
    "status": "no_reply",
    "sent_at": "2026-05-02T09:00:00-04:00",
    "follow_up_at": "2026-05-05T09:00:00-04:00",
}
STOCK: FeedRecord = {
    "type": "stock",
    "store_id": "main",
    "product_id": "99001-0101-30",
    "on_hand": 240,
    "reserved": 30,
    "expected_on": "2026-05-06",
    "as_of": "2026-05-04T08:00:00-04:00",
}
INSTRUCTION: FeedRecord = {
    "type": "instruction",
    "instruction_id": "I1",
    "product_id": "99001-0101-30",
    "generic_name": None,
    "form": None,
    "topic": "storage",
    "language": "es",
    "text": "Guarde las tabletas a temperatura ambiente.",
    "source": "Lisinopril tablets, prescribing information (DailyMed)",
    "source_url": "https://dailymed.nlm.nih.gov/dailymed/",
    "approved_by": "Dana Whitfield, PharmD",
    "approved_on": "2026-04-01",
    "review_due_on": "2027-04-01",
}
ALL = (
    STORE, PATIENT, PROXY, PRODUCT, PRESCRIPTION, FILL,
    PRIOR_AUTHORIZATION, PRESCRIBER_REQUEST, STOCK, INSTRUCTION,
)  # fmt: skip


def lines(records: Iterable[FeedRecord]) -> list[str]:
    """The records as JSON Lines."""
    return [json.dumps(record, ensure_ascii=False) for record in records]


def without(record: FeedRecord, *fields: str) -> FeedRecord:
    """The record without some of its fields."""
    return {name: value for name, value in record.items() if name not in fields}
