"""The numbers, counted over histories that are known."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.services.admission import open_conversation
from bot.services.event_log import append, lock
from bot.services.first_answers import Wait
from bot.services.numbers import Numbers, numbers
from bot.services.pharmacy_days import day_of, offsets, start_of
from bot.storage.conversations import Conversation, Escalation, Turn
from bot.storage.database import Database
from bot.storage.moments import local_day
from bot.storage.teaching import Feedback, Question, QuestionGroup

ZONE = "America/New_York"
NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


class History:
    """A conversation whose rows a test writes."""

    def __init__(self, database: Database, conversation_id: str) -> None:
        self.database = database
        self.conversation_id = conversation_id

    async def message(
        self,
        at: datetime,
        intent: str | None = "ask_hours",
        state: str | None = "answered",
        **data: Any,
    ) -> int:
        """A patient's message at a time, and its turn unless it has none."""
        async with self.database.write() as session:
            conversation = await lock(session, self.conversation_id)
            assert conversation is not None
            conversation.last_patient_at = at
            seq = append(session, conversation, "message", "patient", "hi", at=at, **data)
            append(session, conversation, "message", "bot", "yes", at=at)
            if state is not None:
                session.add(
                    Turn(
                        conversation_id=self.conversation_id, seq=seq, input="hi",
                        in_reply_to=f"m{seq}", state=state, attempts=1, asked_at=at,
                        answered_at=at + timedelta(seconds=1), intent=intent, confidence=0.9,
                    )
                )  # fmt: skip
            return seq

    async def escalation(
        self,
        at: datetime,
        after: float | None = None,
        queue: str = "counter",
        reason: str = "request_human",
        priority: str = "soon",
    ) -> None:
        """A question to people at a time, answered so many seconds later if at all."""
        async with self.database.write() as session:
            session.add(
                Escalation(
                    conversation_id=self.conversation_id, queue=queue, priority=priority,
                    reason=reason, question="?", state="waiting", opened_at=at, due_at=at,
                    last_patient_at=at, unread=0,
                    answered_at=None if after is None else at + timedelta(seconds=after),
                )
            )  # fmt: skip

    async def question(
        self, at: datetime, kind: str = "unanswered", group_id: int | None = None, text: str = "?"
    ) -> None:
        async with self.database.write() as session:
            session.add(
                Question(
                    conversation_id=self.conversation_id, kind=kind, text=text, locale="en",
                    ranking=[], status="new", asked_at=at, group_id=group_id,
                )
            )  # fmt: skip

    async def feedback(self, at: datetime, *marks: bool) -> None:
        async with self.database.write() as session:
            for number, helpful in enumerate(marks):
                row = Feedback(
                    conversation_id=self.conversation_id, seq=1000 * at.day + number,
                    helpful=helpful, at=at,
                )  # fmt: skip
                session.add(row)


async def history(database: Database, opened_at: datetime) -> History:
    opened = await open_conversation(database, "en", opened_at)
    return History(database, opened.conversation_id)


async def group(database: Database, size: int) -> int:
    async with database.write() as session:
        row = QuestionGroup(locale="en", centre=b"", size=size, created_at=NOW)
        session.add(row)
        await session.flush()
        return row.group_id


async def counted(database: Database, days: int = 3) -> Numbers:
    return await numbers(database, days, ZONE, NOW)


def by_day(found: Numbers, name: str) -> list[int]:
    return [getattr(day, name) for day in found.days]


async def test_nothing_has_happened(database: Database) -> None:
    found = await counted(database, 365)
    assert len(found.days) == 365
    assert (found.days[0].day, found.days[-1].day) == (date(2025, 11, 24), TODAY)
    for name in ("asked", "answered", "escalated", "unanswered", "alarms"):
        assert sum(by_day(found, name)) == 0
    assert (found.intents, found.topics, found.helpful, found.not_helpful) == ([], [], 0, 0)
    assert found.first_answer == Wait(0, None, None)
    assert found.by_queue == {"counter": Wait(), "pharmacist": Wait()}


async def test_what_is_asked_and_answered(database: Database) -> None:
    chat = await history(database, local("2026-11-21T08:00"))
    await chat.message(local("2026-11-20T23:59:59"))  # the day before
    await chat.message(local("2026-11-21T00:00:00"))
    await chat.message(local("2026-11-21T23:59:59"), choice_id="a tap")
    await chat.message(local("2026-11-22T12:00:00"), state=None)  # to a person
    await chat.message(local("2026-11-22T12:01:00"), state="dropped")
    await chat.message(local("2026-11-22T12:02:00"), intent="nlu_fallback")  # say it again, please
    handed_over = local("2026-11-23T09:00:00")
    await chat.message(handed_over, intent="ask_price")
    await chat.escalation(handed_over + timedelta(seconds=1))
    await chat.message(local("2026-11-23T10:00:00"), intent=None)
    found = await counted(database)
    assert by_day(found, "asked") == [2, 3, 2]
    assert by_day(found, "answered") == [2, 0, 1]
    assert by_day(found, "escalated") == [0, 0, 1]
    assert found.intents == [("ask_hours", 3), ("ask_price", 1), ("nlu_fallback", 1)]


async def test_another_conversations_escalation_changes_nothing(database: Database) -> None:
    one, other = await history(database, NOW), await history(database, NOW)
    await one.message(NOW)
    await other.escalation(NOW + timedelta(seconds=1))
    assert by_day(await counted(database), "answered") == [0, 0, 1]


async def test_the_commands_of_the_gateway_are_no_messages(database: Database) -> None:
    chat = await history(database, NOW)
    await chat.message(NOW)
    async with database.write() as session:
        for turn in await session.scalars(select(Turn)):
            turn.in_reply_to = None
    found = await counted(database)
    assert (by_day(found, "asked")[-1], by_day(found, "answered")[-1], found.intents) == (1, 0, [])


async def test_what_goes_to_people(database: Database) -> None:
    chat = await history(database, NOW)
    await chat.escalation(NOW)
    await chat.escalation(NOW, reason="call_back")  # beside a question that counts already
    await chat.escalation(NOW, reason="red_flag_overdose", priority="urgent", queue="pharmacist")
    await chat.escalation(NOW, reason="report_emergency", priority="urgent", queue="pharmacist")
    await chat.escalation(NOW, reason="report_ran_out", priority="urgent", queue="pharmacist")
    await chat.question(NOW)
    await chat.question(NOW, "unsure")
    await chat.question(NOW, "not_helpful")
    found = await counted(database)
    assert by_day(found, "escalated")[-1] == 4
    assert by_day(found, "alarms")[-1] == 2
    assert by_day(found, "unanswered")[-1] == 1


@pytest.mark.parametrize(
    ("seconds", "median", "p90"),
    [
        ([7.5], 7.5, 7.5),
        ([20, 10], 10, 20),
        ([30, 10, 20], 20, 30),
        (list(range(10, 110, 10)), 50, 90),
        ([60, 3 * 86400], 60, 3 * 86400),
        ([5, 5, 5, 5], 5, 5),
    ],
)
async def test_how_long_patients_wait(
    database: Database, seconds: Sequence[float], median: float, p90: float
) -> None:
    chat = await history(database, NOW)
    for wait in seconds:
        await chat.escalation(NOW - timedelta(days=1), wait)
    await chat.escalation(NOW)  # nobody has answered
    await chat.escalation(NOW, 1, reason="call_back")
    await chat.escalation(NOW - timedelta(days=9), 1)  # too long ago
    found = await counted(database)
    assert found.first_answer == Wait(len(seconds), median, p90)
    assert found.by_queue["counter"] == found.first_answer
    await chat.escalation(NOW, 1000, queue="pharmacist")
    found = await counted(database)
    assert found.by_queue["pharmacist"] == Wait(1, 1000, 1000)
    assert found.by_queue["counter"] == Wait(len(seconds), median, p90)
    assert found.first_answer.answered == len(seconds) + 1


async def test_topics_are_groups_that_grew(database: Database) -> None:
    small, large, old = [await group(database, size) for size in (2, 9, 4)]
    chat = await history(database, NOW)
    await chat.question(NOW - timedelta(hours=2), group_id=large, text="older")
    await chat.question(NOW - timedelta(hours=1), group_id=large, text="newest")
    await chat.question(NOW - timedelta(days=9), group_id=large, text="long ago")
    await chat.question(NOW, group_id=small, text="one")
    await chat.question(NOW - timedelta(days=9), group_id=old)
    await chat.question(NOW)
    found = await counted(database)
    assert [(item.group_id, item.size, item.new) for item in found.topics] == [
        (large, 9, 2), (small, 2, 1),
    ]  # fmt: skip
    assert found.topics[1].example == "one"
    assert found.topics[0].example in ("newest", "older")


async def test_feedback(database: Database) -> None:
    chat = await history(database, NOW)
    await chat.feedback(NOW, True, True, False)
    await chat.feedback(NOW - timedelta(days=9), False)
    found = await counted(database)
    assert (found.helpful, found.not_helpful) == (2, 1)


async def test_a_day_has_23_or_25_hours_when_the_clock_is_changed(database: Database) -> None:
    chat = await history(database, local("2026-03-07T08:00"))
    moments = ("2026-03-07T23:59", "2026-03-08T00:00", "2026-03-08T23:59", "2026-03-09T00:00")
    for moment in moments:
        await chat.message(local(moment))
    found = await numbers(database, 4, ZONE, local("2026-03-10T12:00"))
    assert by_day(found, "asked") == [1, 2, 1, 0]
    chat = await history(database, local("2026-10-31T08:00"))
    for moment in ("2026-10-31T23:59", "2026-11-01T00:00", "2026-11-01T23:59", "2026-11-02T00:00"):
        await chat.message(local(moment))
    found = await numbers(database, 4, ZONE, local("2026-11-03T12:00"))
    assert by_day(found, "asked") == [1, 2, 1, 0]


@pytest.mark.parametrize("zone", [ZONE, "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"])
async def test_the_databases_days_are_those_of_the_zone(database: Database, zone: str) -> None:
    """Every moment of a year that is near a change of day or clock."""
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    days = [first + timedelta(days=number) for number in range(365)]
    moments = [
        start_of(day, zone) + timedelta(minutes=minutes)
        for day in days
        for minutes in (0, 59, 119, 121, 180, 23 * 60 - 1)
    ]
    moments = [moment for moment in moments if day_of(moment, zone) <= last]
    chat = await history(database, NOW)
    async with database.write() as session:
        for number, moment in enumerate(moments):
            session.add(
                Turn(
                    conversation_id=chat.conversation_id, seq=number, input="", state="answered",
                    attempts=1, asked_at=moment,
                )
            )  # fmt: skip
    async with database.read() as session:
        day = local_day(session, Turn.asked_at, offsets(first, last, zone))
        found = (await session.scalars(select(day).order_by(Turn.seq))).all()
    assert found == [day_of(moment, zone).isoformat() for moment in moments]


@given(
    zone=st.sampled_from(
        [ZONE, "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca"]
    ),
    first=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    seconds=st.integers(0, 364 * 86400),
)
def test_the_clock_is_ahead_by_the_last_offset_before(zone: str, first: date, seconds: int) -> None:
    changes = offsets(first, first + timedelta(days=364), zone)
    moment = changes[0][0] + timedelta(seconds=seconds)
    (*_, ahead) = [ahead for since, ahead in changes if since <= moment]
    assert moment.astimezone(ZoneInfo(zone)).utcoffset() == ahead


async def test_only_conversations_of_the_period_are_looked_through(database: Database) -> None:
    chat = await history(database, NOW - timedelta(days=400))
    await chat.message(NOW - timedelta(days=2))
    async with database.read() as session:
        row = await session.get_one(Conversation, chat.conversation_id)
    assert row.last_patient_at == NOW - timedelta(days=2)
    assert by_day(await counted(database), "asked") == [1, 0, 0]
