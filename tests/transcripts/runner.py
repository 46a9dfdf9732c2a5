"""Plays a transcript on the real stack and holds every line against what happens."""

import json
from typing import Any

from sqlalchemy import select

from bot.bootstrap import Application
from bot.feed import json_lines
from bot.services.records import import_records
from bot.storage.conversations import Escalation
from bot.storage.records import RefillRequest
from tests.stack import Device
from tests.transcripts.given import Records
from tests.transcripts.language import Line, Transcript, matches

SILENT = {"owner"}


class Player:
    """One patient playing one transcript. What is not expected line by line is a failure."""

    def __init__(self, transcript: Transcript, device: Device, app: Application) -> None:
        self._transcript = transcript
        self._device = device
        self._app = app
        self._records = Records(transcript)
        self._unheard: list[dict[str, Any]] = []
        self._reported: set[int] = set()

    async def play(self) -> None:
        """Import the records and go through the steps."""
        lines = (json.dumps(record) for record in self._records.feed())
        await import_records(self._app.database, json_lines.read(lines), self._transcript.now)
        async with self._app.database.write() as session:
            session.add_all(self._records.requests())
        await self._device.open(self._transcript.language)
        for line in self._transcript.steps:
            await self._step(line)
        self._nothing_unheard(self._transcript.steps[-1])

    async def _step(self, line: Line) -> None:
        if line.speaker == "patient":
            self._nothing_unheard(line)
            self._hear(await self._device.say(line.text))
        elif line.speaker == "act":
            self._nothing_unheard(line)
            await self._act(line)
        elif line.speaker == "bot":
            self._expect(line)
        elif line.speaker == "staff sees":
            await self._staff_sees(line)
        elif line.speaker == "pharmacy gets":
            await self._pharmacy_gets(line)

    async def _act(self, line: Line) -> None:
        verb, _, rest = line.text.partition(" ")
        if verb == "chooses":
            self._hear(await self._device.choose(rest))
            return
        words = line.text
        details, expected = self._identity(words)
        status, body = await self._device.verify(**details)
        assert status == expected, self._at(line, f"identity: {status} {body}")
        # In the queue no turn of the bot's follows.
        turn = status == 200 and self._owner() == "bot"
        self._hear(await (self._device.turn_events() if turn else self._device.catch_up()))

    def _owner(self) -> str:
        owners = [event["owner"] for event in self._device.events if event["kind"] == "owner"]
        return str(owners[-1]) if owners else "bot"

    def _identity(self, text: str) -> tuple[dict[str, str], int]:
        """'verifies as NAME', 'verifies as NAME by Rx number', 'fails to verify as NAME'."""
        fails = text.startswith("fails to verify as ")
        name = text.split(" as ", 1)[1]
        by_rx = name.endswith(" by Rx number")
        name = name.removesuffix(" by Rx number")
        caregivers = getattr(self._records, "caregivers", {})
        person = caregivers.get(name) or self._records.people[name]
        details = {key: person[key] for key in ("last_name", "date_of_birth", "phone")}
        if by_rx:
            del details["phone"]
            details["rx_number"] = self._records.rx_number(name)
        if fails:
            details["date_of_birth"] = "1999-09-09"
        return details, 403 if fails else 200

    def _hear(self, events: list[dict[str, Any]]) -> None:
        self._unheard += [event for event in events if event["author"] != "patient"]

    def _expect(self, line: Line) -> None:
        while self._unheard and self._unheard[0]["kind"] in SILENT:
            self._unheard.pop(0)
        assert self._unheard, self._at(line, "the bot says nothing more")
        event = self._unheard.pop(0)
        if line.text == event["kind"]:
            return
        assert matches(line.text, event["text"]), self._at(
            line, f"expected {line.text!r}\nbut heard {event['kind']}: {event['text']!r}"
        )

    def _nothing_unheard(self, line: Line) -> None:
        left = [event for event in self._unheard if event["kind"] not in SILENT]
        self._unheard.clear()
        # What follows a card or a hand-over as mere buttons need not be written out.
        said = [event for event in left if event["kind"] != "choices"]
        told = "\n".join(f"{event['kind']}: {event['text']}" for event in said)
        assert not said, self._at(line, f"before this the bot also says\n{told}")

    async def _staff_sees(self, line: Line) -> None:
        async with self._app.database.read() as session:
            rows = await session.scalars(
                select(Escalation)
                .where(Escalation.conversation_id == self._device.conversation_id)
                .order_by(Escalation.escalation_id)
            )
            new = [row for row in rows if row.escalation_id not in self._reported]
        self._reported |= {row.escalation_id for row in new}
        seen = [f"{row.queue}, {row.priority}, {row.reason}" for row in new] or ["nothing"]
        expected = [part.strip() for part in line.text.split(";")]
        assert seen == expected, self._at(line, f"staff sees {'; '.join(seen)}")

    async def _pharmacy_gets(self, line: Line) -> None:
        async with self._app.database.read() as session:
            rows = await session.scalars(
                select(RefillRequest)
                .where(RefillRequest.conversation_id == self._device.conversation_id)
                .order_by(RefillRequest.refill_request_id)
            )
            placed = [f"{row.kind}, {row.status}" for row in rows] or ["nothing"]
        expected = [part.strip() for part in line.text.split(";")]
        assert placed == expected, self._at(line, f"the pharmacy gets {'; '.join(placed)}")

    def _at(self, line: Line, text: str) -> str:
        return f"{self._transcript.path.name}, line {line.number}: {text}"
