"""What is purged and when, what stays, and erasing or exporting one chat."""

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import func, select, update

from bot.services import retention
from bot.services.admission import open_conversation
from bot.services.audit import Actor
from bot.services.conversations import end
from bot.services.erasure import Erased, NotFound, StillOpen, erase, export
from bot.services.event_log import append, lock
from bot.services.retention import Counts, Keeping, due, purge, runs
from bot.storage.base import Base
from bot.storage.conversations import (
    Choice,
    Conversation,
    Escalation,
    Event,
    IdentityFailure,
    ReadyNotice,
    Turn,
    Verification,
)
from bot.storage.database import Database
from bot.storage.records import RefillRequest
from bot.storage.staff import AuditEntry, StaffEvent, StaffNote
from bot.storage.teaching import Feedback, Question, QuestionGroup, TrainingSentence
from tests.services.chats import RECORDS, records

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
KEEPING = Keeping(transcripts_days=30, questions_days=60)
ADA = Actor("ada", "Ada", "admin", "192.0.2.9")
NUMBERS = count(1_000_000)
RX = str(RECORDS[-1]["rx_number"])


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


async def chat(database: Database, days: float, *, ended: bool = False) -> str:
    """A chat in which something was last said so many days ago, with a row of every kind."""
    at = ago(days)
    opened = (await open_conversation(database, "en", at)).conversation_id
    async with database.write() as session:
        conversation = await lock(session, opened)
        assert conversation is not None
        append(session, conversation, "message", "patient", "is it ready", at=at)
        append(session, conversation, "message", "bot", "It is ready.", at=at)
        for row in rows_of(opened, at):
            session.add(row)
    if ended:
        await end(database, opened, at)
    return opened


def rows_of(conversation_id: str, at: datetime) -> list[Base]:
    mine: dict[str, Any] = {"conversation_id": conversation_id}
    later = at + timedelta(minutes=5)
    return [
        Choice(**mine, choice_id=f"c-{conversation_id}", seq=2, label="Yes", intent="affirm"),
        Turn(**mine, seq=1, input="is it ready", state="answered", attempts=1, asked_at=at),
        Verification(**mine, patient_id="P1", proxy_id="", verified_at=at, expires_at=later),
        IdentityFailure(**mine, subject="digest", at=at),
        ReadyNotice(**mine, rx_number=RX, asked_at=at, told_at=later),
        Feedback(**mine, seq=2, helpful=True, at=at),
        StaffNote(
            **mine, username="paul", display_name="Paul", role="pharmacist", at=at, text="private"
        ),
        Escalation(
            **mine, queue="counter", priority="soon", reason="request_human", question="a person",
            state="closed", opened_at=at, due_at=later, last_patient_at=at, unread=0,
            closed_at=later, closed_by="paul", outcome="answered", patient_id="P1",
        ),
        Question(
            **mine, seq=1, kind="unanswered", text="what about it", locale="en", ranking=[],
            status="new", asked_at=at,
        ),
        RefillRequest(
            **mine, rx_number=RX, kind="refill", status="accepted", placed_at=at, told_at=later
        ),
        StaffEvent(event_id=next(NUMBERS), at=at, kind="opened", data={},
                   **mine),
    ]  # fmt: skip


async def here(database: Database, conversation_id: str) -> bool:
    async with database.read() as session:
        return await session.get(Conversation, conversation_id) is not None


async def named_in(database: Database, conversation_id: str) -> set[str]:
    """The tables that still have a row of a conversation."""
    found = set()
    async with database.read() as session:
        for table in Base.metadata.tables.values():
            if "conversation_id" in table.c:
                many = select(func.count()).where(table.c.conversation_id == conversation_id)
                if await session.scalar(many.select_from(table)):
                    found.add(table.name)
    return found


async def change(database: Database, table: type[Base], **values: Any) -> None:
    async with database.write() as session:
        await session.execute(update(table).values(**values))


async def test_a_chat_goes_with_all_that_is_its_own(database: Database) -> None:
    await records(database)
    old, young = await chat(database, 31), await chat(database, 29)
    everywhere = await named_in(database, old)
    tables = {table.name for table in Base.metadata.tables.values() if "conversation_id" in table.c}
    assert everywhere == tables - {"audit_entry"}  # so that no table is forgotten here
    assert await due(database, KEEPING, NOW) == Counts(1, 0)
    assert await purge(database, KEEPING, NOW) == Counts(1, 0)
    assert await named_in(database, old) == set()
    assert await named_in(database, young) == everywhere
    assert await due(database, KEEPING, NOW) == Counts(0, 0)


async def test_questions_and_refill_requests_stay_without_the_chat(database: Database) -> None:
    await records(database)
    await chat(database, 31)
    await purge(database, KEEPING, NOW)
    async with database.read() as session:
        (question,) = await session.scalars(select(Question))
        (request,) = await session.scalars(select(RefillRequest))
    assert (question.conversation_id, question.seq) == (None, None)
    assert question.text == "what about it"
    assert (request.conversation_id, request.status) == (None, "accepted")


@pytest.mark.parametrize("days", [29.9, 30.1])
@pytest.mark.parametrize("ended", [False, True])
async def test_the_last_word_counts(database: Database, days: float, ended: bool) -> None:
    await records(database)
    one = await chat(database, days, ended=ended)
    await purge(database, KEEPING, NOW)
    assert await here(database, one) is (days < 30)


async def test_what_staff_wrote_is_a_word_too(database: Database) -> None:
    await records(database)
    one = await chat(database, 40)
    async with database.write() as session:
        conversation = await lock(session, one)
        assert conversation is not None
        append(session, conversation, "message", "staff", "still there?", at=ago(3))
    await purge(database, KEEPING, NOW)
    assert await here(database, one)


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (Escalation, {"state": "waiting"}),
        (Escalation, {"state": "claimed", "claimed_by": "paul"}),
        (ReadyNotice, {"told_at": None}),
        (RefillRequest, {"told_at": None}),
        (RefillRequest, {"told_at": None, "status": "placed"}),
    ],
)
async def test_what_is_still_to_be_done_keeps_a_chat(
    database: Database, table: type[Base], values: dict[str, Any]
) -> None:
    await records(database)
    one = await chat(database, 300)
    await change(database, table, **values)
    assert await due(database, KEEPING, NOW) == Counts(0, 1)
    await purge(database, KEEPING, NOW)
    assert await here(database, one)


async def test_no_news_is_promised_to_somebody_who_has_left(database: Database) -> None:
    await records(database)
    one = await chat(database, 300, ended=True)
    await change(database, ReadyNotice, told_at=None)
    await purge(database, KEEPING, NOW)
    assert not await here(database, one)


async def test_a_request_that_was_taken_back_promises_nothing(database: Database) -> None:
    await records(database)
    one = await chat(database, 300)
    await change(database, RefillRequest, told_at=None, status="cancelled")
    await purge(database, KEEPING, NOW)
    assert not await here(database, one)


async def test_for_ever(database: Database) -> None:
    await records(database)
    one = await chat(database, 3000)
    forever = Keeping(0, 0)
    assert await purge(database, forever, NOW) == Counts(0, 0)
    assert await here(database, one)


async def test_many_go_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await records(database)
    monkeypatch.setattr(retention, "BATCH", 2)
    old = [await chat(database, 70) for _ in range(5)]
    kept = await chat(database, 1)
    assert await purge(database, KEEPING, NOW) == Counts(5, 5)
    assert [await here(database, one) for one in (*old, kept)] == [False] * 5 + [True]


async def test_who_comes_back_meanwhile_stays(database: Database) -> None:
    await records(database)
    one = await chat(database, 70)
    await change(database, Conversation, last_patient_at=NOW)
    assert not await retention._purge_one(database, one, KEEPING, NOW)
    assert await here(database, one)


async def test_questions_have_their_own_limit(database: Database) -> None:
    async with database.write() as session:
        groups = [QuestionGroup(locale="en", centre=b"", size=size, created_at=ago(90))
                  for size in (2, 1)]  # fmt: skip
        session.add_all(groups)
        await session.flush()
        both, alone = (group.group_id for group in groups)
        for number, (days, group_id) in enumerate([(61, both), (59, both), (61, alone)], start=1):
            session.add(
                Question(
                    question_id=number, kind="unsure", text="?", locale="en", ranking=[],
                    status="labelled", asked_at=ago(days), group_id=group_id, label="ask_hours",
                )
            )  # fmt: skip
        session.add(
            TrainingSentence(
                text="are you open", locale="en", intent="ask_hours", question_id=1,
                approved_by="paul", approved_at=ago(60),
            )
        )  # fmt: skip
    assert await purge(database, KEEPING, NOW) == Counts(0, 2)
    async with database.read() as session:
        assert (await session.scalars(select(Question.question_id))).all() == [2]
        left = (await session.scalars(select(QuestionGroup))).all()
        assert [(group.group_id, group.size) for group in left] == [(both, 1)]
        (sentence,) = await session.scalars(select(TrainingSentence))
    assert (sentence.text, sentence.question_id) == ("are you open", None)


async def test_the_audit_tells_the_runs(database: Database) -> None:
    await records(database)
    await chat(database, 70)
    await purge(database, KEEPING, NOW)
    await purge(database, KEEPING, NOW + timedelta(hours=1))
    assert [(run.by, run.conversations, run.questions) for run in await runs(database)] == [
        (None, 0, 0),
        (None, 1, 1),
    ]


class TestErasing:
    async def test_at_once_and_with_the_reason(self, database: Database) -> None:
        await records(database)
        one, other = await chat(database, 1), await chat(database, 1)
        assert await erase(database, ADA, one, "the patient asked", NOW) == Erased()
        # A change of no queue is left: it wakes the devices that are connected elsewhere.
        assert await named_in(database, one) == {"staff_event", "audit_entry"}
        assert await here(database, other)
        async with database.read() as session:
            (entry,) = await session.scalars(select(AuditEntry))
            told = (await session.scalars(
                select(StaffEvent).where(StaffEvent.conversation_id == one)
            )).one()  # fmt: skip
        assert (entry.username, entry.action, entry.outcome) == ("ada", "erase", "ok")
        assert (entry.conversation_id, entry.detail) == (one, {"reason": "the patient asked"})
        assert (told.kind, told.queue) == ("left", None)
        assert await erase(database, ADA, one, "again", NOW) == NotFound()

    @pytest.mark.parametrize("state", ["waiting", "claimed"])
    async def test_not_while_somebody_has_to_answer(self, database: Database, state: str) -> None:
        await records(database)
        one = await chat(database, 1)
        await change(database, Escalation, state=state)
        assert await erase(database, ADA, one, "asked", NOW) == StillOpen()
        assert await here(database, one)
        async with database.read() as session:
            (entry,) = await session.scalars(select(AuditEntry))
        assert entry.outcome == "still_open"


class TestExporting:
    async def test_what_both_sides_said_and_nothing_private(self, database: Database) -> None:
        await records(database)
        one = await chat(database, 1)
        copy = await export(database, ADA, one, NOW)
        assert isinstance(copy, dict)
        assert [event["text"] for event in copy["events"]] == ["is it ready", "It is ready."]
        (escalation,) = copy["escalations"]
        assert (escalation["question"], escalation["outcome"]) == ("a person", "answered")
        assert copy["feedback"][0]["helpful"] is True
        assert copy["refill_requests"][0]["rx_number"] == RX
        assert "private" not in json.dumps(copy)
        assert "secret" not in json.dumps(copy)
        async with database.read() as session:
            (entry,) = await session.scalars(select(AuditEntry))
        assert (entry.username, entry.action, entry.conversation_id) == ("ada", "export", one)

    async def test_of_a_long_chat(self, database: Database) -> None:
        """Longer than what a device is sent at once."""
        await records(database)
        one = await chat(database, 1, ended=True)
        async with database.write() as session:
            conversation = await lock(session, one)
            assert conversation is not None
            for number in range(600):
                append(session, conversation, "message", "patient", str(number), at=NOW)
        copy = await export(database, ADA, one, NOW)
        assert isinstance(copy, dict)
        assert [event["seq"] for event in copy["events"]] == list(range(1, 604))

    async def test_what_is_not_there(self, database: Database) -> None:
        assert await export(database, ADA, "none", NOW) == NotFound()


async def test_nothing_of_a_chat_is_out_of_order_afterwards(database: Database) -> None:
    """A chat that goes on after the purge still has events without holes."""
    await records(database)
    one = await chat(database, 1)
    await purge(database, KEEPING, NOW)
    async with database.read() as session:
        seqs = (await session.scalars(select(Event.seq).where(Event.conversation_id == one))).all()
    assert seqs == [1, 2]
