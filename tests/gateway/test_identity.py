"""Identity: uniform answers, locks, caregivers, and nothing of it anywhere else."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot import directives as d
from bot.feed import json_lines
from bot.pharmacy.identity_policy import record_subject
from bot.services.access import grants, visible_prescriptions
from bot.services.records import import_records
from bot.storage.conversations import Conversation, Event, IdentityFailure, Turn, Verification
from tests.gateway.conftest import NOW, House, Opening
from tests.gateway.engine import custom
from tests.stack import Device

RIGHT = {"last_name": "Carter", "date_of_birth": "1961-03-04", "phone": "(216) 555-0101"}
WRONG = [
    {**RIGHT, "date_of_birth": "1961-03-05"},
    {**RIGHT, "last_name": "Cartwright"},
    {**RIGHT, "phone": "(216) 555-9999"},
    {"last_name": "Nobody", "date_of_birth": "1990-01-01", "rx_number": "1"},
    {"last_name": "Carter", "date_of_birth": "1961-03-04", "rx_number": "9999999"},
    {"last_name": "Brooks", "date_of_birth": "1961-03-04", "rx_number": "7001001"},
]


@pytest.fixture
async def pharmacy(house: House) -> House:
    """A house with a few people in its records."""
    await _import(house)
    return house


async def _import(house: House) -> None:
    store = {
        "type": "store", "store_id": "s", "name": "Main", "phone": "216-555-0100",
        "address": "12 Main", "timezone": "America/New_York",
        "hours": {"mon": [["09:00", "19:00"]]},
    }  # fmt: skip
    product = {
        "type": "product", "product_id": "n", "generic_name": "lisinopril", "strength": "10 mg",
        "form": "tablet",
    }  # fmt: skip
    people = [
        {"type": "patient", "patient_id": "p1", "first_name": "James", "last_name": "Carter",
         "date_of_birth": "1961-03-04", "phone": "(216) 555-0101"},
        {"type": "patient", "patient_id": "p2", "first_name": "Noah", "last_name": "Brooks",
         "date_of_birth": "2019-04-02", "phone": "(216) 555-0102"},
        {"type": "proxy", "proxy_id": "x1", "patient_id": "p2", "last_name": "O'Neil-Brooks",
         "date_of_birth": "1986-07-19", "phone": "(216) 555-0107", "relationship": "mother",
         "expires_on": "2026-12-31"},
        {"type": "proxy", "proxy_id": "x2", "patient_id": "p2", "last_name": "Past",
         "date_of_birth": "1980-01-01", "phone": "(216) 555-0108", "relationship": "aunt",
         "expires_on": "2026-11-01"},
    ]  # fmt: skip
    prescriptions = [
        {"type": "prescription", "rx_number": number, "store_id": "s", "patient_id": patient,
         "product_id": "n", "directions": "Take 1.", "quantity": 30, "days_supply": 30,
         "refills_remaining": 1, "written_on": "2026-10-01", "prescriber_name": "Dr. P",
         "status": "active", "sensitive": sensitive}
        for number, patient, sensitive in (
            ("7001001", "p1", False), ("7008001", "p2", False), ("7008002", "p2", True),
        )
    ]  # fmt: skip
    lines = (json.dumps(row) for row in [store, product, *people, *prescriptions])
    await import_records(house.app.database, json_lines.read(lines), NOW)


async def test_the_right_details_verify_and_the_waiting_question_is_asked(pharmacy: House) -> None:
    asked = d.Memory(question=d.Ask(intent="ask_status", text="is it ready"))
    pharmacy.engine.reply = lambda text: custom(d.IdentityForm(), d.Remember(memory=asked))
    device = await pharmacy.opened()
    await device.say("is it ready")
    status, body = await device.verify(**RIGHT)
    assert (status, body["verified"]) == (200, True)
    assert body["until"] == "2026-11-23T19:15:00Z"
    events = await device.turn_events()
    assert events[0]["kind"] == "identity_result"
    assert pharmacy.engine.heard == ["is it ready", "/inform"]


@pytest.mark.parametrize("details", WRONG)
async def test_every_failure_reads_the_same(pharmacy: House, details: dict[str, str]) -> None:
    device = await pharmacy.opened()
    status, body = await device.verify(**details)
    assert status == 403
    assert body == {
        "error": {
            "code": "identity_not_confirmed",
            "message": "The details do not match our records. Please check them and try again.",
        }
    }
    event = await device.frame()
    assert (event["kind"], event["verified"]) == ("identity_result", False)


async def test_an_rx_number_verifies_however_it_is_typed(pharmacy: House) -> None:
    device = await pharmacy.opened()
    status, _ = await device.verify(
        last_name=" CARTER ", date_of_birth="1961-03-04", rx_number="rx# 700-1001"
    )
    assert status == 200


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"last_name": "Carter"},
        {"last_name": "Carter", "date_of_birth": "yesterday", "phone": "1"},
        {"last_name": "Carter", "date_of_birth": "1961-03-04"},
        {"last_name": " ", "date_of_birth": "1961-03-04", "phone": "1"},
        {"last_name": 7, "date_of_birth": "1961-03-04", "phone": "1"},
    ],
)
async def test_an_incomplete_form_is_no_failure(pharmacy: House, details: Any) -> None:
    device = await pharmacy.opened()
    for _ in range(4):
        status, body = await pharmacy.post(device, "identity", details)
        assert (status, body["error"]["code"]) == (400, "identity_invalid")
    assert (await device.verify(**RIGHT))[0] == 200


async def test_three_failures_lock_the_conversation_and_hand_over(pharmacy: House) -> None:
    device = await pharmacy.opened()
    for details in WRONG[:3]:
        assert (await device.verify(**details))[0] == 403
    status, body = await device.verify(**RIGHT)
    assert (status, body["error"]["code"]) == (423, "identity_locked")
    rows = await pharmacy.escalations(device)
    assert [(row.queue, row.reason) for row in rows] == [("counter", "identity_locked")]
    assert (await device.connect(after=99))["owner"] == "queue"


async def test_five_failures_from_anywhere_lock_the_record_for_an_hour(pharmacy: House) -> None:
    # Each touches the record in another way, so that no single detail is tried five times.
    attempts = [WRONG[0], WRONG[2], WRONG[5], WRONG[1], {**RIGHT, "date_of_birth": "1961-03-06"}]
    devices: list[Device] = []
    for details in attempts:
        devices.append(await pharmacy.opened())
        assert (await devices[-1].verify(**details))[0] == 403
    fresh = await pharmacy.opened()
    assert (await fresh.verify(**RIGHT))[0] == 423
    assert [row.reason for row in await pharmacy.escalations(fresh)] == ["identity_locked"]
    pharmacy.clock.now = NOW + timedelta(minutes=61)
    later = await pharmacy.opened()
    assert (await later.verify(**RIGHT))[0] == 200


async def test_who_has_no_phone_on_file_is_confirmed_by_none_and_locked_by_nobody(
    pharmacy: House,
) -> None:
    people = [
        {"type": "patient", "patient_id": number, "first_name": "A", "last_name": name,
         "date_of_birth": "1950-05-05"}
        for number, name in (("p8", "Quiet"), ("p9", "Silent"))
    ]  # fmt: skip
    lines = (json.dumps(row) for row in people)
    await import_records(pharmacy.app.database, json_lines.read(lines), NOW)
    quiet = {"last_name": "Quiet", "date_of_birth": "1950-05-05"}
    device = await pharmacy.opened()
    assert (await device.verify(**quiet, phone="none"))[0] == 403
    # Guesses without a phone number are no guesses at everybody of whom none is known.
    for number in range(4):
        device = await pharmacy.opened()
        details = {"last_name": "Quiet", "date_of_birth": f"1951-01-0{number + 1}"}
        assert (await device.verify(**details, rx_number="9999999"))[0] == 403
    async with pharmacy.app.database.read() as session:
        failures = await session.scalars(select(IdentityFailure.subject))
        assert record_subject("p9") not in set(failures)


async def test_a_lock_tells_nobody_whether_a_person_exists(pharmacy: House) -> None:
    async def statuses(details: dict[str, str]) -> list[int]:
        found = []
        for _ in range(6):
            device = await pharmacy.opened()
            found.append((await device.verify(**details))[0])
        return found

    assert await statuses(WRONG[2]) == await statuses({**RIGHT, "last_name": "Nobody"})


async def test_verification_ends_after_inactivity_and_moves_on_with_messages(
    pharmacy: House,
) -> None:
    device = await pharmacy.opened()
    await device.verify(**RIGHT)
    await device.turn_events()
    for minutes, expected in ((10, 1), (20, 1), (36, 0)):
        pharmacy.clock.now = NOW + timedelta(minutes=minutes)
        async with pharmacy.app.database.read() as session:
            held = await grants(session, device.conversation_id, pharmacy.clock.now)
        assert len(held) == expected, minutes
        await device.say("hello")


async def test_a_caregiver_sees_the_child_without_sensitive_prescriptions(
    pharmacy: House,
) -> None:
    device = await pharmacy.opened()
    mother = {"last_name": "oneil brooks", "date_of_birth": "1986-07-19"}
    assert (await device.verify(**mother, phone="216.555.0107"))[0] == 200
    async with pharmacy.app.database.read() as session:
        held = await grants(session, device.conversation_id, NOW)
        seen = await visible_prescriptions(session, held)
    assert [view.prescription.rx_number for view in seen] == ["7008001"]
    assert [grant.as_proxy for grant in held] == [True]


async def test_a_proxy_that_has_lapsed_opens_nothing(pharmacy: House) -> None:
    device = await pharmacy.opened()
    aunt = {"last_name": "Past", "date_of_birth": "1980-01-01", "phone": "(216) 555-0108"}
    assert (await device.verify(**aunt))[0] == 403


async def test_a_proxy_that_lapses_after_identity_shows_nothing_more(pharmacy: House) -> None:
    device = await pharmacy.opened()
    mother = {"last_name": "O'Neil-Brooks", "date_of_birth": "1986-07-19"}
    await device.verify(**mother, phone="216 555 0107")
    async with pharmacy.app.database.read() as session:
        later = await grants(session, device.conversation_id, NOW)
        assert later
        gone = await visible_prescriptions(session, ())
    assert gone == []


async def test_identity_details_are_stored_nowhere(pharmacy: House) -> None:
    device = await pharmacy.opened()
    await device.verify(**WRONG[0])
    await device.verify(**RIGHT)
    await device.turn_events()
    async with pharmacy.app.database.read() as session:
        stored = []
        for table in (Conversation, Event, Turn, Verification, IdentityFailure):
            stored += [str(vars(row)) for row in await session.scalars(select(table))]
    for detail in ("Carter", "1961", "5550101", "555-0101"):
        assert not any(detail in row for row in stored), detail
    assert pharmacy.engine.heard == ["/inform"]


async def test_every_check_takes_its_time(open_house: Opening) -> None:
    house = await open_house(identity_seconds=0.3)
    await _import(house)
    device = await house.opened()
    loop_time = __import__("asyncio").get_running_loop().time
    for details in (WRONG[0], WRONG[3], RIGHT):
        started = loop_time()
        await device.verify(**details)
        assert loop_time() - started >= 0.3
