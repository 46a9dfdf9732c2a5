"""The gateway's own share of a turn: the whole turn, as a device sees it, less Rasa's answer.

Gateway, Rasa and action server are processes of their own. Storing, screening, sending and the
way to the device and to Rasa are in the share; Rasa and the action are not.
"""

import tempfile
import time
from pathlib import Path

from bench.engine_servers import QUESTION, Engine
from bench.figures import Measured
from bench.gateway_server import gateway
from bench.measures.engines import House, connected, house
from bench.measures.report import Report, median, quantiles
from bench.processes import Running, told
from bench.stopwatch_proxy import StopwatchProxy, stopwatch
from tests.stack import Device, free_port

CHATS = 20
TURNS = 10


async def measure(engine: Engine) -> Report:
    """With Willcall's engine, on SQLite as `make run` has it."""
    told(f"share: {CHATS} conversations of {TURNS} turns")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        async with (
            house(folder) as home,
            home.engine(engine) as rasa,
            stopwatch(home.session, rasa.url, free_port()) as proxy,
            gateway(
                home.session, folder, f"sqlite:///{folder}/bench.sqlite", free_port(), proxy.url,
                home.actions.url,
            ) as door,
        ):  # fmt: skip
            return await _turns(home, door, proxy)


async def _turns(home: House, door: Running, proxy: StopwatchProxy) -> Report:
    own: list[float] = []
    whole: list[float] = []
    cpu: list[float] = []
    for chat in await home.chats(CHATS + 1):
        device = await connected(home, door, chat)
        await device.say(QUESTION)  # the first turn of a conversation warms it up
        before = door.cpu_seconds()
        for _ in range(TURNS):
            taken = await _turn(device)
            whole.append(taken * 1000)
            own.append((taken - proxy.taken[-1]) * 1000)
        cpu.append((door.cpu_seconds() - before) / TURNS * 1000)
        await device.close()
    own, whole, cpu = own[TURNS:], whole[TURNS:], cpu[1:]  # without the first conversation
    details: dict[str, object] = {
        "own_ms": quantiles(own),
        "whole_turn_ms": quantiles(whole),
        "gateway_cpu_ms_a_turn": quantiles(cpu),
    }
    return Report({"share": Measured(median(own))}, details)


async def _turn(device: Device) -> float:
    started = time.perf_counter()
    events = await device.say(QUESTION)
    taken = time.perf_counter() - started
    assert any(event["kind"] == "status_card" for event in events), events
    return taken
