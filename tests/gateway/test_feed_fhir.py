"""The pharmacy system pushes FHIR: the same rules as for lines, and a patient gets the status."""

import json
import logging
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.services.access import Grant, visible_prescriptions
from bot.storage.records import Patient
from tests.feed.fhir import bundles as b
from tests.gateway.conftest import House, Opening
from tests.gateway.pharmacy_system import TOKEN, post

FHIR = {"Content-Type": "application/fhir+json; charset=utf-8"}
NDJSON = {"Content-Type": "application/fhir+ndjson"}


@pytest.fixture
async def pharmacy(open_house: Opening) -> House:
    house: House = await open_house(feed_token=TOKEN)
    return house


async def push(house: House, *resources: b.Json, **more: Any) -> tuple[int, dict[str, Any]]:
    body = json.dumps(b.bundle(*resources)).encode()
    return await post(house, body, headers=FHIR, **more)


async def patients(house: House) -> int:
    async with house.app.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Patient)) or 0


async def test_a_bundle_is_taken_and_what_is_left_out_is_said(pharmacy: House) -> None:
    observation = {"resourceType": "Observation", "id": "o1"}
    status, body = await push(pharmacy, *b.ALL, observation)
    assert status == 200
    assert body["written"]["fill"] == 1
    assert body["fhir"]["not_read"] == {"Observation": 1}
    assert body["fhir"]["resources"]["Patient"] == 1


async def test_a_push_changes_the_status(pharmacy: House) -> None:
    await push(pharmacy, *b.ALL)
    handed = b.DISPENSE | {"status": "completed", "whenHandedOver": "2026-05-04T10:00:00-04:00"}
    status, _ = await push(pharmacy, b.PATIENT, b.REQUEST, handed)
    assert status == 422  # the organization's store is not in this bundle
    parts = [b.PATIENT, b.ORGANIZATION, b.STORE, b.REQUEST, handed]
    status, _ = await post(pharmacy, b.ndjson(parts).encode(), headers=NDJSON)
    assert status == 200
    async with pharmacy.app.database.read() as session:
        (view,) = await visible_prescriptions(session, [Grant("p1", as_proxy=False)])
    assert view.fill is not None
    assert view.fill.state == "picked_up"


async def test_what_is_wrong_is_listed_and_nothing_kept(
    pharmacy: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="bot"):
        status, body = await push(
            pharmacy, b.PATIENT, b.REQUEST | {"subject": {"display": "James"}}
        )
    assert status == 422
    assert body["error"]["errors"] == [
        {
            "line": 2,
            "field": "MedicationRequest/m1: subject",
            "message": "must be a patient of the same feed",
        }
    ]
    assert await patients(pharmacy) == 0
    assert "Carter" not in caplog.text


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe{", b"{}", b"[" * 100_000, b'"x"'])
async def test_what_is_no_fhir_is_refused(pharmacy: House, body: bytes) -> None:
    status, answer = await post(pharmacy, body, headers=FHIR)
    assert (status, answer["error"]["code"]) == (422, "feed_rejected")


async def test_token_and_size_are_as_for_lines(open_house: Opening) -> None:
    house = await open_house(feed_token=TOKEN, max_feed_bytes=1_000)
    assert (await push(house, *b.ALL))[0] == 413
    assert (await push(house, b.PATIENT, token="wrong"))[0] == 401


async def test_the_settings_say_what_a_bundle_does_not(open_house: Opening) -> None:
    house = await open_house(feed_token=TOKEN, fhir_store="main", fhir_timezone="America/Chicago")
    plain = b.REQUEST | {"dispenseRequest": {"quantity": {"value": 30}}}
    status, body = await push(house, b.PATIENT, plain, b.without(b.LOCATION, "extension"))
    assert (status, body["written"]["store"]) == (200, 1)
