"""A chat with a pharmacy that is closed on Saturday evening, for the tests of waiting."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from bot import directives as d
from bot.feed import json_lines
from bot.pharmacy.identity_policy import Claim
from bot.services import identity, staff_events, urgent
from bot.services.admission import open_conversation
from bot.services.conversations import Rules, Stored, take_choice
from bot.services.event_log import LoggedEvent, change_owner, lock, read_after
from bot.services.records import import_records
from bot.services.replies import Reply
from bot.storage.conversations import Choice, Conversation, Escalation, Turn, Verification
from bot.storage.database import Database
from bot.wording import load
from tests.feed import examples

RULES = Rules(verified_minutes=15, country="US", timezone="America/New_York")
LIMITS = identity.Limits(per_conversation=3, per_record=5, lock_minutes=60)
WEEK = {day: [["09:00", "13:00"], ["14:00", "19:00"]] for day in ("mon", "tue", "wed", "thu")}
STORE = examples.STORE | {"hours": WEEK | {"fri": [["09:00", "19:00"]]}, "exceptions": []}
PATIENT = examples.PATIENT | {"last_name": "Carter", "first_name": "James"}
PROXY = examples.PROXY | {"last_name": "Brooks", "date_of_birth": "1986-07-19"}
RECORDS = (STORE, PATIENT, PROXY, examples.PRODUCT, examples.PRESCRIPTION)
JAMES = Claim.of("Carter", date(1968, 12, 24), None, "216-555-0113")
DAUGHTER = Claim.of("Brooks", date(1986, 7, 19), None, "216-555-0177")
STRANGER = Claim.of("Nobody", date(1968, 12, 24), None, "216-555-9999")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)


SATURDAY = at("2026-11-28T20:00")


@dataclass
class Chat:
    """A conversation, and what its patient does."""

    database: Database
    conversation_id: str
    now: datetime = SATURDAY
    taps: int = 0

    async def hand_over(self, question: str = "a person please", **fields: Any) -> None:
        handoff = d.Handoff(**{"queue": "counter", "priority": "soon", "reason": "request_human"}
                            | fields)  # fmt: skip
        async with self.database.write() as session:
            conversation = await self._locked(session)
            wording = load(conversation.locale)
            reply = Reply(session, conversation, wording, self.now, question, RULES.timezone)
            await reply.say_all([handoff])

    async def alarm(self) -> None:
        async with self.database.write() as session:
            conversation = await self._locked(session)
            await urgent.raise_alarm(
                session, conversation, ["ingestion"], "my son took my pills", "US", self.now
            )

    async def owned_by(self, owner: Any, holder: str | None = None) -> None:
        async with self.database.write() as session:
            conversation = await self._locked(session)
            change_owner(session, conversation, owner, "", at=self.now, holder=holder)

    async def verify(self, claim: Claim = JAMES) -> Any:
        return await identity.check(
            self.database, self.conversation_id, claim, RULES, LIMITS, self.now
        )

    async def choose(self, label: str) -> list[LoggedEvent]:
        """Tap the newest button with this label; what is said to it."""
        async with self.database.read() as session:
            choice = await session.scalar(
                select(Choice)
                .where(Choice.conversation_id == self.conversation_id, Choice.label == label)
                .order_by(Choice.seq.desc())
                .limit(1)
            )
        assert choice is not None, label
        self.taps += 1
        stored = await take_choice(
            self.database, self.conversation_id, f"tap-{self.taps}", choice.choice_id, RULES,
            self.now,
        )  # fmt: skip
        assert isinstance(stored, Stored)
        assert not stored.turn
        return await self.said(stored.seq)

    async def said(self, after: int = 0) -> list[LoggedEvent]:
        async with self.database.read() as session:
            return list(await read_after(session, self.conversation_id, after))

    async def offered(self) -> list[str]:
        """The labels of the newest buttons."""
        asked = [event for event in await self.said() if event.kind == "choices"]
        return [choice["label"] for choice in asked[-1].data["choices"]] if asked else []

    async def memory(self) -> d.Memory:
        async with self.database.read() as session:
            row = await session.get(Conversation, self.conversation_id)
        assert row is not None
        return d.Memory.model_validate(row.memory)

    async def tickets(self) -> list[Escalation]:
        async with self.database.read() as session:
            rows = await session.scalars(
                select(Escalation)
                .where(Escalation.conversation_id == self.conversation_id)
                .order_by(Escalation.escalation_id)
            )
            return list(rows)

    async def call(self) -> Escalation:
        """The one call that was asked for."""
        (row,) = [row for row in await self.tickets() if row.reason == "call_back"]
        return row

    async def turns(self) -> list[Turn]:
        async with self.database.read() as session:
            return list(await session.scalars(select(Turn)))

    async def told_staff(self) -> list[tuple[str, str | None]]:
        async with self.database.read() as session:
            changes = await staff_events.read_after(session, 0)
        return [(item.kind, item.queue) for item in changes if item.kind != "message"]

    async def _locked(self, session: Any) -> Conversation:
        conversation = await lock(session, self.conversation_id)
        assert conversation is not None
        return conversation


async def records(database: Database, *rows: examples.FeedRecord) -> None:
    lines = (json.dumps(row) for row in rows or RECORDS)
    await import_records(database, json_lines.read(lines), at("2026-11-01T12:00"))


async def opened(database: Database, locale: str = "en", *, verified: bool = False) -> Chat:
    await records(database)
    chat = Chat(database, (await open_conversation(database, locale, SATURDAY)).conversation_id)
    if verified:
        await prove(chat, "P1")
    return chat


async def prove(chat: Chat, patient_id: str, proxy_id: str = "") -> None:
    async with chat.database.write() as session:
        session.add(
            Verification(
                conversation_id=chat.conversation_id, patient_id=patient_id, proxy_id=proxy_id,
                verified_at=chat.now, expires_at=chat.now + timedelta(minutes=15),
            )
        )  # fmt: skip
