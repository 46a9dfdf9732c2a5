"""What a transcript's `given:` lines stand for, as records of the feed.

`given: Ana Ruiz, metformin 500 mg tablet, picked up, picked up at -3d, refills remaining 2`
names a person, a medicine, the state of its latest fill, and fields with their values. Every
person, prescription and product gets stable details of its own.
"""

import re
from datetime import date, timedelta
from typing import Any

from bot.pharmacy.fill_states import FILL_STATES
from bot.storage.records import RefillRequest
from tests.transcripts.language import Line, Transcript, TranscriptError

STORE = "main"
FEED_FIELDS = {
    "prescription": {
        "directions", "quantity_written", "days_supply", "refills_remaining", "written_on",
        "expires_on", "status", "transferred_to", "sensitive", "prescriber_name",
    },
    "product": {"brand_names", "dea_schedule", "special_order", "critical"},
    "patient": {"date_of_birth", "phone", "language"},
    "prior_authorization": {"submitted_on", "decided_on"},
    "renewal": {"sent_at", "follow_up_at"},
    "stock": {"on_hand", "reserved", "expected_on"},
    "instruction": {
        "topic", "text", "source", "approved_by", "approved_on", "review_due_on", "language",
    },
}  # fmt: skip
SHORT = {
    "copay": "copay_cents",
    "refills": "refills_remaining",
    "born": "date_of_birth",
    "owed": "quantity_owed",
    "promised": "promised_at",
    "brand": "brand_names",
    "schedule": "dea_schedule",
}
OFFSET = re.compile(r"([+-])(\d+)([dhm])")


class Records:
    """Collects the records of a transcript."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._now = transcript.now
        self.people: dict[str, dict[str, Any]] = {}
        self._products: dict[str, dict[str, Any]] = {}
        self._rest: list[dict[str, Any]] = []
        self._rx_of: dict[str, str] = {}
        self._requests: dict[str, str] = {}
        self._stores = [_store()]
        for line in transcript.given:
            self._take(line)

    def feed(self) -> list[dict[str, Any]]:
        """Everything, in an order that refers only backwards."""
        return [*self._stores, *self.people.values(), *self._products.values(), *self._rest]

    def identity(self, name: str) -> dict[str, str]:
        """What the person would put into the identity form."""
        person = self.people[name]
        return {
            "last_name": person["last_name"],
            "date_of_birth": person["date_of_birth"],
            "phone": person["phone"],
        }

    def rx_number(self, name: str) -> str:
        """The number of the person's first prescription."""
        return self._rx_of[name]

    def requests(self) -> list[RefillRequest]:
        """What was asked for yesterday from another device: not the feed's, but Willcall's own."""
        placed_at = self._now - timedelta(days=1)
        return [
            RefillRequest(rx_number=number, kind="refill", status=status, placed_at=placed_at)
            for number, status in self._requests.items()
        ]

    def _take(self, line: Line) -> None:
        parts = [part.strip() for part in re.split(r",(?!\d{3})", line.text)]
        try:
            if parts[0] in ("stock", "store"):
                self._add_stock(parts[1:]) if parts[0] == "stock" else self._change_store(parts[1:])
            elif parts[0] == "instruction":
                self._add_instruction(parts[1:])
            elif parts[0].startswith("caregiver "):
                self._add_proxy(parts)
            else:
                self._add_prescription(parts)
        except (IndexError, KeyError, ValueError) as error:
            where = f"{self._transcript.path.name}, line {line.number}"
            raise TranscriptError(f"{where}: {line.text!r}: {error}") from error

    def _add_prescription(self, parts: list[str]) -> None:
        person = self._person(parts[0])
        if len(parts) == 1:
            return
        fields = self._fields(parts[2:])
        product = self._product(parts[1], fields)
        number = f"70{len(self._rest) + 1:05d}"
        self._rx_of.setdefault(parts[0], number)
        person.update(_only(fields, "patient"))
        prescription = {
            "type": "prescription", "rx_number": number, "store_id": STORE,
            "patient_id": person["patient_id"], "product_id": product["product_id"],
            "directions": "Take 1 tablet by mouth once daily.", "quantity": 30, "days_supply": 30,
            "refills_remaining": 3, "written_on": self._day("-60d"),
            "expires_on": self._day("+300d"), "prescriber_name": "Dr. Helen Park",
            "status": "active", "transferred_to": None, "sensitive": False,
            **_only(fields, "prescription"),
        }  # fmt: skip
        self._rest.append(prescription)
        if "request" in fields:
            self._requests[number] = fields.pop("request")
        if "state" in fields:
            self._add_fill(number, fields)

    def _add_fill(self, number: str, fields: dict[str, Any]) -> None:
        known = set().union(*FEED_FIELDS.values())
        fill = {
            "type": "fill", "fill_id": f"F{number}", "rx_number": number,
            "requested_at": self._moment("-2d"), "updated_at": self._moment("-1h"),
            "quantity": 30, "method": "pickup",
            **{key: value for key, value in fields.items() if key not in known},
        }  # fmt: skip
        self._rest.append(fill)
        if fields["state"] in ("pa_pending", "pa_denied"):
            status = "submitted" if fields["state"] == "pa_pending" else "denied"
            self._rest.append(
                {"type": "prior_authorization", "fill_id": fill["fill_id"], "status": status,
                 **_only(fields, "prior_authorization")}
            )  # fmt: skip
        kind = {"renewal_requested": "renewal", "clarification": "clarification"}
        if fields["state"] in kind and "sent_at" in fields:
            self._rest.append(
                {"type": "prescriber_request", "request_id": f"Q{number}", "rx_number": number,
                 "kind": kind[fields["state"]], "status": "sent", **_only(fields, "renewal")}
            )  # fmt: skip

    def _add_stock(self, parts: list[str]) -> None:
        fields = self._fields(parts[1:])
        product = self._product(parts[0], fields)
        self._rest.append(
            {"type": "stock", "store_id": STORE, "product_id": product["product_id"],
             "on_hand": 0, "reserved": 0, "as_of": self._moment("-1h"), **_only(fields, "stock")}
        )  # fmt: skip

    def _add_instruction(self, parts: list[str]) -> None:
        fields = _only(self._fields(parts[1:]), "instruction")
        product = self._product(parts[0], {})
        fields["topic"] = fields["topic"].replace(" ", "_")
        self._rest.append(
            {"type": "instruction", "instruction_id": f"I{len(self._rest)}",
             "generic_name": product["generic_name"], "form": product["form"], "language": "en",
             "source": "Prescribing information", "approved_by": "Dana Whitfield",
             "approved_on": self._day("-40d"), "review_due_on": self._day("+300d"), **fields}
        )  # fmt: skip

    def _add_proxy(self, parts: list[str]) -> None:
        name = parts[0].removeprefix("caregiver ")
        cared_for = parts[1].removeprefix("of ")
        person = {**_person(name, len(self.people) + 50), **self._fields(parts[2:])}
        person.setdefault("expires_on", None)
        self._rest.append(
            {"type": "proxy", "proxy_id": f"X{len(self._rest)}", "relationship": "caregiver",
             "patient_id": self._person(cared_for)["patient_id"],
             **{key: person[key] for key in ("last_name", "date_of_birth", "phone", "expires_on")}}
        )  # fmt: skip
        self.caregivers = getattr(self, "caregivers", {}) | {name: person}

    def _change_store(self, parts: list[str]) -> None:
        for part in parts:
            name, _, value = part.partition(" ")
            if name == "closed":
                self._stores[0]["exceptions"].append({"date": value, "hours": []})
            elif name == "second":
                self._stores.append({**_store(), "store_id": "second", "name": value})
            elif name == "rules":
                kept = {value: self._stores[0]["pickup_rules"][value]}
                self._stores[0]["pickup_rules"] = kept
            else:
                raise KeyError(name)

    def _person(self, name: str) -> dict[str, Any]:
        return self.people.setdefault(name, _person(name, len(self.people) + 1))

    def _product(self, text: str, fields: dict[str, Any]) -> dict[str, Any]:
        found = re.fullmatch(r"(.+?) ([\d.]+[\d./-]* ?(?:mg|mcg|g|units/mL|%|\S+/\S+)) (.+)", text)
        if not found:
            raise ValueError("a medicine is written: name, strength, form")
        product = self._products.setdefault(
            text,
            {"type": "product", "product_id": f"N{len(self._products) + 1:04d}",
             "generic_name": found[1], "strength": found[2], "form": found[3]},
        )  # fmt: skip
        product.update(_only(fields, "product"))
        return product

    def _fields(self, parts: list[str]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for part in parts:
            words = part.split()
            state = "_".join(words)
            if state in FILL_STATES:
                fields["state"] = state
            elif words[0] == "sensitive":
                fields["sensitive"] = True
            else:
                key, value = _split(words)
                fields[key] = self._value(key, value)
        return fields

    def _value(self, key: str, value: str) -> Any:
        if OFFSET.fullmatch(value):
            return self._day(value) if key.endswith("_on") else self._moment(value)
        if key == "copay_cents":
            return round(float(value.lstrip("$")) * 100)
        if key == "brand_names":
            return [value]
        if key in ("critical", "special_order"):
            return value == "yes"
        if key not in NUMBERS:
            return value
        return float(value) if "." in value else int(value)

    def _moment(self, offset: str) -> str:
        return (self._now + _delta(offset)).isoformat()

    def _day(self, offset: str) -> str:
        return (self._now + _delta(offset)).date().isoformat()


NUMBERS = {
    "refills_remaining", "days_supply", "quantity", "quantity_owed", "on_hand", "reserved",
}  # fmt: skip


def _split(words: list[str]) -> tuple[str, str]:
    """'kept until +5d' → kept_until, +5d; the value is the rest after a known field."""
    known = set().union(*FEED_FIELDS.values()) | set(SHORT) | {
        "reason", "state", "requested_at", "promised_at", "ready_at", "kept_until",
        "picked_up_at", "quantity", "quantity_owed", "owed_expected_on", "copay_cents",
        "method", "tracking_url", "earliest_refill_on", "updated_at", "request",
    }  # fmt: skip
    for length in range(len(words) - 1, 0, -1):
        key = "_".join(words[:length])
        if key in known:
            return SHORT.get(key, key), " ".join(words[length:])
    raise ValueError(f"{' '.join(words)!r} is neither a state nor a field with a value")


def _only(fields: dict[str, Any], kind: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key in FEED_FIELDS[kind]}


def _delta(offset: str) -> timedelta:
    found = OFFSET.fullmatch(offset)
    assert found is not None
    size = int(found[2]) * (1 if found[1] == "+" else -1)
    unit = {"d": "days", "h": "hours", "m": "minutes"}[found[3]]
    return timedelta(**{unit: size})


def _person(name: str, number: int) -> dict[str, Any]:
    first, _, last = name.partition(" ")
    return {
        "type": "patient", "patient_id": f"P{number}", "first_name": first, "last_name": last,
        "date_of_birth": date(1950 + number, 3, 4).isoformat(),
        "phone": f"(216) 555-01{number:02d}", "language": "en",
    }  # fmt: skip


def _store() -> dict[str, Any]:
    week = {day: [["09:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return {
        "type": "store", "store_id": STORE, "name": "Main Street Pharmacy",
        "phone": "(216) 555-0100", "address": "12 Main Street, Cleveland",
        "timezone": "America/New_York", "hours": {**week, "sat": [["10:00", "14:00"]]},
        "exceptions": [{"date": "2026-11-26", "hours": []}],
        "pickup_rules": {"en": ["Bring a photo ID."], "es": ["Traiga una identificación."]},
        "delivery": {"offered": True, "fee_cents": 500, "area": "Cleveland"},
    }  # fmt: skip
