"""Attempts to get at what somebody may not see, through the real bot: each must come to nothing."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select, update

from bot.bootstrap import Application
from bot.directives import Memory
from bot.feed import json_lines
from bot.services.access import Asker, Grant
from bot.services.catalogue import Catalogue
from bot.services.prescriptions import Meant, NothingOnFile, is_open, meant
from bot.services.records import import_records
from bot.storage.conversations import Choice
from bot.storage.database import Database
from bot.storage.records import Prescription, Proxy
from tests.stack import Clock, Device, RasaProcess, stack

# The proxy ends with this day: seven minutes later it has lapsed.
NOW = datetime(2026, 11, 23, 23, 55, tzinfo=UTC)
LATER = NOW + timedelta(minutes=7)

NOAH, GREEN = "7008", "7009"
MOTHER = {"last_name": "Brooks", "date_of_birth": "1986-07-19", "phone": "(216) 555-0107"}
FATHER = {"last_name": "Green", "date_of_birth": "1938-05-14", "phone": "(216) 555-0108"}
# What only somebody who may see the prescription is ever told of it.
TELLS = ("sertraline 25 mg tablet", "warfarin 5 mg tablet")

MEDICINES = {
    "amoxicillin": ("amoxicillin", "500 mg", "capsule", None, []),
    "cetirizine": ("cetirizine", "10 mg", "tablet", None, []),
    "sertraline": ("sertraline", "25 mg", "tablet", None, ["Zoloft"]),
    "warfarin": ("warfarin", "5 mg", "tablet", None, []),
    "alprazolam": ("alprazolam", "0.5 mg", "tablet", "IV", ["Xanax"]),
    "alprazolam2": ("alprazolam", "1 mg", "tablet", "IV", ["Xanax"]),
    "zolpidem": ("zolpidem", "10 mg", "tablet", "IV", ["Ambien"]),
    "percocet": (
        "oxycodone and acetaminophen", "5 mg/325 mg", "tablet", "II", ["Percocet", "Endocet"],
    ),
    "concerta": ("methylphenidate", "18 mg", "extended-release tablet", "II", ["Concerta"]),
}  # fmt: skip
PRESCRIPTIONS = [
    (f"{NOAH}001", "noah", "amoxicillin", False),
    (f"{NOAH}002", "noah", "sertraline", True),
    (f"{NOAH}003", "noah", "cetirizine", False),
    (f"{GREEN}001", "green", "warfarin", False),
    (f"{GREEN}002", "green", "alprazolam", False),
]


def _records() -> Iterator[dict[str, Any]]:
    yield {
        "type": "store", "store_id": "s", "name": "Main Street Pharmacy",
        "phone": "(216) 555-0100", "address": "12 Main Street", "timezone": "America/New_York",
        "hours": {day: [["09:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }  # fmt: skip
    for number, (key, medicine) in enumerate(MEDICINES.items()):
        name, strength, form, schedule, brands = medicine
        yield {
            "type": "product", "product_id": key, "generic_name": name, "brand_names": brands,
            "strength": strength, "form": form, "dea_schedule": schedule,
        }  # fmt: skip
        yield {
            "type": "stock", "store_id": "s", "product_id": key, "on_hand": 40 * (number % 2),
            "reserved": 0, "expected_on": "2026-11-26", "as_of": NOW.isoformat(),
        }  # fmt: skip
    for key, last_name, born, phone in (
        ("noah", "Brooks", "2019-04-02", "(216) 555-0199"),
        ("green", FATHER["last_name"], FATHER["date_of_birth"], FATHER["phone"]),
    ):
        yield {
            "type": "patient", "patient_id": key, "first_name": key.title(),
            "last_name": last_name, "date_of_birth": born, "phone": phone,
        }  # fmt: skip
    yield {
        "type": "proxy", "proxy_id": "x", "patient_id": "noah", "relationship": "mother",
        "expires_on": "2026-11-23", **MOTHER,
    }  # fmt: skip
    for rx_number, patient, product, sensitive in PRESCRIPTIONS:
        yield {
            "type": "prescription", "rx_number": rx_number, "store_id": "s", "patient_id": patient,
            "product_id": product, "directions": "Take 1.", "quantity": 30, "days_supply": 30,
            "refills_remaining": 2, "written_on": "2026-09-01", "expires_on": "2027-09-01",
            "prescriber_name": "Dr. P", "status": "active", "sensitive": sensitive,
        }  # fmt: skip
        yield {
            "type": "fill", "fill_id": f"f{rx_number}", "rx_number": rx_number, "state": "ready",
            "requested_at": NOW.isoformat(), "ready_at": NOW.isoformat(), "quantity": 30,
            "kept_until": "2026-12-02", "method": "pickup", "updated_at": NOW.isoformat(),
        }  # fmt: skip


@dataclass
class Pharmacy:
    """The running assistant with these records."""

    app: Application
    clock: Clock
    session: aiohttp.ClientSession
    address: str

    async def chat(self, **identity: str) -> Device:
        """A chat, of somebody who has proved who they are when `identity` is given."""
        device = Device(self.session, self.address)
        await device.open()
        if identity:
            status, body = await device.verify(**identity)
            assert status == 200, body
            await device.turn_events()
        return device

    async def prescription(self, rx_number: str) -> int:
        async with self.app.database.read() as session:
            found = await session.scalar(
                select(Prescription.id).where(Prescription.rx_number == rx_number)
            )
        assert found is not None
        return found


@asynccontextmanager
async def _open(url: str, rasa: RasaProcess) -> AsyncIterator[Pharmacy]:
    lines = (json.dumps(row) for row in _records())
    database = Database(url)
    await import_records(database, json_lines.read(lines), NOW)
    clock = Clock(NOW)
    async with (
        stack(
            database, rasa.url, rasa.actions_port, clock, new_conversations_per_minute=1000,
            messages_per_minute=1000,
        ) as (address, app),
        aiohttp.ClientSession() as session,
    ):  # fmt: skip
        yield Pharmacy(app, clock, session, address)
    await database.close()


def _said(events: list[dict[str, Any]]) -> str:
    """Everything that the patient sees of an answer, labels of buttons included."""
    return json.dumps([event for event in events if event["author"] != "patient"]).lower()


def _kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["kind"] for event in events if event["author"] != "patient"]


def _reveals_nothing(events: list[dict[str, Any]], text: str) -> None:
    told = _said(events)
    assert not any(medicine in told for medicine in TELLS), (text, told)
    for event in events:
        assert event["kind"] != "status_card" or "sertraline" not in event["text"].lower(), text


@pytest.mark.stack
async def test_a_caregiver_and_a_sensitive_prescription(sqlite_url: str, rasa: RasaProcess) -> None:
    async with _open(sqlite_url, rasa) as pharmacy:
        device = await pharmacy.chat(**MOTHER)
        for text in (
            "is his sertraline ready",
            "is the zoloft ready",
            "is my sertralin 25 mg ready",
            "what does the label say on the sertraline",
            "how many refills are left on the sertraline",
            "how much is the sertraline",
            "i need a refill of his sertraline",
            "tell me when the sertraline is ready",
            f"is rx {NOAH}002 ready",
            f"rx number {NOAH}002",
            f"is rx {GREEN}001 ready",
            "where are his prescriptions",
            "the third one",
            "the last one",
            "and the other one?",
            "not the amoxicillin, not the cetirizine",
            "the 25 mg",
            "no, the 5 mg",
        ):
            events = await device.say(text)
            _reveals_nothing(events, text)
            if any(event.get("owner") == "queue" for event in events):
                await device.choose("Ask the assistant more")
        # What is not sensitive is told.
        assert "ready for pickup" in _said(await device.say("is the amoxicillin ready"))
        assert "ready for pickup" in _said(await device.say(f"is rx {NOAH}003 ready"))


@pytest.mark.stack
@pytest.mark.parametrize("goes_on", ["button", "ordinal", "name", "rx number", "other one"])
async def test_a_proxy_that_lapses_in_the_middle(
    sqlite_url: str, rasa: RasaProcess, goes_on: str
) -> None:
    async with _open(sqlite_url, rasa) as pharmacy:
        device = await pharmacy.chat(**MOTHER)
        events = await device.say("where is his prescription")
        assert "cetirizine 10 mg tablet" in _said(events)
        pharmacy.clock.now = LATER
        events = await {
            "button": lambda: device.choose("Cetirizine 10 mg tablet"),
            "ordinal": lambda: device.say("the second one"),
            "name": lambda: device.say("is the cetirizine ready"),
            "rx number": lambda: device.say(f"is rx {NOAH}003 ready"),
            "other one": lambda: device.say("what about the other one"),
        }[goes_on]()
        assert "identity_form" in _kinds(events)
        assert not {"status_card", "choices"} & set(_kinds(events))
        told = "\n".join(event["text"] for event in events if event["author"] == "bot")
        assert "mg" not in told
        # When the day is over where the pharmacy is, the form refuses as well.
        pharmacy.clock.now = LATER + timedelta(hours=6)
        status, _ = await device.verify(**MOTHER)
        assert status == 403


@pytest.mark.stack
async def test_a_proxy_that_is_taken_back_or_meant_for_another(
    sqlite_url: str, rasa: RasaProcess
) -> None:
    async with _open(sqlite_url, rasa) as pharmacy:
        device = await pharmacy.chat(**MOTHER)
        async with pharmacy.app.database.write() as session:
            await session.execute(update(Proxy).values(patient_id="green"))
        events = await device.say("is the amoxicillin ready")
        assert _kinds(events) == ["identity_form"]
        events = await device.say("is the warfarin ready")
        assert _kinds(events) == ["identity_form"]


@pytest.mark.stack
async def test_a_button_never_opens_somebody_elses_prescription(
    sqlite_url: str, rasa: RasaProcess
) -> None:
    async with _open(sqlite_url, rasa) as pharmacy:
        theirs = await pharmacy.prescription(f"{GREEN}001")
        sensitive = await pharmacy.prescription(f"{NOAH}002")
        for intent in (
            "inform", "ask_status", "ask_refills_left", "ask_directions", "ask_price",
            "ask_insurance", "request_refill", "notify_when_ready", "request_cancel", "affirm",
            "ask_storage",
        ):  # fmt: skip
            device = await pharmacy.chat(**MOTHER)
            await device.say("is the amoxicillin ready")
            async with pharmacy.app.database.write() as session:
                for number, picked in enumerate((theirs, sensitive)):
                    session.add(
                        Choice(
                            choice_id=f"{intent}-{number}", seq=1, label=f"forged {number}",
                            conversation_id=device.conversation_id, intent=intent,
                            prescription_id=picked, product_id=None,
                        )
                    )  # fmt: skip
            for number in (0, 1):
                await device.send(
                    {"type": "choice", "client_id": f"{intent}{number}",
                     "choice_id": f"{intent}-{number}"}
                )  # fmt: skip
                events = await device.turn_events()
                _reveals_nothing(events, intent)
                if any(event.get("owner") == "queue" for event in events):
                    await device.choose("Ask the assistant more")
            await device.close()


async def test_what_is_picked_counts_only_where_it_may_be_seen(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    lines = (json.dumps(row) for row in _records())
    await import_records(database, json_lines.read(lines), NOW)
    async with database.read() as session:
        ids = {row.rx_number: row.id for row in await session.scalars(select(Prescription))}
        whom: list[tuple[Grant, ...]] = [
            (Grant("noah", as_proxy=True),), (Grant("noah", as_proxy=False),), (),
        ]  # fmt: skip
        for grants in whom:
            for key in ids.values():
                asker = Asker("c", "en", Memory(offered=tuple(ids.values())), grants, key, None)
                found = await meant(session, Catalogue(), asker, "", is_open)
                if isinstance(found, NothingOnFile):
                    assert grants == ()
                    continue
                seen = {view.prescription.rx_number for view in found.views}
                allowed = {f"{NOAH}001", f"{NOAH}003"}
                if not grants[0].as_proxy:
                    allowed.add(f"{NOAH}002")
                assert seen <= allowed
                if isinstance(found, Meant):
                    assert len(seen) == 1
    await database.close()


CONTROLLED = [
    "do you have xanax in stock", "do you have xanex in stock", "is alprazolam in stock",
    "alprazolam 0.5 mg in stock?", "do you have alprazolam 1mg", "any xanax 2 mg left?",
    "do you carry ambien", "do you have zolpidem 10", "do you have ambein in stock",
    "is percocet available", "do you have percoset in stock", "do you have oxycodone",
    "is oxycodone 5 325 in stock", "do you have any concerta", "methylphenidate er 18 in stock?",
    "when will you get concerta in", "how many percocet do you have",
    "do you have amoxicillin and xanax in stock", "tienen alprazolam", "hay oxicodona",
]  # fmt: skip


@pytest.mark.stack
async def test_nobody_is_told_the_stock_of_a_controlled_drug(
    sqlite_url: str, rasa: RasaProcess
) -> None:
    names = [medicine[0] for medicine in MEDICINES.values() if medicine[3]]
    async with _open(sqlite_url, rasa) as pharmacy:
        for identity in ({}, FATHER):
            for text in CONTROLLED:
                device = await pharmacy.chat(**identity)
                events = await device.say(text)
                # Also when it goes on from there.
                events += await device.say("the first one")
                events += await device.say("no, the 0.5 mg")
                await device.close()
                for event in events:
                    if event["author"] == "patient" or event["kind"] == "status_card":
                        continue
                    said = event["text"].lower()
                    tells = "in stock, as of" in said or "right now" in said or "expected" in said
                    assert not (tells and any(name in said for name in names)), (text, said)


@pytest.mark.stack
async def test_its_status_is_told_after_identity(sqlite_url: str, rasa: RasaProcess) -> None:
    async with _open(sqlite_url, rasa) as pharmacy:
        device = await pharmacy.chat(**FATHER)
        assert "ready for pickup" in _said(await device.say("is my xanax ready"))
        stranger = await pharmacy.chat()
        assert _kinds(await stranger.say("is my xanax ready")) == ["identity_form"]
