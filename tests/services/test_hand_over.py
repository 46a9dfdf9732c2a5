"""What a hand-over promises: by the real hours of the store, on its clock, in both languages.

The times stand in the words that the patient reads and, as `due_at`, on the ticket that staff see.
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot import directives as d
from bot.feed import json_lines
from bot.services import escalations
from bot.services.admission import open_conversation
from bot.services.event_log import lock
from bot.services.promises import DUE_MINUTES, Promise
from bot.services.records import import_records
from bot.storage.conversations import Escalation, Verification
from bot.storage.database import Database
from bot.storage.records import Prescription
from bot.wording import load
from tests.feed import examples

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
ALL_DAYS = (*WEEKDAYS, "sat", "sun")
SPLIT = {day: [["09:00", "13:00"], ["14:00", "19:00"]] for day in WEEKDAYS}
EARLY = datetime(2026, 1, 1, tzinfo=UTC)


def store(store_id: str = "east", **fields: Any) -> dict[str, Any]:
    """A store: weekdays with a lunch break, New York, closed for Thanksgiving and Christmas."""
    return {
        "type": "store", "store_id": store_id, "name": f"{store_id.capitalize()} Pharmacy",
        "phone": "(216) 555-0100", "address": "1 Oak Street", "timezone": "America/New_York",
        "hours": SPLIT,
        "exceptions": [{"date": "2026-11-26", "hours": []}, {"date": "2026-12-25", "hours": []}],
        **fields,
    }  # fmt: skip


WEST = store("west", timezone="America/Los_Angeles")
NEVER_OPEN = store("east", hours={}, exceptions=[])
SUNDAYS = store(hours={day: [["09:00", "17:00"]] for day in ALL_DAYS})
NIGHT = store(hours={day: [["00:00", "24:00"]] for day in ALL_DAYS})


def at(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@dataclass
class Desk:
    """A pharmacy with its records, and a patient who is handed over."""

    database: Database

    async def has(self, *records: dict[str, Any]) -> None:
        lines = (json.dumps(record) for record in records)
        await import_records(self.database, json_lines.read(lines), EARLY)

    async def hand_over(
        self, now: datetime, locale: str = "en", chat: str | None = None, **fields: Any
    ) -> Promise:
        handoff = d.Handoff(**{"queue": "counter", "reason": "request_human", **fields})
        chat = chat or await self.chat(now)
        async with self.database.write() as session:
            conversation = await lock(session, chat)
            assert conversation is not None
            return await escalations.hand_over(
                session, conversation, handoff, "a person please", load(locale), now
            )

    async def chat(self, now: datetime) -> str:
        return (await open_conversation(self.database, "en", now)).conversation_id

    async def verified(self, now: datetime, focus: str | None = None) -> str:
        """A chat that has proved to be P1's, and has talked about the prescription `focus`."""
        chat = await self.chat(now)
        async with self.database.write() as session:
            until = now + timedelta(minutes=15)
            session.add(
                Verification(
                    conversation_id=chat, patient_id="P1", proxy_id="", verified_at=now,
                    expires_at=until,
                )
            )  # fmt: skip
            conversation = await lock(session, chat)
            assert conversation is not None
            if focus is not None:
                row = await session.scalar(
                    select(Prescription).where(Prescription.rx_number == focus)
                )
                assert row is not None
                conversation.memory = d.Memory(focus=row.id).model_dump(mode="json")
        return chat

    async def ticket(self) -> Escalation:
        async with self.database.read() as session:
            (row,) = list(await session.scalars(select(Escalation)))
            return row


@pytest_asyncio.fixture
async def desk(sqlite_url: str) -> AsyncIterator[Desk]:
    database = Database(sqlite_url)
    yield Desk(database)
    await database.close()


def prescription(rx_number: str, store_id: str) -> dict[str, Any]:
    return {
        **examples.PRESCRIPTION,
        "rx_number": rx_number,
        "store_id": store_id,
        "sensitive": False,
    }


PHONE = "You can also call (216) 555-0100."
CANNOT_WAIT = "If it cannot wait, call 911 for an emergency or Poison Help at 1-800-222-1222."


class TestOpeningHours:
    @pytest.mark.parametrize(
        ("now", "minutes", "due"),
        [
            ("2026-11-23T10:00", 30, "Monday, November 23 at 10:30 AM"),
            # The lunch break does not count.
            ("2026-11-23T12:45", 30, "Monday, November 23 at 2:15 PM"),
            ("2026-11-23T12:45", 15, "Monday, November 23 at 1:00 PM"),
            # Shortly before closing, and before the holiday.
            ("2026-11-23T18:50", 30, "Tuesday, November 24 at 9:20 AM"),
            ("2026-11-25T18:50", 30, "Friday, November 27 at 9:20 AM"),
            # Friday evening: the weekend is closed.
            ("2026-11-27T18:58", 5, "Monday, November 30 at 9:03 AM"),
        ],
    )
    async def test_while_it_is_open(self, desk: Desk, now: str, minutes: int, due: str) -> None:
        await desk.has(store())
        priorities = {value: key for key, value in DUE_MINUTES.items()}
        promise = await desk.hand_over(at(now), priority=priorities[minutes])
        assert promise.text == f"Someone at the counter will answer here by {due}. {PHONE}"
        assert promise.open_now
        assert (await desk.ticket()).due_at == promise.due_at

    @pytest.mark.parametrize(
        ("now", "opens"),
        [
            ("2026-11-23T07:00", "Monday, November 23 at 9:00 AM"),
            ("2026-11-23T13:00", "Monday, November 23 at 2:00 PM"),
            ("2026-11-23T19:00", "Tuesday, November 24 at 9:00 AM"),
            # Closed all weekend.
            ("2026-11-28T11:00", "Monday, November 30 at 9:00 AM"),
            # Thanksgiving; Christmas, a Friday, with the weekend behind it.
            ("2026-11-26T11:00", "Friday, November 27 at 9:00 AM"),
            ("2026-12-25T11:00", "Monday, December 28 at 9:00 AM"),
            ("2026-12-31T23:00", "Friday, January 1, 2027 at 9:00 AM"),
        ],
    )  # fmt: skip
    async def test_while_it_is_closed(self, desk: Desk, now: str, opens: str) -> None:
        await desk.has(store())
        due = opens.replace(":00", ":30")
        promise = await desk.hand_over(at(now), queue="pharmacist")
        assert promise.text == (
            f"East Pharmacy is closed now and opens {opens}."
            f" A pharmacist will answer here by {due}. {CANNOT_WAIT} {PHONE}"
        )
        assert not promise.open_now
        assert (await desk.ticket()).due_at == promise.due_at

    async def test_in_spanish(self, desk: Desk) -> None:
        await desk.has(store())
        promise = await desk.hand_over(at("2026-11-23T12:45"), "es")
        assert promise.text == (
            "Alguien del mostrador le va a responder aquí antes del lunes 23 de noviembre a las"
            " 2:15 p. m. También puede llamar al (216) 555-0100."
        )
        promise = await desk.hand_over(at("2026-11-26T11:00"), "es")
        assert promise.text.startswith(
            "East Pharmacy está cerrada ahora y abre el viernes 27 de noviembre a las 9:00 a. m."
            " Alguien del mostrador le va a responder aquí antes del viernes 27 de noviembre a las"
            " 9:30 a. m. Si no puede esperar: en una emergencia, llame al 911."
        )

    async def test_a_ticket_that_is_renewed_keeps_its_earlier_time(self, desk: Desk) -> None:
        await desk.has(store())
        chat = await desk.chat(at("2026-11-23T10:00"))
        first = await desk.hand_over(at("2026-11-23T10:00"), chat=chat)
        await desk.hand_over(at("2026-11-23T10:20"), chat=chat)
        assert (await desk.ticket()).due_at == first.due_at


class TestDaylightSaving:
    """New York: forward on March 8, 2026, back on November 1; both are Sundays, at 2 AM."""

    @pytest.mark.parametrize(
        ("now", "opens", "elapsed"),
        [
            ("2026-03-07T18:00", "Sunday, March 8 at 9:00 AM", 14 * 60 + 30),
            ("2026-10-31T18:00", "Sunday, November 1 at 9:00 AM", 16 * 60 + 30),
        ],
    )
    async def test_the_night_is_shorter_or_longer(
        self, desk: Desk, now: str, opens: str, elapsed: int
    ) -> None:
        """Opening is at nine by the clock on the wall; the ticket waits the hours that pass."""
        await desk.has(SUNDAYS)
        promise = await desk.hand_over(at(now))
        assert f"opens {opens}." in promise.text
        assert promise.due_at - at(now) == timedelta(minutes=elapsed)

    @pytest.mark.parametrize(
        ("now", "due"),
        [
            # 1:45 AM and 30 minutes: the hour from two to three does not exist.
            (datetime(2026, 3, 8, 6, 45, tzinfo=UTC), "Sunday, March 8 at 3:15 AM"),
            # 1:45 AM for the first time: half an hour later it is 1:15 again.
            (datetime(2026, 11, 1, 5, 45, tzinfo=UTC), "Sunday, November 1 at 1:15 AM"),
            (datetime(2026, 11, 1, 6, 45, tzinfo=UTC), "Sunday, November 1 at 2:15 AM"),
        ],
    )
    async def test_in_the_hour_itself(self, desk: Desk, now: datetime, due: str) -> None:
        await desk.has(NIGHT)
        promise = await desk.hand_over(now)
        assert promise.text.startswith(f"Someone at the counter will answer here by {due}.")
        assert promise.due_at - now == timedelta(minutes=30)

    async def test_arizona_keeps_its_clock(self, desk: Desk) -> None:
        await desk.has(SUNDAYS | {"timezone": "America/Phoenix"})
        for day in ("2026-03-07", "2026-10-31"):
            now = at(f"{day}T18:00", "America/Phoenix")
            promise = await desk.hand_over(now)
            assert promise.due_at - now == timedelta(hours=15, minutes=30)


class TestWhichStore:
    """Nine in New York is six in Los Angeles."""

    MORNING = at("2026-11-23T09:30")
    EVENING = at("2026-11-23T20:00")

    async def test_without_identity_it_is_the_first_that_can_answer(self, desk: Desk) -> None:
        await desk.has(store("east"), WEST)
        morning = await desk.hand_over(self.MORNING)
        assert "by Monday, November 23 at 10:00 AM." in morning.text
        evening = await desk.hand_over(self.EVENING)
        assert "by Monday, November 23 at 5:30 PM." in evening.text
        night = await desk.hand_over(at("2026-11-23T23:00"))
        assert "East Pharmacy is closed now and opens Tuesday" in night.text

    async def test_it_is_the_store_of_the_prescription(self, desk: Desk) -> None:
        await desk.has(store("east"), WEST)
        promise = await desk.hand_over(self.MORNING, store_id="west")
        assert promise.text.startswith(
            "West Pharmacy is closed now and opens Monday, November 23 at 9:00 AM."
            " Someone at the counter will answer here by Monday, November 23 at 9:30 AM."
        )
        assert promise.due_at == at("2026-11-23T09:30", "America/Los_Angeles")

    async def test_who_is_known_gets_their_own_store(self, desk: Desk) -> None:
        await desk.has(store("east"), WEST, examples.PATIENT, examples.PRODUCT)
        await desk.has(prescription("7001", "west"))
        chat = await desk.verified(self.MORNING)
        assert "West Pharmacy" in (await desk.hand_over(self.MORNING, chat=chat)).text

    async def test_of_several_it_is_the_one_that_was_talked_about(self, desk: Desk) -> None:
        await desk.has(store("east"), WEST, examples.PATIENT, examples.PRODUCT)
        await desk.has(prescription("7001", "west"), prescription("7002", "east"))
        chat = await desk.verified(self.MORNING, focus="7001")
        assert "West Pharmacy" in (await desk.hand_over(self.MORNING, chat=chat)).text
        chat = await desk.verified(self.MORNING)
        assert "at 10:00 AM" in (await desk.hand_over(self.MORNING, chat=chat)).text

    async def test_what_is_urgent_goes_to_whoever_is_there(self, desk: Desk) -> None:
        await desk.has(store("east"), WEST, examples.PATIENT, examples.PRODUCT)
        await desk.has(prescription("7001", "west"))
        chat = await desk.verified(self.MORNING, focus="7001")
        promise = await desk.hand_over(self.MORNING, chat=chat, priority="urgent")
        assert promise.open_now
        assert "by Monday, November 23 at 9:35 AM." in promise.text

    async def test_a_store_that_is_gone_is_not_waited_for(self, desk: Desk) -> None:
        await desk.has(store("east"))
        assert (await desk.hand_over(self.MORNING, store_id="closed for good")).open_now


class TestNobodyKnowsWhen:
    UNKNOWN = (
        "Someone at the counter will answer here as soon as they can."
        " If it cannot wait, call the pharmacy. Call 911 for an emergency."
    )
    NOW = at("2026-11-23T10:00")

    async def test_no_store_at_all(self, desk: Desk) -> None:
        promise = await desk.hand_over(self.NOW)
        assert promise.text == self.UNKNOWN
        assert not promise.open_now
        assert promise.due_at == self.NOW + timedelta(minutes=30)

    async def test_a_store_without_hours(self, desk: Desk) -> None:
        await desk.has(NEVER_OPEN)
        promise = await desk.hand_over(self.NOW)
        assert promise.text == f"{self.UNKNOWN} {PHONE}"
        assert promise.due_at == self.NOW + timedelta(minutes=30)
        spanish = await desk.hand_over(self.NOW, "es")
        assert spanish.text.startswith(
            "Alguien del mostrador le va a responder aquí lo antes posible."
        )

    async def test_a_store_without_hours_does_not_stand_before_one_that_opens(
        self, desk: Desk
    ) -> None:
        await desk.has(NEVER_OPEN, WEST)
        promise = await desk.hand_over(self.NOW)
        assert promise.text.startswith("West Pharmacy is closed now and opens Monday")

    async def test_the_store_of_the_prescription_never_opens(self, desk: Desk) -> None:
        """Then the first that can answer does: a promise is worth more than the right name."""
        await desk.has(NEVER_OPEN, WEST)
        promise = await desk.hand_over(at("2026-11-23T15:00"), store_id="east")
        assert "will answer here by Monday, November 23 at 12:30 PM." in promise.text

    async def test_closed_for_longer_than_can_be_told(self, desk: Desk) -> None:
        reopening = {"date": "2027-03-01", "hours": [["09:00", "17:00"]]}
        await desk.has(NEVER_OPEN | {"exceptions": [reopening]})
        assert (await desk.hand_over(self.NOW)).text == f"{self.UNKNOWN} {PHONE}"

    async def test_a_store_that_never_closes(self, desk: Desk) -> None:
        await desk.has(NIGHT)
        promise = await desk.hand_over(at("2026-11-26T03:00"))
        assert not promise.open_now  # Thanksgiving
        promise = await desk.hand_over(at("2026-11-27T03:00"))
        assert "by Friday, November 27 at 3:30 AM." in promise.text
