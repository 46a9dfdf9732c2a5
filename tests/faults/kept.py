"""What the database has of the chats of a load, and waiting until it has all of it."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select

from bot.storage.conversations import Conversation, Escalation, Event, Turn
from bot.storage.database import Database
from tests.faults.patient import Patient

POLL_SECONDS = 0.25
PATIENCE_SECONDS = 240

type Waiting = Mapping[int, tuple[str, str, str, str, datetime, datetime]]


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
