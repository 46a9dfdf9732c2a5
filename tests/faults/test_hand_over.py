"""The gateway dies while fifty conversations are with people: nothing is lost, nothing doubled."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from sqlalchemy import select

from bot import directives as d
from bot.storage.conversations import Conversation, Escalation, Event
from bot.storage.database import Database
from tests.faults.gateway_process import GatewayProcess
from tests.gateway.engine import Engine, custom
from tests.stack import Device, free_port, serving
from tests.staff import Console, Stream, add_staff

CONVERSATIONS = 50
PERSON = d.Handoff(
    queue="counter", priority="soon", reason="request_human", response="handoff.request_human"
)
LOST = (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError, TypeError)


@pytest_asyncio.fixture
async def gateway(tmp_path: Path, database_url: str) -> AsyncIterator[GatewayProcess]:
    engine = Engine()
    engine.reply = lambda _text: custom(PERSON)
    async with serving(engine.application(), free_port()) as rasa_url:
        process = GatewayProcess(tmp_path, database_url, rasa_url)
        await process.start()
        yield process
        process.kill()


class Talker:
    """One side of a conversation that sends a message until it is acknowledged."""

    def __init__(self, session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        self._session = session
        self._url = url
        self._headers = headers
        self.acknowledged: dict[str, int] = {}
        self.sent: dict[str, str] = {}

    async def say(self, text: str) -> None:
        """Send once; what is not acknowledged is kept for `send_again`."""
        client_id = str(uuid.uuid4())
        self.sent[client_id] = text
        await self._post(client_id)

    async def send_again(self) -> None:
        """Send what was never acknowledged, and once more the last that was."""
        again = [client_id for client_id in self.sent if client_id not in self.acknowledged]
        for client_id in [*again, *list(self.acknowledged)[-1:]]:
            before = self.acknowledged.get(client_id)
            await self._post(client_id)
            assert before in (None, self.acknowledged[client_id])

    async def _post(self, client_id: str) -> None:
        body = {"client_id": client_id, "text": self.sent[client_id]}
        async with self._session.post(self._url, json=body, headers=self._headers) as response:
            assert response.status == 202, await response.text()
            self.acknowledged[client_id] = (await response.json())["seq"]


async def state(database: Database) -> dict[int, Any]:
    """Every escalation, as far as a restart must not change it."""
    async with database.read() as session:
        rows = await session.scalars(select(Escalation).order_by(Escalation.escalation_id))
        return {
            row.escalation_id: (
                row.conversation_id, row.queue, row.priority, row.reason, row.state,
                row.claimed_by, row.opened_at, row.due_at,
            )
            for row in rows
        }  # fmt: skip


async def test_killed_in_the_middle_of_fifty_hand_overs(
    gateway: GatewayProcess, database_url: str
) -> None:
    database = Database(database_url)
    await add_staff(database, "paul", "pharmacist")
    async with aiohttp.ClientSession() as session, Console(gateway.address) as paul:
        devices = [Device(session, gateway.address) for _ in range(CONVERSATIONS)]
        for device in devices:
            await device.open()
            await device.say("a person please")
        assert (await paul.sign_in("paul"))[0] == 200
        escalations = await state(database)
        assert len(escalations) == CONVERSATIONS
        claimed = list(escalations)[::2]
        async with paul.stream() as stream:
            hello = await stream.next("hello")
            listening = asyncio.create_task(listen(stream))
            for number in claimed:
                assert (await paul.post(f"escalations/{number}/claim"))[0] == 200
            patients, staff = _talkers(session, paul, gateway.address, devices, escalations)
            await _talk_until_killed(gateway, patients, staff)
            told = await listening
        before = await state(database)

        await gateway.start()
        assert await state(database) == before
        assert [row[4] for row in before.values()].count("claimed") == len(claimed)

        # Both sides come back as their devices do: from the last event, with what was not acked.
        await asyncio.gather(*(talker.send_again() for talker in (*patients, *staff)))
        async with paul.stream(told[-1]) as stream:
            newest = (await stream.next("hello")).data["last_id"]
            while told[-1] < newest:
                told.append(int((await stream.next("change")).id or 0))
        assert told == list(range(hello.data["last_id"] + 1, newest + 1))

        for device in devices:
            await device.connect(after=max(event["seq"] for event in device.events))
        await _nothing_lost_or_doubled(session, gateway, database, devices, patients, staff)
        await _unread_marks(database, devices, patients)
        for device in devices:
            await device.close()
    await database.close()


async def listen(stream: Stream) -> list[int]:
    """The numbers of the changes that a console is told before the gateway dies."""
    with suppress(*LOST):
        await stream.ends(seconds=60)
    return [int(event.id) for event in stream.seen if event.id]


def _talkers(
    session: aiohttp.ClientSession,
    paul: Console,
    address: str,
    devices: list[Device],
    escalations: dict[int, Any],
) -> tuple[list[Talker], list[Talker]]:
    """A patient for every conversation, the pharmacist for every one that he has claimed."""
    patients = [
        Talker(
            session,
            f"{address}/api/v1/conversations/{device.conversation_id}/messages",
            {"Authorization": f"Bearer {device.secret}"},
        )
        for device in devices
    ]
    staff = [
        Talker(
            paul.session,
            f"{address}/staff/api/conversations/{row[0]}/messages",
            {"X-CSRF-Token": paul.csrf},
        )
        for row in list(escalations.values())[::2]
    ]
    return patients, staff


async def _talk_until_killed(
    gateway: GatewayProcess, patients: list[Talker], staff: list[Talker]
) -> None:
    """Everybody writes; the gateway is killed while they do."""

    async def talk(talker: Talker, name: str) -> None:
        with suppress(*LOST):
            for number in range(1000):
                await talker.say(f"{name} {number}")

    sides = [talk(talker, f"patient {at}") for at, talker in enumerate(patients)]
    sides += [talk(talker, f"staff {at}") for at, talker in enumerate(staff)]
    running = [asyncio.create_task(side) for side in sides]
    while sum(len(talker.acknowledged) for talker in (*patients, *staff)) < 3 * CONVERSATIONS:
        await asyncio.sleep(0.01)
    gateway.kill()
    await asyncio.gather(*running)
    assert any(len(talker.sent) > len(talker.acknowledged) for talker in patients)


async def _nothing_lost_or_doubled(
    session: aiohttp.ClientSession,
    gateway: GatewayProcess,
    database: Database,
    devices: list[Device],
    patients: list[Talker],
    staff: list[Talker],
) -> None:
    by_conversation: dict[str, list[str]] = {}
    for device, talker in zip(devices, patients, strict=True):
        by_conversation[device.conversation_id] = list(talker.sent.values())
    for device, talker in zip(devices[::2], staff, strict=True):
        by_conversation[device.conversation_id] += talker.sent.values()
    for device in devices:
        url = f"{gateway.address}/api/v1/conversations/{device.conversation_id}/events"
        headers = {"Authorization": f"Bearer {device.secret}"}
        async with session.get(url, headers=headers) as response:
            events = (await response.json())["events"]
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        said = [e["text"] for e in events if e["author"] in ("patient", "staff")]
        assert sorted(said) == sorted(["a person please", *by_conversation[device.conversation_id]])
    async with database.read() as reading:
        total = len((await reading.scalars(select(Event.seq))).all())
    assert total > 4 * CONVERSATIONS


async def _unread_marks(database: Database, devices: list[Device], patients: list[Talker]) -> None:
    """What nobody has claimed is unread to the last message, and still in the queue."""
    async with database.read() as session:
        for device, talker in list(zip(devices, patients, strict=True))[1::2]:
            row = await session.scalar(
                select(Escalation).where(Escalation.conversation_id == device.conversation_id)
            )
            conversation = await session.get_one(Conversation, device.conversation_id)
            assert row is not None
            assert (row.unread, conversation.owner) == (1 + len(talker.sent), "queue")
