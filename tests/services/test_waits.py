"""The wait as a patient sees it: places in line, who answers, what is said when it is late."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.services import waits
from bot.services.event_log import lock
from bot.services.promises import Place, place_in_line
from bot.storage.conversations import Conversation, Escalation
from bot.storage.database import Database
from bot.wording import load
from tests.services.chats import SATURDAY, STORE, Chat, at, opened, prove, records
from tests.staff import add_staff

MONDAY = at("2026-11-30T10:00")


async def waiting(database: Database, now: datetime = MONDAY, **fields: Any) -> Chat:
    """A chat in the queue since `now`."""
    chat = await opened(database)
    chat.now = now
    await chat.hand_over(**fields)
    return chat


class TestPlaces:
    async def test_several_at_once_are_as_each_alone(self, database: Database) -> None:
        first = await waiting(database)
        urgent = await waiting(database, queue="pharmacist", priority="urgent", reason="x")
        second = await waiting(database, at("2026-11-30T10:01"))
        pharmacist = await waiting(database, queue="pharmacist", reason="ask_clinical")
        nothing = await opened(database)
        chats = [first, urgent, second, pharmacist, nothing]
        async with database.read() as session:
            found = await waits.places(session, [chat.conversation_id for chat in chats], MONDAY)
            alone = [await place_in_line(session, chat.conversation_id, MONDAY) for chat in chats]
        assert [found[chat.conversation_id] for chat in chats] == alone
        told = [place and (place.queue, place.place, place.open_now) for place in alone]
        assert told == [
            ("counter", 1, True), ("pharmacist", 1, True), ("counter", 2, True),
            ("pharmacist", 2, True), None,
        ]  # fmt: skip
        assert alone[0] == Place(1, "counter", MONDAY + timedelta(minutes=15), open_now=True)

    async def test_a_chat_with_two_questions_is_one_in_line(self, database: Database) -> None:
        twice = await waiting(database)
        await twice.hand_over(reason="complaint")
        second = await waiting(database, at("2026-11-30T10:01"))
        async with database.read() as session:
            found = await waits.places(session, [second.conversation_id], MONDAY)
        place = found[second.conversation_id]
        assert place is not None
        assert place.place == 2

    async def test_a_call_for_later_is_not_in_line(self, database: Database) -> None:
        early = await opened(database, verified=True)
        await early.hand_over()
        await early.choose("Ask for a phone call")
        await early.choose("Monday, November 30, 9:00 AM to 11:00 AM")
        await close(early, "request_human")
        second = await waiting(database)
        async with database.read() as session:
            ids = [early.conversation_id, second.conversation_id]
            found = await waits.places(session, ids, MONDAY)
        assert found[ids[0]] is None
        place = found[ids[1]]
        assert place is not None
        assert place.place == 1

    async def test_of_none(self, database: Database) -> None:
        async with database.read() as session:
            assert await waits.places(session, [], MONDAY) == {}


async def close(chat: Chat, reason: str) -> None:
    async with chat.database.write() as session:
        for row in await chat.tickets():
            if row.reason == reason:
                found = await session.get(Escalation, row.escalation_id)
                assert found is not None
                found.state = "closed"


class TestWhoAnswers:
    async def told(self, chat: Chat, now: datetime = MONDAY) -> dict[str, Any]:
        async with chat.database.read() as session:
            row = await session.get(Conversation, chat.conversation_id)
            assert row is not None
            return await waits.who_answers(session, row, now)

    async def test_the_assistant(self, database: Database) -> None:
        assert await self.told(await opened(database)) == {}

    async def test_the_queue(self, database: Database) -> None:
        chat = await waiting(database)
        assert await self.told(chat) == {"place": 1, "due_at": "2026-11-30T15:15:00Z"}
        assert await self.told(chat, at("2026-11-30T20:00")) == {}

    @pytest.mark.parametrize(("locale", "label"), [("en", "pharmacist"), ("es", "farmacéutico")])
    async def test_a_person(self, database: Database, locale: str, label: str) -> None:
        await add_staff(database, "paul", "pharmacist", display_name="Paul Kim")
        chat = await opened(database, locale)
        await chat.owned_by("staff", "paul")
        assert await self.told(chat) == {
            "name": "Paul Kim", "role": "pharmacist", "role_label": label,
        }  # fmt: skip

    async def test_a_person_whom_nobody_knows(self, database: Database) -> None:
        chat = await opened(database)
        await chat.owned_by("staff", "gone")
        assert await self.told(chat) == {}


async def tell(chat: Chat, now: datetime, reason: str = "request_human") -> str | None:
    """Have the patient told that it is late; the words, None when nothing was said."""
    before = (await chat.said())[-1].seq
    async with chat.database.write() as session:
        conversation = await lock(session, chat.conversation_id)
        assert conversation is not None
        (ticket,) = [row for row in await chat.tickets() if row.reason == reason]
        row = await session.get(Escalation, ticket.escalation_id)
        assert row is not None
        told = await waits.tell_late(session, row, conversation, load(conversation.locale), now)
        assert told is (row.told_late_at == now)
    said = await chat.said(before)
    assert len(said) == int(told)
    if not told:
        return None
    event = said[0]
    assert (event.kind, event.author, event.data) == ("notice", "system", {"urgent": False})
    return event.text


CHAT_IS_LATE = (
    "This takes longer than we said. We are sorry. Your question is still in line, and somebody"
    " will answer it here. You can also call (216) 555-0100."
)


class TestLate:
    LATE = at("2026-11-30T10:16")

    async def test_once(self, database: Database) -> None:
        chat = await waiting(database)
        assert await tell(chat, at("2026-11-30T10:14")) is None
        assert await tell(chat, self.LATE) == CHAT_IS_LATE
        assert await tell(chat, at("2026-11-30T10:21")) is None
        assert (await chat.told_staff()) == [("opened", "counter")]

    async def test_in_the_language_of_the_chat(self, database: Database) -> None:
        chat = await opened(database, "es")
        chat.now = MONDAY
        await chat.hand_over()
        said = await tell(chat, self.LATE)
        assert said is not None
        assert said.startswith("Esto tarda más de lo que dijimos.")

    async def test_not_while_the_store_is_closed(self, database: Database) -> None:
        chat = await waiting(database, at("2026-11-30T12:50"))
        assert await tell(chat, at("2026-11-30T13:30")) is None
        assert await tell(chat, at("2026-11-30T14:06")) == CHAT_IS_LATE

    async def test_not_where_no_time_was_promised(self, database: Database) -> None:
        chat = await opened(database)
        await records(database, STORE | {"hours": {}})
        chat.now = MONDAY
        await chat.hand_over()
        assert await tell(chat, at("2026-11-30T18:00")) is None

    async def test_not_beside_a_person(self, database: Database) -> None:
        chat = await waiting(database)
        await chat.owned_by("staff", "dana")
        assert await tell(chat, self.LATE) is None

    async def test_beside_the_assistant_it_is(self, database: Database) -> None:
        chat = await waiting(database)
        await chat.choose("Ask the assistant more")
        assert await tell(chat, self.LATE) == CHAT_IS_LATE

    async def test_what_is_urgent_gives_the_number_to_call(self, database: Database) -> None:
        chat = await waiting(database, priority="urgent", queue="pharmacist")
        said = await tell(chat, self.LATE)
        assert said is not None
        assert "Call 911 if it is an emergency. Do not wait for us." in said

    async def test_a_call_only_when_its_time_has_passed(self, database: Database) -> None:
        chat = await opened(database)
        assert chat.now == SATURDAY
        await prove(chat, "P1")
        await chat.hand_over()
        await chat.choose("Ask for a phone call")
        await chat.choose("Monday, November 30, 9:00 AM to 11:00 AM")
        for now in ("2026-11-30T09:05", "2026-11-30T10:59"):
            assert await tell(chat, at(now), "call_back") is None
        assert await tell(chat, at("2026-11-30T11:01"), "call_back") == (
            "We have not called you yet. We are sorry. Your call is still on our list."
            " You can also write here. You can also call (216) 555-0100."
        )
        assert await tell(chat, at("2026-11-30T11:06"), "call_back") is None
