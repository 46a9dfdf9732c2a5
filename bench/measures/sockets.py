"""Idle sockets on one gateway: their memory, and what they cost those who talk beside them.

Gateway, Rasa, action server and the idle devices are processes of their own. Devices offer
compression as browsers do. Fifty patients talk through the whole stack before the idle sockets are
there and again beside them.
"""

import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bench.engine_servers import QUESTION, Engine
from bench.figures import Measured
from bench.gateway_server import gateway
from bench.measures.engines import House, connected, house
from bench.measures.report import Report, quantiles
from bench.people import Chat
from bench.processes import MANY_FILES, BenchError, Running, told
from bot.places import ROOT
from tests.stack import Device, free_port

IDLE = 5_000
ACTIVE = 50
MESSAGES = 6
PAUSE_SECONDS = 5.0  # between two messages of one patient, on average
# Longer than a round of the gateway's pings, so that every idle socket has had one.
SETTLE_SECONDS = 30.0


async def measure(engine: Engine) -> Report:
    """KB of 1,000 bytes that the gateway's resident memory grows by for each idle socket."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (MANY_FILES, MANY_FILES))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        url = f"sqlite:///{folder}/bench.sqlite"
        async with (
            house(folder) as home,
            home.engine(engine) as rasa,
            gateway(
                home.session, folder, url, free_port(), rasa.url, home.actions.url
            ) as door,
        ):  # fmt: skip
            return await _measure(home, door)


async def _measure(home: House, door: Running) -> Report:
    told(f"sockets: {ACTIVE} conversations without idle sockets")
    await _talk(home, door)  # warms everything up
    alone = await _talk(home, door)
    before = door.resident_bytes()
    told(f"sockets: {IDLE:,} idle sockets")
    async with idle(door, await home.chats(IDLE)):
        await asyncio.sleep(SETTLE_SECONDS)
        grown = door.resident_bytes() - before
        worked = door.cpu_seconds()
        await asyncio.sleep(SETTLE_SECONDS)
        worked = door.cpu_seconds() - worked
        told(f"sockets: {ACTIVE} conversations beside them")
        beside = await _talk(home, door)
    details: dict[str, object] = {
        "idle_sockets": IDLE,
        "gateway_resident_bytes_before": before,
        "gateway_resident_bytes_grown": grown,
        "gateway_cpu_share_while_all_are_idle": round(worked / SETTLE_SECONDS, 4),
        "active_conversations": ACTIVE,
        "turn_ms_without_idle_sockets": quantiles(alone),
        "turn_ms_beside_idle_sockets": quantiles(beside),
    }
    return Report({"socket": Measured(grown / 1000 / IDLE)}, details)


async def _talk(home: House, door: Running) -> list[float]:
    """Milliseconds of each turn, of patients who read for a while before they write again."""
    chance = random.Random(ACTIVE)
    taken: list[float] = []

    async def patient(device: Device) -> None:
        for _ in range(MESSAGES):
            await asyncio.sleep(chance.uniform(0, 2 * PAUSE_SECONDS))
            started = time.perf_counter()
            await device.say(QUESTION)
            taken.append((time.perf_counter() - started) * 1000)
        await device.close()

    devices = [await connected(home, door, chat) for chat in await home.chats(ACTIVE)]
    await asyncio.gather(*(patient(device) for device in devices))
    return taken


@asynccontextmanager
async def idle(door: Running, chats: Sequence[Chat]) -> AsyncIterator[None]:
    """All of them connected and welcome. Raises BenchError if one has gone meanwhile."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.idle_clients", cwd=ROOT,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    lines = [door.url, *(f"{chat.conversation_id} {chat.secret}" for chat in chats), "", ""]
    try:
        process.stdin.write("\n".join(lines).encode())
        if await process.stdout.readline() != b"ready\n":
            raise BenchError("the idle devices could not all connect")
        yield
        process.stdin.close()
        left = int(await process.stdout.readline())
        if left != len(chats):
            raise BenchError(f"of {len(chats)} idle sockets only {left} still answer")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
