"""Turns records of the feed into rows of the tables: defaults, keys and normalised forms."""

from functools import singledispatch

from bot.feed.formats import (
    FillRecord,
    InstructionRecord,
    PatientRecord,
    PrescriptionRecord,
    ProductRecord,
    ProxyRecord,
    Record,
    StockRecord,
    StoreRecord,
)
from bot.pharmacy.fill_states import FILL_STATES, UNKNOWN
from bot.pharmacy.identity_keys import NO_PHONE, name_key, phone_key, rx_key

type Columns = dict[str, object]

DEFAULT_LANGUAGE = "en"


@singledispatch
def columns(record: Record) -> Columns:
    """The values of a record by column.

    `kept_until` may still be a date (its end in the store's time zone is meant), `updated_at`
    and `as_of` may still be None (the time of the import is meant).
    """
    return _fields(record)


def _fields(record: Record) -> Columns:
    values = dict(record.__dict__)
    del values["type"]
    return values


@columns.register
def _store(record: StoreRecord) -> Columns:
    delivery = record.delivery
    return _fields(record) | {
        "hours": record.weekly(),
        "exceptions": record.special_days(),
        "pickup_rules": record.pickup_rules or {},
        "delivery_offered": delivery.offered if delivery else None,
        "delivery_fee_cents": delivery.fee_cents if delivery else None,
        "delivery_area": delivery.area if delivery else None,
    }


@columns.register
def _patient(record: PatientRecord) -> Columns:
    return _fields(record) | _identity(record)


@columns.register
def _proxy(record: ProxyRecord) -> Columns:
    relationship = record.relationship or "caregiver"
    return _fields(record) | _identity(record) | {"relationship": relationship}


def _identity(record: PatientRecord | ProxyRecord) -> Columns:
    return {
        "last_name_key": name_key(record.last_name),
        "phone": record.phone or "",
        "phone_key": phone_key(record.phone) if record.phone else NO_PHONE,
    }


@columns.register
def _product(record: ProductRecord) -> Columns:
    return _fields(record) | {
        "brand_names": list(record.brand_names or []),
        "strength": record.strength or "",
        "form": record.form or "",
        "special_order": bool(record.special_order),
        "critical": bool(record.critical),
    }


@columns.register
def _prescription(record: PrescriptionRecord) -> Columns:
    return _fields(record) | {
        "rx_key": rx_key(record.rx_number),
        "directions": record.directions or "",
        "prescriber_name": record.prescriber_name or "",
        "status": record.status or "active",
        "sensitive": bool(record.sensitive),
    }


@columns.register
def _fill(record: FillRecord) -> Columns:
    known = record.state in FILL_STATES
    return _fields(record) | {
        "state": record.state if known else UNKNOWN.name,
        "reported_state": None if known else record.state,
    }


@columns.register
def _stock(record: StockRecord) -> Columns:
    return _fields(record) | {"reserved": record.reserved or 0.0}


@columns.register
def _instruction(record: InstructionRecord) -> Columns:
    return _fields(record) | {"language": record.language or DEFAULT_LANGUAGE}
