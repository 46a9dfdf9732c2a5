"""A pharmacy's system beside the gateway: it sends records, fetches requests and decides."""

import json
from collections.abc import Iterable
from typing import Any

from bot.storage.conversations import ReadyNotice
from bot.storage.records import RefillRequest
from tests.gateway.conftest import House
from tests.stack import Device

TOKEN = "a-token-for-the-tests"
RECORDS = "/feed/v1/records"
REQUESTS = "/feed/v1/refill-requests"
JAMES = {"last_name": "Carter", "date_of_birth": "1961-03-04", "phone": "(216) 555-0101"}
MARIA = {"last_name": "Lopez", "date_of_birth": "1975-05-06", "phone": "(216) 555-0103"}
RX, HERS, HIDDEN = "7001001", "7003001", "7008002"

STORE: dict[str, Any] = {
    "type": "store", "store_id": "s", "name": "Main Street", "phone": "216-555-0100",
    "address": "12 Main", "timezone": "America/New_York", "hours": {"mon": [["09:00", "19:00"]]},
}  # fmt: skip
PRODUCT: dict[str, Any] = {
    "type": "product", "product_id": "n", "generic_name": "lisinopril", "strength": "10 mg",
    "form": "tablet",
}  # fmt: skip
PEOPLE: list[dict[str, Any]] = [
    {"type": "patient", "patient_id": "p1", "first_name": "James", **JAMES},
    {"type": "patient", "patient_id": "p3", "first_name": "Maria", **MARIA},
    {"type": "proxy", "proxy_id": "x1", "patient_id": "p1", "last_name": "Carter-Hall",
     "date_of_birth": "1990-08-12", "phone": "(216) 555-0177"},
]  # fmt: skip
DAUGHTER = {"last_name": "Carter-Hall", "date_of_birth": "1990-08-12", "phone": "(216) 555-0177"}


def prescription(rx_number: str, patient_id: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "prescription", "rx_number": rx_number, "store_id": "s", "patient_id": patient_id,
        "product_id": "n", "directions": "Take 1.", "quantity": 30, "refills_remaining": 1,
        "written_on": "2026-10-01", "prescriber_name": "Dr. P", **more,
    }  # fmt: skip


def fill(state: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "fill", "fill_id": "f1", "rx_number": RX, "state": state,
        "requested_at": "2026-11-22T10:00:00-05:00", "updated_at": "2026-11-23T10:00:00-05:00",
        **more,
    }  # fmt: skip


def decision(request_id: int, status: str = "accepted", **more: Any) -> dict[str, Any]:
    return {
        "type": "refill_request", "refill_request_id": request_id, "status": status,
        "decided_at": "2026-11-23T13:30:00-05:00", **more,
    }  # fmt: skip


ALL = [
    STORE,
    PRODUCT,
    *PEOPLE,
    prescription(RX, "p1"),
    prescription(HIDDEN, "p1", sensitive=True),
    prescription(HERS, "p3"),
]


async def post(
    house: House, records: Iterable[dict[str, Any]] | bytes, token: str | None = TOKEN, **more: Any
) -> tuple[int, dict[str, Any]]:
    """Send records, or a body as it is."""
    body = records if isinstance(records, bytes) else "\n".join(map(json.dumps, records)).encode()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= more.pop("headers", {})
    async with house.session.post(
        house.address + RECORDS, data=body, headers=headers, **more
    ) as response:
        return response.status, await response.json()


async def send(house: House, *records: dict[str, Any]) -> dict[str, Any]:
    """Send records that are taken; the report."""
    status, body = await post(house, records)
    assert status == 200, body
    return body


async def fetch(
    house: House, after: object = None, token: str | None = TOKEN
) -> tuple[int, dict[str, Any]]:
    """The refill requests."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    query = {} if after is None else {"after": str(after)}
    async with house.session.get(
        house.address + REQUESTS, params=query, headers=headers
    ) as response:
        return response.status, await response.json()


async def place(
    house: House, device: Device | None, rx_number: str = RX, kind: str = "refill"
) -> int:
    """A request as a patient places it; its id."""
    row = RefillRequest(
        rx_number=rx_number,
        kind=kind,
        conversation_id=device.conversation_id if device else None,
        status="placed",
        placed_at=house.clock(),
    )
    async with house.app.database.write() as session:
        session.add(row)
    return row.refill_request_id


async def wish(house: House, device: Device, rx_number: str = RX) -> None:
    """A patient's wish to be told when it is ready."""
    async with house.app.database.write() as session:
        session.add(
            ReadyNotice(
                conversation_id=device.conversation_id, rx_number=rx_number, asked_at=house.clock()
            )
        )
