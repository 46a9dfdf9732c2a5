"""Devices that come back twice at once, and one that reads nothing while a thousand events come."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.bootstrap import utc_now
from bot.services.event_log import append, lock
from bot.storage.database import Database
from tests.faults.processes import Installation
from tests.faults.suffering import opened
from tests.stack import Device

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
STEP_SECONDS = 60.0
PILED_UP = 1000
DEAF = 4
# Each of these takes twelve bytes in a frame: more than the buffers of the system hold.
LONG_TEXT = "\N{PILL}" * 2000
ROUNDS = 20


async def test_two_sockets_come_back_at_once_with_the_same_message(
    installation: Installation,
) -> None:
    async with aiohttp.ClientSession() as session:
        first = Device(session, installation.address)
        await first.open()
        second = Device(session, installation.address)
        second.conversation_id, second.secret = first.conversation_id, first.secret
        for number in range(ROUNDS):
            await first.close()
            await second.close()
            after = 2 * number
            await asyncio.gather(first.connect(after), second.connect(after))
            frame = {"type": "message", "client_id": f"m{number}", "text": "are you a robot"}
            await asyncio.gather(first.send(frame), second.send(frame))
            for device in (first, second):
                acks, events = await until_answered(device, after + 2)
                assert acks == [after + 1]
                assert [event["seq"] for event in events if event["author"] == "bot"] == [after + 2]
        first.events = []
        log = await first.catch_up()
        assert [event["seq"] for event in log] == list(range(1, 2 * ROUNDS + 1))
        assert [event.get("client_id") for event in log[::2]] == [f"m{n}" for n in range(ROUNDS)]
        await first.close()
        await second.close()


async def until_answered(device: Device, last: int) -> tuple[list[int], list[dict[str, Any]]]:
    """The numbers of the acks, and the events, up to the last one and its ack."""
    acks: list[int] = []
    events: list[dict[str, Any]] = []
    while not acks or not events or events[-1]["seq"] < last:
        frame = await device.frame(STEP_SECONDS)
        if frame["type"] == "ack":
            acks.append(frame["seq"])
        elif frame["type"] == "event":
            events.append(frame)
    return acks, events


async def test_a_device_that_reads_nothing_costs_no_memory_and_stops_nobody(
    installation: Installation,
) -> None:
    async with (
        opened(installation.database_url) as database,
        deaf_session() as deaf,
        aiohttp.ClientSession() as session,
    ):
        writer = Device(session, installation.address)
        await writer.open()
        await pile_up(database, writer, 50)  # whatever grows once has grown
        silent = [Device(deaf, installation.address) for _ in range(DEAF)]
        for device in silent:
            device.conversation_id, device.secret = writer.conversation_id, writer.secret
            await device.connect()
        before = installation.gateway.resident()
        await pile_up(database, writer, PILED_UP)
        other = Device(session, installation.address)
        await other.open()
        assert (await other.say("are you a robot"))[-1]["author"] == "bot"
        grown = installation.gateway.resident() - before
        piled_up = DEAF * PILED_UP * len(LONG_TEXT) * 12
        assert grown < piled_up / 4, f"{grown:,} of {piled_up:,} bytes"
        await reads_all_the_same(silent[0], writer)
        for device in (writer, other, *silent):
            await device.close()


@asynccontextmanager
async def deaf_session() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections with hardly any room for what is not read."""

    def narrow(address: Any) -> socket.socket:
        line = socket.socket(address[0], address[1], address[2])
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        return line

    connector = aiohttp.TCPConnector(socket_factory=narrow, limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def pile_up(database: Database, writer: Device, count: int) -> None:
    """Let the log grow by long events, and say something in between, as in a lively chat."""
    for number in range(0, count, 50):
        async with database.write() as session:
            conversation = await lock(session, writer.conversation_id)
            assert conversation is not None
            for _ in range(min(50, count - number)):
                append(session, conversation, "message", "system", LONG_TEXT, at=utc_now())
        await writer.say("thank you")


async def reads_all_the_same(device: Device, writer: Device) -> None:
    """It reads at last, on this line or the next one, and has missed nothing."""
    await writer.close()
    last = (await writer.connect())["last_seq"]
    assert last > PILED_UP
    seen: list[int] = []
    while not seen or seen[-1] < last:
        try:
            frame = await device.frame(STEP_SECONDS)
        except TypeError:  # the gateway has given the line up meanwhile
            await device.connect(after=seen[-1] if seen else 0)
            continue
        if frame["type"] == "event":
            seen.append(frame["seq"])
    assert seen == list(range(1, last + 1))
