"""Fifty patients who write on, whatever fails.

    async with Load(address) as load:
        await load.answers(2)      # everybody has been answered twice
        ...                        # something fails, and is mended
        await load.finish()        # nobody writes anything new; all is delivered and shown

`load.patients` then know what was sent, acknowledged and shown; tests/faults/accounts.py compares
that with the database.
"""

import asyncio
from contextlib import suppress
from itertools import cycle
from random import Random
from typing import Self

from tests.faults.patient import PATIENCE_SECONDS, Patient, Sent
from tests.faults.script import SCRIPTS, STORE, Say, Step, Tap, Verify

CONVERSATIONS = 50
# Some people open the chat on a second device as well, some do not wait for an answer.
SECOND_DEVICE = 10
IMPATIENT = 10
A_MOMENT = 1.0
CATCH_UP_SECONDS = 240.0


class Writer:
    """A person who goes through a script again and again."""

    def __init__(self, patient: Patient, script: tuple[Step, ...], pace: Random, waits: bool):
        self.patient = patient
        self.answers = 0
        self._script = script
        self._pace = pace
        self._waits = waits

    async def write(self, enough: asyncio.Event) -> None:
        """Write until it is enough; what was begun is delivered all the same."""
        for step in cycle(self._script):
            if enough.is_set():
                return
            sent = await self._take(step)
            if sent is not None and (not self._waits or await self._is_answered(sent)):
                self.answers += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.uniform(2.0, 4.0)):
                    await enough.wait()

    async def _is_answered(self, sent: Sent) -> bool:
        """Wait for the answer, if there is to be one: whoever waits for people is told so once."""
        seconds = A_MOMENT if sent.reply == "waiting" else PATIENCE_SECONDS
        return await self.patient.answered(sent, seconds)

    async def _take(self, step: Step) -> Sent | None:
        match step:
            case Say(text=text, reply=reply):
                return await self.patient.say(text, reply)
            case Tap(label=label, reply=reply):
                return await self.patient.tap(label, reply)
            case Verify() if not self.patient.verified():
                await self.patient.verify(
                    last_name=step.last_name, date_of_birth=step.date_of_birth, phone=step.phone
                )
        return None


class Load:
    """`conversations` people with their devices, spread over the gateways at `addresses`."""

    def __init__(self, *addresses: str, conversations: int = CONVERSATIONS, seed: int = 7) -> None:
        self._paces = [Random(seed * 1000 + number) for number in range(conversations)]
        self._addresses = addresses
        self._enough = asyncio.Event()
        self._writing: list[asyncio.Task[None]] = []
        self.writers: list[Writer] = []
        self.beside: list[Patient] = []

    @property
    def patients(self) -> list[Patient]:
        """The devices that write."""
        return [writer.patient for writer in self.writers]

    @property
    def devices(self) -> list[Patient]:
        """All devices, also those that only read."""
        return [*self.patients, *self.beside]

    async def __aenter__(self) -> Self:
        for number, pace in enumerate(self._paces):
            self._add(number, pace)
        await asyncio.gather(*(writer.patient.open() for writer in self.writers))
        for patient in self.patients[::SECOND_DEVICE]:
            second = patient.beside()
            second.connect()
            self.beside.append(second)
        self._writing = [asyncio.create_task(writer.write(self._enough)) for writer in self.writers]
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._writing:
            task.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)
        await asyncio.gather(*(device.leave() for device in self.devices))

    def join(self, newcomers: int) -> None:
        """More people come, who have no conversation yet."""
        for _ in range(newcomers):
            number = len(self.writers)
            writer = self._add(number, Random(number))
            self._writing.append(asyncio.create_task(self._come(writer)))

    async def answers(self, count: int) -> None:
        """Wait until everybody has been answered so often; AssertionError when nobody answers."""
        deadline = asyncio.get_running_loop().time() + CATCH_UP_SECONDS
        while slow := sum(writer.answers < count for writer in self.writers):
            assert asyncio.get_running_loop().time() < deadline, f"{slow} are without an answer"
            await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """Nobody writes anything new, and every message is delivered."""
        self._enough.set()
        async with asyncio.timeout(CATCH_UP_SECONDS):
            await asyncio.gather(*self._writing)

    async def _come(self, writer: Writer) -> None:
        await writer.patient.open()
        await writer.write(self._enough)

    def _add(self, number: int, pace: Random) -> Writer:
        address = self._addresses[number % len(self._addresses)]
        waits = number % IMPATIENT != 0
        # Who does not wait does not see what there is to tap.
        script = SCRIPTS[number % len(SCRIPTS)] if waits else STORE
        writer = Writer(Patient(address, pace), script, pace, waits)
        self.writers.append(writer)
        return writer
