"""Call-backs: what a patient can leave while nobody is there, on SQLite and on PostgreSQL."""

import asyncio
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.services import identity
from bot.services.conversations import NotOffered, Stored, take_choice, take_message
from bot.storage.conversations import Choice, Escalation, Verification
from bot.storage.database import Database
from bot.storage.records import Patient
from tests.services.chats import (
    DAUGHTER,
    LIMITS,
    PATIENT,
    PROXY,
    RULES,
    SATURDAY,
    STORE,
    STRANGER,
    Chat,
    at,
    opened,
    prove,
    records,
)

CALL = "Ask for a phone call"
FIRST = "Monday, November 30, 9:00 AM to 11:00 AM"
SECOND = "Monday, November 30, 11:00 AM to 1:00 PM"
BOOKED = (
    "The pharmacy will call you on Monday, November 30 between 9:00 AM and 11:00 AM, at the number"
    " on file that ends in {}. If you do not want the call, write it here."
)


class TestTheOffer:
    async def test_while_nobody_is_there(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        assert await chat.offered() == ["Ask the assistant more", CALL]
        spanish = await opened(database, "es")
        await spanish.hand_over()
        assert await spanish.offered() == ["Preguntar más al asistente", "Pedir una llamada"]

    @pytest.mark.parametrize("now", ["2026-11-30T10:00", "2026-11-30T18:59"])
    async def test_not_while_somebody_is(self, database: Database, now: str) -> None:
        chat = await opened(database)
        chat.now = at(now)
        await chat.hand_over()
        assert await chat.offered() == ["Ask the assistant more"]

    async def test_not_when_nobody_knows_when_it_opens(self, database: Database) -> None:
        chat = await opened(database)
        await records(database, STORE | {"hours": {}})
        await chat.hand_over()
        assert await chat.offered() == ["Ask the assistant more"]

    async def test_after_an_alarm_the_urgent_text_stays_first(self, database: Database) -> None:
        chat = await opened(database)
        await chat.alarm()
        kinds = [event.kind for event in await chat.said()]
        assert kinds == ["notice", "message", "owner", "choices"]
        assert CALL in await chat.offered()

    async def test_not_when_identity_checks_are_locked(self, database: Database) -> None:
        """The pharmacy would not know which number to call."""
        chat = await opened(database)
        for _ in range(LIMITS.per_conversation):
            await chat.verify(STRANGER)
        assert [row.reason for row in await chat.tickets()] == ["identity_locked"]
        assert await chat.offered() == ["Ask the assistant more"]


class TestIdentityFirst:
    async def test_the_form_and_why(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        events = await chat.choose(CALL)
        assert [event.kind for event in events] == ["message", "identity_form", "choices"]
        assert events[0].text.startswith("We only call a number that we have on file.")
        assert await chat.offered() == ["No call"]
        assert (await chat.memory()).call_back
        assert [row.reason for row in await chat.tickets()] == ["request_human"]

    async def test_after_success_the_times_are_offered(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        before = (await chat.choose(CALL))[-1].seq
        assert isinstance(await chat.verify(), identity.Verified)
        events = await chat.said(before)
        assert [event.kind for event in events] == ["identity_result", "choices"]
        assert (await chat.offered())[0] == FIRST
        assert not (await chat.memory()).call_back
        assert await chat.turns() == []

    async def test_refused_the_question_still_waits(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        await chat.choose(CALL)
        for _ in range(LIMITS.per_conversation + 1):
            assert not isinstance(await chat.verify(STRANGER), identity.Verified)
        assert [(row.reason, row.state) for row in await chat.tickets()] == [
            ("request_human", "waiting")
        ]

    async def test_a_verification_that_has_run_out(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        chat.now += timedelta(minutes=16)
        assert "identity_form" in [event.kind for event in await chat.choose(FIRST)]
        await chat.verify()
        await chat.choose(SECOND)
        assert (await chat.call()).call_from == at("2026-11-30T11:00")

    async def test_no_call_after_all(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        await chat.choose(CALL)
        events = await chat.choose("No call")
        assert events[0].text == "Okay, no call. Your question stays in line."
        assert await chat.offered() == ["Ask the assistant more", CALL]
        assert not (await chat.memory()).call_back
        before = (await chat.said())[-1].seq
        await chat.verify()
        assert [event.kind for event in await chat.said(before)] == ["identity_result"]

    async def test_back_to_the_assistant_forgets_it(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        await chat.choose(CALL)
        await chat.choose("Ask the assistant more")
        assert not (await chat.memory()).call_back
        await chat.verify()
        assert [turn.input for turn in await chat.turns()] == ["/inform"]

    async def test_asked_for_while_the_assistant_speaks(self, database: Database) -> None:
        """From a device that still shows the button."""
        chat = await opened(database)
        await chat.hand_over()
        await chat.choose("Ask the assistant more")
        await chat.choose(CALL)
        await chat.verify()
        assert (await chat.offered())[0] == FIRST
        assert await chat.turns() == []
        assert [event.kind for event in await chat.choose(FIRST)] == ["message"]
        assert (await chat.call()).call_phone == PATIENT["phone"]


class TestTheTimes:
    async def test_four_numbered_and_a_way_back(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        (event,) = await chat.choose(CALL)
        assert event.text == (
            "When should we call you?\n\n"
            f"1. {FIRST}\n2. {SECOND}\n"
            "3. Monday, November 30, 2:00 PM to 4:00 PM\n"
            "4. Monday, November 30, 4:00 PM to 6:00 PM\n"
            "5. No call"
        )
        async with database.read() as session:
            value = await session.scalar(select(Choice.value).where(Choice.label == FIRST))
        assert value == "2026-11-30T14:00:00+00:00/2026-11-30T16:00:00+00:00"

    async def test_one_that_has_passed_gets_new_ones(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        chat.now = at("2026-11-30T10:45")
        await prove_again(chat)
        events = await chat.choose(FIRST)
        assert [event.kind for event in events] == ["message", "choices"]
        assert events[0].text == "That time has passed, or we are not open then."
        assert (await chat.offered())[0] == SECOND
        assert [row.reason for row in await chat.tickets()] == ["request_human"]

    async def test_one_on_a_day_that_became_a_holiday(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        await records(database, STORE | {"exceptions": [{"date": "2026-11-30", "hours": []}]})
        await chat.choose(FIRST)
        assert (await chat.offered())[0] == "Tuesday, December 1, 9:00 AM to 11:00 AM"

    async def test_no_hours_any_more(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await records(database, STORE | {"hours": {}})
        events = await chat.choose(CALL)
        assert events[0].text == (
            "I do not know when we can call you. Your question stays in line."
            " You can call (216) 555-0100."
        )

    async def test_no_number_on_file(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        async with database.write() as session:
            patient = await session.get(Patient, "P1")
            assert patient is not None
            patient.phone = "none"
        events = await chat.choose(CALL)
        assert events[0].text.startswith("I see no phone number on file, so we cannot call you.")

    async def test_nothing_waits_any_more(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        async with database.write() as session:
            for row in await session.scalars(select(Escalation)):
                row.state = "closed"
        events = await chat.choose(CALL)
        assert events[0].text.startswith("Nothing of yours waits for a person right now")


async def prove_again(chat: Chat) -> None:
    async with chat.database.write() as session:
        for row in await session.scalars(select(Verification)):
            row.expires_at = chat.now + timedelta(minutes=15)


class TestTheCall:
    async def test_what_staff_get(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over("can you look at my insurance", priority="routine")
        await chat.choose(CALL)
        events = await chat.choose(FIRST)
        assert [event.kind for event in events] == ["message", "choices"]
        assert events[0].text == BOOKED.format("13")
        asked, call = await chat.tickets()
        assert (asked.reason, asked.state) == ("request_human", "waiting")
        assert (call.queue, call.priority, call.state) == ("counter", "routine", "waiting")
        assert call.question == "can you look at my insurance"
        assert (call.call_from, call.call_until) == (
            at("2026-11-30T09:00"), at("2026-11-30T11:00"),
        )  # fmt: skip
        assert (call.next_alert_at, call.due_at) == (call.call_from, call.call_until)
        assert (call.call_phone, call.call_name) == ("+1 (216) 555-0113", "James Carter")
        assert (call.patient_id, call.store_id) == ("P1", "main")
        assert await chat.told_staff() == [("opened", "counter")] * 2

    async def test_in_spanish(self, database: Database) -> None:
        chat = await opened(database, "es", verified=True)
        await chat.hand_over()
        await chat.choose("Pedir una llamada")
        events = await chat.choose("Lunes 30 de noviembre, de 9:00 a. m. a 11:00 a. m.")
        assert events[0].text == (
            "La farmacia le va a llamar el lunes 30 de noviembre, de 9:00 a. m. a 11:00 a. m."
            " Será al número que tenemos de usted y que termina en 13."
            " Si no quiere la llamada, escríbalo aquí."
        )

    async def test_the_whole_number_is_never_shown(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        await chat.choose(CALL)
        await chat.verify()
        await chat.choose(FIRST)
        shown = json.dumps([event.public() for event in await chat.said()])
        assert "0113" not in shown

    async def test_a_caregiver_is_called_at_their_own_number(self, database: Database) -> None:
        chat = await opened(database)
        await chat.hand_over()
        await chat.choose(CALL)
        await chat.verify(DAUGHTER)
        events = await chat.choose(FIRST)
        assert events[0].text == BOOKED.format("77")
        call = await chat.call()
        assert call.call_phone == "216-555-0177"
        assert call.call_name == "Brooks, daughter of James Carter"
        assert call.patient_id == "P1"

    async def test_a_caregiver_whose_proxy_has_ended(self, database: Database) -> None:
        chat = await opened(database)
        await records(database, PROXY | {"expires_on": "2026-11-27"})
        await prove(chat, "P1", "X1")
        await chat.hand_over()
        assert "identity_form" in [event.kind for event in await chat.choose(CALL)]

    async def test_choosing_again_moves_it(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        await chat.choose(FIRST)
        assert await chat.offered() == [
            "Ask the assistant more", "Choose another time for the call",
        ]  # fmt: skip
        await chat.choose("Choose another time for the call")
        assert (await chat.offered())[-1] == "Keep the call as it is"
        await chat.choose(SECOND)
        call = await chat.call()
        assert (call.call_from, call.call_until) == (at("2026-11-30T11:00"), at("2026-11-30T13:00"))
        assert (call.next_alert_at, call.due_at) == (call.call_from, call.call_until)
        assert call.question == "a person please"
        assert (await chat.told_staff())[-1] == ("renewed", "counter")

    async def test_keeping_it(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        await chat.choose(FIRST)
        await chat.choose("Choose another time for the call")
        events = await chat.choose("Keep the call as it is")
        assert events[0].text == "Okay. The call stays as it is."
        assert (await chat.call()).call_from == at("2026-11-30T09:00")

    async def test_two_taps_at_once_are_one_call(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        await asyncio.gather(chat.choose(FIRST), chat.choose(SECOND))
        assert (await chat.call()).state == "waiting"

    async def test_what_is_urgent_keeps_waiting_as_it_is(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.alarm()
        before = (await chat.tickets())[0]
        await chat.choose(CALL)
        await chat.choose(FIRST)
        alarm, call = await chat.tickets()
        assert (alarm.priority, alarm.due_at, alarm.next_alert_at, alarm.state) == (
            "urgent", before.due_at, before.next_alert_at, "waiting",
        )  # fmt: skip
        assert (call.queue, call.priority, call.reason) == ("pharmacist", "soon", "call_back")

    async def test_with_a_clinical_question_it_goes_to_the_pharmacist(
        self, database: Database
    ) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over(priority="routine")
        await chat.choose(CALL)
        await chat.choose(FIRST)
        await chat.owned_by("bot")
        await chat.hand_over("can i take it with advil", queue="pharmacist", reason="ask_clinical")
        await chat.choose("Choose another time for the call")
        await chat.choose(SECOND)
        call = await chat.call()
        assert (call.queue, call.priority) == ("pharmacist", "soon")
        assert call.question == "can i take it with advil"
        assert (await chat.told_staff())[-2:] == [
            ("transferred", "pharmacist"), ("renewed", "pharmacist"),
        ]  # fmt: skip


class TestMeanwhile:
    async def test_what_is_written_reaches_the_queue(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.choose(CALL)
        await chat.choose(FIRST)
        stored = await take_message(
            database, chat.conversation_id, "m1", "please do not call after all", RULES, chat.now
        )
        assert isinstance(stored, Stored)
        assert [event.kind for event in await chat.said(stored.seq)] == ["notice"]
        assert [row.unread for row in await chat.tickets()] == [2, 2]

    async def test_to_a_person_a_tap_is_a_message(self, database: Database) -> None:
        chat = await opened(database, verified=True)
        await chat.hand_over()
        await chat.owned_by("staff", "dana")
        assert await chat.choose(CALL) == []
        assert [row.reason for row in await chat.tickets()] == ["request_human"]

    async def test_a_button_of_another_chat(self, database: Database) -> None:
        chat, other = await opened(database, verified=True), await opened(database)
        await chat.hand_over()
        await chat.choose(CALL)
        async with database.read() as session:
            choice = await session.scalar(select(Choice).where(Choice.label == FIRST))
        assert choice is not None
        taken = await take_choice(
            database, other.conversation_id, "x", choice.choice_id, RULES, SATURDAY
        )
        assert isinstance(taken, NotOffered)
