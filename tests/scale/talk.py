"""A patient and a pharmacist who talk on and on, each at another gateway."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Self

from sqlalchemy import select

from bot.storage.conversations import Escalation, Event
from bot.storage.database import Database
from tests.faults.patient import Patient
from tests.staff import Console, Stream, add_staff

PATIENCE_SECONDS = 90.0


class Talk:
    """The patient says a number, the pharmacist says it back, and then comes the next one."""

    def __init__(self, patients: str, staff: str, database: Database) -> None:
        self._patient = Patient(patients)
        self._console = Console(staff)
        self._database = database
        self._going: list[asyncio.Task[None]] = []
        self._heard = asyncio.Event()
        self.heard = 0

    async def __aenter__(self) -> Self:
        await add_staff(self._database, "petra", "pharmacist")
        status, body = await self._console.sign_in("petra")
        assert status == 200, body
        await self._patient.open()
        await self._patient.say("can i take ibuprofen with my lisinopril", "people")
        number = await self._escalation()
        status, body = await self._console.post(f"escalations/{number}/claim")
        assert status == 200, body
        self._going = [
            asyncio.create_task(self._answer()), asyncio.create_task(self._say()),
        ]  # fmt: skip
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._going:
            task.cancel()
        await asyncio.gather(*self._going, return_exceptions=True)
        await self._patient.leave()
        await self._console.session.close()

    async def goes_on(self, heard: int) -> None:
        """Wait until the patient has heard more than that."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.heard <= heard + 1:
                for task in self._going:
                    if task.done():
                        task.result()
                self._heard.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await self._heard.wait()

    async def counts(self) -> dict[str, int]:
        """What was lost, doubled or put into another order, on the way there or back."""
        for task in self._going:
            task.cancel()
        outcomes = await asyncio.gather(*self._going, return_exceptions=True)
        assert all(isinstance(each, asyncio.CancelledError) for each in outcomes), outcomes
        async with self._database.read() as session:
            rows = await session.scalars(
                select(Event)
                .where(Event.conversation_id == self._patient.conversation_id)
                .order_by(Event.seq)
            )
            events = rows.all()
        shown = self._patient.shown
        said_back = [event.text for event in events if event.author == "staff"]
        on_screen = [
            shown[event.seq].event["text"]
            for event in events
            if event.author == "staff" and event.seq in shown
        ]
        disorder = self._patient.disorder
        # The last answer may have been on its way when the talk ended.
        missing = len(said_back) - len(on_screen)
        return {
            "lost": max(0, missing - 1) + (len({*said_back}) < self.heard),
            "doubled": disorder.doubled + len(said_back) - len({*said_back}),
            "out of order": disorder.out_of_order + (said_back != sorted(said_back, key=_number)),
        }

    async def _escalation(self) -> int:
        """What the patient's question became."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with self._database.read() as session:
                    number = await session.scalar(
                        select(Escalation.escalation_id).where(
                            Escalation.conversation_id == self._patient.conversation_id
                        )
                    )
                if number is not None:
                    return number
                await asyncio.sleep(0.1)

    async def _say(self) -> None:
        """The patient's side."""
        while True:
            said = f"number {self.heard + 1}"
            await self._patient.say(said, "anything")
            wanted = f"You said {said}."
            heard = await self._patient.until(partial(self._has, wanted), PATIENCE_SECONDS)
            assert heard, f"{wanted!r} has not come"
            self.heard += 1
            self._heard.set()

    def _has(self, text: str) -> bool:
        return any(shown.event["text"] == text for shown in self._patient.shown.values())

    async def _answer(self) -> None:
        """The pharmacist's side: the stream tells that there is something, a request brings it."""
        answered = 0
        async with self._console.stream() as stream:
            while True:
                await self._next_message(stream)
                path = f"conversations/{self._patient.conversation_id}"
                status, body = await self._console.get(path)
                assert status == 200, body
                said = [event for event in body["events"] if event["text"].startswith("number ")]
                for event in said[answered:]:
                    status, _ = await self._console.post(f"{path}/typing")
                    assert status == 204
                    answer = {
                        "client_id": f"p-{event['seq']}",
                        "text": f"You said {event['text']}.",
                    }
                    status, body = await self._console.post(f"{path}/messages", answer)
                    assert status == 202, body
                answered = len(said)

    async def _next_message(self, stream: Stream) -> None:
        """The patient has written, or will not for a while."""
        with suppress(TimeoutError):
            await stream.next(
                "change", 10, kind="message", conversation_id=self._patient.conversation_id
            )


def _number(text: str) -> int:
    return int(text.split()[-1].rstrip("."))
