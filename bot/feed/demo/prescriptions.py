"""The feed records of one demonstration patient."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from bot.feed.demo.clock import Clock
from bot.feed.demo.source import DemoPatient, DemoPrescription, DemoProduct, DemoProxy

type FeedRecord = dict[str, object]

# Prescriptions run a year; those for controlled medicines, half of that.
VALID, VALID_CONTROLLED = timedelta(days=365), timedelta(days=180)
PAST = ("requested_at", "ready_at", "picked_up_at")


def patient_records(
    patient: DemoPatient, products: dict[str, DemoProduct], clock: Clock
) -> Iterator[FeedRecord]:
    """The patient, the caregivers, and all prescriptions with their fills."""
    yield {
        "type": "patient",
        "patient_id": patient.patient_id,
        "first_name": patient.first_name,
        "last_name": patient.last_name,
        "date_of_birth": patient.born,
        "phone": patient.phone,
        "language": patient.language,
    }
    for proxy in patient.proxies:
        yield _proxy(patient, proxy, clock)
    for prescription in patient.prescriptions:
        product = products[prescription.product]
        yield _prescription(patient, prescription, product, clock)
        yield from _fills(prescription, clock)
        yield from _requests(prescription, clock)


def _proxy(patient: DemoPatient, proxy: DemoProxy, clock: Clock) -> FeedRecord:
    return {
        "type": "proxy",
        "proxy_id": proxy.proxy_id,
        "patient_id": patient.patient_id,
        "last_name": proxy.last_name,
        "date_of_birth": proxy.born,
        "phone": proxy.phone,
        "relationship": proxy.relationship,
        "expires_on": clock.day(proxy.expires_on).isoformat() if proxy.expires_on else None,
    }


def _prescription(
    patient: DemoPatient, prescription: DemoPrescription, product: DemoProduct, clock: Clock
) -> FeedRecord:
    written = clock.day(prescription.written)
    expires = written + (VALID_CONTROLLED if product.dea else VALID)
    return {
        "type": "prescription",
        "rx_number": prescription.rx,
        "store_id": patient.store,
        "patient_id": patient.patient_id,
        "product_id": product.id,
        "directions": prescription.directions,
        "quantity": prescription.quantity,
        "days_supply": prescription.days,
        "refills_remaining": prescription.refills,
        "written_on": written.isoformat(),
        "expires_on": expires.isoformat(),
        "prescriber_name": prescription.prescriber,
        "status": prescription.status,
        "transferred_to": prescription.transferred_to,
        "sensitive": prescription.sensitive,
    }


def _fills(prescription: DemoPrescription, clock: Clock) -> Iterator[FeedRecord]:
    for number, words in enumerate(prescription.history, start=1):
        picked_up = clock.moment(f"{words} 15:20")
        yield {
            "type": "fill",
            "fill_id": f"F-{prescription.rx}-{number}",
            "rx_number": prescription.rx,
            "state": "picked_up",
            "requested_at": (picked_up - timedelta(days=2)).isoformat(),
            "ready_at": (picked_up - timedelta(days=1)).isoformat(),
            "picked_up_at": picked_up.isoformat(),
            "quantity": prescription.quantity,
            "method": "pickup",
            "updated_at": picked_up.isoformat(),
        }
    fields = _dated(dict(prescription.fill), clock)
    past = [str(fields[name]) for name in PAST if name in fields]
    yield {
        "type": "fill",
        "fill_id": _current_fill(prescription),
        "rx_number": prescription.rx,
        "quantity": prescription.quantity,
        "updated_at": max(past, key=datetime.fromisoformat),
        **fields,
    }


def _current_fill(prescription: DemoPrescription) -> str:
    return f"F-{prescription.rx}-{len(prescription.history) + 1}"


def _requests(prescription: DemoPrescription, clock: Clock) -> Iterator[FeedRecord]:
    if prescription.prior_authorization:
        fields = _dated(dict(prescription.prior_authorization), clock)
        fill_id = _current_fill(prescription)
        yield {"type": "prior_authorization", "fill_id": fill_id, **fields}
    if prescription.prescriber_request:
        fields = _dated(dict(prescription.prescriber_request), clock)
        yield {
            "type": "prescriber_request",
            "request_id": f"Q-{prescription.rx}",
            "rx_number": prescription.rx,
            **fields,
        }


def _dated(fields: dict[str, str | int | float] | dict[str, str], clock: Clock) -> FeedRecord:
    """The same fields with real dates and times; which are which shows in their names."""
    return {name: _value(name, words, clock) for name, words in fields.items()}


def _value(name: str, words: str | int | float, clock: Clock) -> object:
    if not isinstance(words, str):
        return words
    moment: date | None = None
    if name.endswith("_at"):
        moment = clock.moment(words)
    elif name.endswith("_on") or name == "kept_until":
        moment = clock.day(words)
    return moment.isoformat() if moment else words
