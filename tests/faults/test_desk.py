"""The staff's side of faults: consoles that die in the middle, alerts that fall into an outage."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import count

import aiohttp
import pytest
from sqlalchemy import select, update

from bot.bootstrap import utc_now
from bot.storage.conversations import Conversation, Escalation
from bot.storage.database import Database
from bot.storage.staff import StaffEvent
from tests.faults.accounts import MOST_LOOKS
from tests.faults.kept import POLL_SECONDS
from tests.faults.patient import LOST
from tests.faults.processes import Installation
from tests.faults.report import ROWS, Row
from tests.faults.suffering import opened
from tests.stack import Device
from tests.staff import Console, add_staff

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
on_postgres = pytest.mark.parametrize("installation", ["postgresql"], indirect=True)
CONVERSATIONS = 20
DEATHS = 6
OUTAGE_SECONDS = 3
GONE = (*LOST, asyncio.CancelledError, StopAsyncIteration, RuntimeError)


async def handed_over(session: aiohttp.ClientSession, address: str, number: int) -> list[Device]:
    """Conversations that wait for the counter."""
    devices = [Device(session, address) for _ in range(number)]
    for device in devices:
        await device.open()
        assert await device.say("i want to talk to a person")
    return devices


async def rows_of(database: Database, devices: Sequence[Device]) -> list[Escalation]:
    """What of these conversations waits for people, or is with them."""
    async with database.read() as session:
        rows = await session.scalars(
            select(Escalation)
            .where(Escalation.conversation_id.in_([each.conversation_id for each in devices]))
            .order_by(Escalation.escalation_id)
        )
        return list(rows)


class Worker:
    """Somebody at the desk who claims, types, writes and lets go, until the browser dies."""

    def __init__(self, name: str, installation: Installation, rows: list[Escalation]) -> None:
        self.name = name
        self.told: list[int] = []
        self.written: dict[str, int] = {}
        self._installation = installation
        self._rows = rows
        self._numbers = count()

    async def work(self, seconds: float) -> None:
        """One life of the browser: it ends in the middle of whatever is under way."""
        console = Console(self._installation.address)
        tasks: list[asyncio.Task[None]] = []
        try:
            assert (await console.sign_in(self.name))[0] == 200
            tasks = [asyncio.create_task(self._listen(console))]
            tasks += [asyncio.create_task(self._talk(console, part)) for part in range(3)]
            await asyncio.sleep(seconds)
        finally:
            await console.session.close()  # requests that are under way are cut
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _talk(self, console: Console, part: int) -> None:
        with suppress(*GONE):
            for row in self._rows[part::3] * 100:
                path = f"conversations/{row.conversation_id}"
                status, _ = await console.post(f"escalations/{row.escalation_id}/claim")
                if status != 200:
                    continue
                await console.post(f"{path}/typing")
                client_id = f"{self.name}-{next(self._numbers)}"
                body = {"client_id": client_id, "text": f"This is {client_id}."}
                self.written[client_id] = 0
                status, answer = await console.post(f"{path}/messages", body)
                if status == 202:
                    self.written[client_id] = answer["seq"]
                await console.post(f"escalations/{row.escalation_id}/release")

    async def _listen(self, console: Console) -> None:
        with suppress(*GONE):
            async with console.stream(self.told[-1] if self.told else 0) as stream:
                async for event in stream:
                    if event.id:
                        self.told.append(int(event.id))


@on_postgres
async def test_consoles_die_in_the_middle_of_claims_and_typing(installation: Installation) -> None:
    async with opened(installation.database_url) as database, aiohttp.ClientSession() as session:
        for name in ("paul", "pia"):
            await add_staff(database, name, "pharmacist")
        devices = await handed_over(session, installation.address, CONVERSATIONS)
        rows = await rows_of(database, devices)
        people = [Worker(name, installation, rows) for name in ("paul", "pia")]
        for _ in range(DEATHS):
            await asyncio.gather(*(person.work(seconds=1.5) for person in people))
        # The last life ends by itself, so that the stream tells all that has happened.
        async with database.read() as reading:
            events = (await reading.scalars(select(StaffEvent).order_by(StaffEvent.event_id))).all()
        for person in people:
            assert any(seq for seq in person.written.values()), "nothing was written"
            await _is_told_everything_once(person, installation, events)
        await _holders_agree(database, devices)
        await _messages_are_there_once(devices, people)
        lives = DEATHS * len(people)
        written = sum(len(person.written) for person in people)
        ROWS.append(
            Row("console killed", installation.database, lives, lives, len(devices), written,
                0, 0, 0, 0, 0, len(rows), 0, None)
        )  # fmt: skip
        for device in devices:
            await device.close()


async def _is_told_everything_once(
    person: Worker, installation: Installation, events: Sequence[StaffEvent]
) -> None:
    """The streams of all lives, and one more, are the list of changes without a hole."""
    async with Console(installation.address) as console:
        assert (await console.sign_in(person.name))[0] == 200
        async with console.stream(person.told[-1]) as stream:
            newest = (await stream.next("hello")).data["last_id"]
            while person.told[-1] < newest:
                person.told.append(int((await stream.next("change", seconds=60)).id or 0))
    assert person.told[: len(events)] == [event.event_id for event in events]


async def _holders_agree(database: Database, devices: Sequence[Device]) -> None:
    """A conversation is somebody's exactly if what is open of it is; claims alternate."""
    async with database.read() as session:
        for row in await rows_of(database, devices):
            head = await session.get_one(Conversation, row.conversation_id)
            assert (row.state == "claimed") == (head.owner == "staff")
            assert row.claimed_by == head.holder
            changes = await session.scalars(
                select(StaffEvent.kind)
                .where(StaffEvent.escalation_id == row.escalation_id)
                .where(StaffEvent.kind.in_(("claimed", "released")))
                .order_by(StaffEvent.event_id)
            )
            kinds = changes.all()
            assert kinds == [("claimed", "released")[at % 2] for at in range(len(kinds))]


async def _messages_are_there_once(devices: Sequence[Device], people: Sequence[Worker]) -> None:
    """What was acknowledged is in the log, under its number; what was cut is there once or not."""
    said: dict[str, int] = {}
    for device in devices:
        device.events = []
        log = await device.catch_up()
        assert [event["seq"] for event in log] == list(range(1, len(log) + 1))
        for event in log:
            if event["author"] == "staff":
                name = event["text"].removeprefix("This is ").removesuffix(".")
                assert name not in said, f"{name} is there twice"
                said[name] = event["seq"]
    for person in people:
        for client_id, seq in person.written.items():
            assert seq in (0, said.get(client_id)), f"{client_id} is lost"


async def test_alerts_that_fall_into_an_outage_are_given_after_it(
    installation: Installation,
) -> None:
    async with opened(installation.database_url) as database, aiohttp.ClientSession() as session:
        devices = await handed_over(session, installation.address, CONVERSATIONS)
        before = await rows_of(database, devices)
        numbers = [row.escalation_id for row in before]
        installation.gateway.kill()
        soon = utc_now() + timedelta(seconds=OUTAGE_SECONDS / 2)
        async with database.write() as writing:
            await writing.execute(
                update(Escalation)
                .where(Escalation.escalation_id.in_(numbers))
                .values(next_alert_at=soon, due_at=soon)
            )
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(installation.gateway.start)
        recovered_at = await asyncio.to_thread(installation.wait_until_ready)
        for _ in range(MOST_LOOKS):
            rows = await rows_of(database, devices)
            if all(row.alerts == 1 for row in rows):
                break
            await asyncio.sleep(POLL_SECONDS)
        seconds = utc_now().timestamp() - recovered_at
        assert [(row.escalation_id, row.alerts) for row in rows] == [(each, 1) for each in numbers]
        assert {row.due_at for row in rows} == {soon}
        async with database.read() as reading:
            told = await reading.scalars(
                select(StaffEvent.escalation_id)
                .where(StaffEvent.kind == "alert", StaffEvent.escalation_id.in_(numbers))
                .order_by(StaffEvent.escalation_id)
            )
            assert told.all() == numbers
        ROWS.append(
            Row("alerts due in an outage", installation.database, len(rows), len(rows),
                len(devices), len(devices), 0, 0, 0, 0, 0, len(rows), 0, round(seconds, 1))
        )  # fmt: skip
        for device in devices:
            await device.close()
