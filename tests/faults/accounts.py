"""What the devices were told, held against what the database says: nothing may be missing or twice.

Whatever a transaction writes carries one time. So an answer belongs to the turn that was answered
at that time, or to the message that was stored then; one that belongs to neither is one too many.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select

from bot.storage.conversations import Conversation, Escalation, Event, Turn
from bot.storage.database import Database
from bot.wording import load
from tests.faults.patient import Patient, Sent
from tests.faults.script import REPLIES

POLL_SECONDS = 0.25
# The promise: fifteen seconds. Looks are counted, not seconds, so that a machine which gives the
# tests no time does not break it; the seconds are measured and reported.
MOST_LOOKS = round(15 / POLL_SECONDS)
PATIENCE_SECONDS = 240
APOLOGIES = tuple(load("en").render(f"handoff.{name}", now=datetime.now(UTC))
                  for name in ("technical", "database"))  # fmt: skip
FAULTS = ("lost", "doubled", "out_of_order", "altered", "unanswered", "wrong", "escalations_lost")

type Waiting = Mapping[int, tuple[str, str, str, str, datetime, datetime]]


@dataclass
class Account:
    """What came of a load. Everything named in FAULTS must be zero."""

    sent: int = 0
    answered: int = 0
    in_queue: int = 0
    apologies: int = 0
    escalations: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    altered: int = 0
    unanswered: int = 0
    wrong: int = 0
    escalations_lost: int = 0
    looks: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)

    def count(self, name: str, note: str) -> None:
        """One more fault, and where."""
        setattr(self, name, getattr(self, name) + 1)
        self.notes.append(f"{name}: {note}")

    def faults(self) -> dict[str, int]:
        """The counts that must be zero and are not."""
        return {name: getattr(self, name) for name in FAULTS if getattr(self, name)}


@dataclass(frozen=True)
class Kept:
    """What the database has of one conversation."""

    last_seq: int
    events: Sequence[Event]
    turns: Mapping[int, Turn]
    escalations: Sequence[Escalation]

    def replies(self) -> dict[datetime, list[Event]]:
        """What was not written by the patient, by the transaction that wrote it."""
        found: dict[datetime, list[Event]] = {}
        for event in self.events:
            if event.author in ("bot", "system"):
                found.setdefault(event.at, []).append(event)
        return found


async def kept(database: Database, conversation_ids: Iterable[str]) -> dict[str, Kept]:
    """What the database has of these conversations."""
    wanted = set(conversation_ids)
    async with database.read() as session:
        heads = (await session.scalars(select(Conversation))).all()
        events = (await session.scalars(select(Event).order_by(Event.seq))).all()
        turns = (await session.scalars(select(Turn))).all()
        escalations = (await session.scalars(select(Escalation))).all()
    return {
        head.conversation_id: Kept(
            head.last_seq,
            [row for row in events if row.conversation_id == head.conversation_id],
            {row.seq: row for row in turns if row.conversation_id == head.conversation_id},
            [row for row in escalations if row.conversation_id == head.conversation_id],
        )
        for head in heads
        if head.conversation_id in wanted
    }


async def waiting(database: Database) -> Waiting:
    """Every escalation, as far as no fault may change it."""
    async with database.read() as session:
        rows = (await session.scalars(select(Escalation))).all()
    return {
        row.escalation_id: (
            row.conversation_id, row.queue, row.priority, row.reason, row.opened_at, row.due_at,
        )
        for row in rows
    }  # fmt: skip


async def settled(database: Database, patients: Sequence[Patient], recovered_at: float) -> int:
    """Wait until all that was sent before `recovered_at` is answered or with people; the looks."""
    ids = [patient.conversation_id for patient in patients if patient.conversation_id]
    moment = datetime.fromtimestamp(recovered_at, UTC)
    deadline = time.monotonic() + PATIENCE_SECONDS
    for look in range(1, 100_000):
        unsent = [
            sent
            for patient in patients
            for sent in patient.sent.values()
            if sent.seq is None and sent.at <= recovered_at
        ]
        async with database.read() as session:
            owed = await session.scalar(
                select(func.count()).where(
                    Turn.conversation_id.in_(ids), Turn.state == "pending", Turn.asked_at <= moment
                )
            )
        if not unsent and not owed:
            return look
        assert time.monotonic() < deadline, f"{len(unsent)} unsent, {owed} owed"
        await asyncio.sleep(POLL_SECONDS)
    raise AssertionError("unreachable")


async def caught_up(database: Database, devices: Sequence[Patient]) -> None:
    """Wait until every turn is answered and every device has been shown the end of its log."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        now = await kept(database, (device.conversation_id for device in devices))
        behind = [each for each in devices if each.reached < now[each.conversation_id].last_seq]
        owed = [
            turn for each in now.values() for turn in each.turns.values() if turn.state == "pending"
        ]
        if not behind and not owed:
            return
        assert time.monotonic() < deadline, f"{len(behind)} behind, {len(owed)} owed"
        await asyncio.sleep(POLL_SECONDS)


async def account(
    database: Database,
    devices: Sequence[Patient],
    before: Waiting,
    recovered_at: float,
) -> Account:
    """Compare everything. `before` are the escalations that were committed before the fault."""
    found = Account()
    records = await kept(database, (device.conversation_id for device in devices))
    for conversation_id, record in records.items():
        own = [device for device in devices if device.conversation_id == conversation_id]
        _log_is_whole(found, record)
        for device in own:
            _device_agrees(found, device, record)
        sent = {key: item for device in own for key, item in device.sent.items()}
        _messages_are_stored(found, sent, record)
        _each_is_answered_once(found, sent, record, recovered_at)
        found.seconds = max(found.seconds, _seconds(own, record, recovered_at))
        found.escalations += len(record.escalations)
    after = await waiting(database)
    for number, row in before.items():
        # A question that comes back to a queue may be due earlier, never later.
        if number not in after or after[number][:5] != row[:5] or after[number][5] > row[5]:
            found.count("escalations_lost", f"{number}: {row} is {after.get(number)}")
    return found


def _log_is_whole(found: Account, record: Kept) -> None:
    seqs = [event.seq for event in record.events]
    if seqs != list(range(1, record.last_seq + 1)):
        found.count("lost", f"the log has {seqs} of {record.last_seq}")


def _device_agrees(found: Account, device: Patient, record: Kept) -> None:
    """Every event is on the screen, as it is in the log, and no other."""
    found.doubled += device.disorder.doubled
    found.out_of_order += device.disorder.out_of_order
    found.altered += device.disorder.altered
    own = device.acknowledged()
    for event in record.events:
        shown = device.shown.get(event.seq)
        if shown is None:
            if event.seq not in own or own[event.seq].client_id != event.client_id:
                found.count("lost", f"{event.seq} is not shown: {event.text!r}")
        elif (shown.event["kind"], shown.event["author"], shown.event["text"]) != (
            event.kind, event.author, event.text,
        ):  # fmt: skip
            found.count("altered", f"{event.seq} is shown as {shown.event}")
    for seq in device.shown.keys() - {event.seq for event in record.events}:
        found.count("lost", f"{seq} was shown, and is not in the log")


def _messages_are_stored(found: Account, sent: Mapping[str, Sent], record: Kept) -> None:
    stored = Counter(event.client_id for event in record.events if event.author == "patient")
    seqs = {event.client_id: event for event in record.events}
    for client_id, item in sent.items():
        found.sent += 1
        event = seqs.get(client_id)
        if event is None or event.seq != item.seq or event.text != item.text:
            found.count("lost", f"{item} is stored as {event and (event.seq, event.text)}")
    for stored_id, times in stored.items():
        if times > 1 or stored_id not in sent:
            found.count("doubled", f"{stored_id} is stored {times} times")


def _each_is_answered_once(
    found: Account, sent: Mapping[str, Sent], record: Kept, recovered_at: float
) -> None:
    replies = record.replies()
    for event in record.events:
        if event.author != "patient":
            continue
        turn = record.turns.get(event.seq)
        item = sent.get(event.client_id or "")
        if turn is None or turn.state == "dropped":
            said = replies.pop(event.at, [])
            if not record.escalations and not said:
                found.count("unanswered", f"{event.seq} {event.text!r} is with nobody")
            found.in_queue += 1
            if item is not None and turn is None:
                _is_fitting(found, item, said, recovered_at)
            continue
        said = replies.pop(turn.answered_at, []) if turn.answered_at is not None else []
        if turn.state != "answered" or not said:
            found.count("unanswered", f"{event.seq} {event.text!r}: turn {turn.state}")
            continue
        found.answered += 1
        # Who was given an apology instead of a person does not wait for one.
        if item is not None and item.reply != "waiting":
            _is_fitting(found, item, said, recovered_at)
    _no_answer_is_left(found, replies, record)


def _no_answer_is_left(found: Account, replies: dict[datetime, list[Event]], record: Kept) -> None:
    """What belongs to no message: the identity form's result and turn, that it takes longer than
    promised; or one too many."""
    for event in record.events:
        if event.kind == "identity_result":
            replies.pop(event.at, None)
            turn = record.turns.get(event.seq)
            if turn is not None and turn.answered_at is not None:
                replies.pop(turn.answered_at, None)
    for row in record.escalations:
        if row.told_late_at is not None:
            replies.pop(row.told_late_at, None)
    for at, said in replies.items():
        found.count("doubled", f"answers nothing: {at} {[event.text for event in said]}")


def _is_fitting(found: Account, item: Sent, said: Sequence[Event], recovered_at: float) -> None:
    """The kind of reply that belongs to the line, or an apology for what failed meanwhile."""
    texts = [event.text for event in said]
    if any(text.startswith(APOLOGIES) for text in texts):
        found.apologies += 1
        if item.at > recovered_at:
            found.count("wrong", f"an apology after the recovery for {item.text!r}")
        return
    shown: list[dict[str, Any]] = [{"kind": event.kind, **event.data} for event in said]
    if not REPLIES[item.reply](shown):
        found.count("wrong", f"{item.text!r} is answered with {texts}")


def _seconds(devices: Sequence[Patient], record: Kept, recovered_at: float) -> float:
    """How long after the recovery the last message from before it was settled on its screen."""
    longest = 0.0
    for device in devices:
        for item in device.sent.values():
            if item.at > recovered_at or item.seq is None:
                continue
            turn = record.turns.get(item.seq)
            if turn is None or turn.state != "answered":
                stored = next(event for event in record.events if event.seq == item.seq)
                longest = max(longest, stored.at.timestamp() - recovered_at)
                continue
            longest = max(
                longest,
                *(
                    device.shown[event.seq].at - recovered_at
                    for event in record.events
                    if event.at == turn.answered_at and event.seq in device.shown
                ),
            )
    return longest
