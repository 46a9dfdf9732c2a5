"""Turns through Rasa: how long one takes, what a long conversation costs, how many fit in a second.

Both engines run at the same time and are asked by turns, so that what else the machine does falls
on both. The action server is one process and the same for both.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.engine_servers import Engine, ask, checked
from bench.figures import Measured
from bench.measures.engines import House, house
from bench.measures.report import Report, median, quantiles
from bench.people import Chat
from bench.processes import Running, told

TURNS = 10  # of one conversation, as a long chat has
ROUNDS = 12
LONG_TURNS = 100
LONG_ROUNDS = 5
TOGETHER = 16
SECONDS = 10.0
THROUGHPUT_ROUNDS = 3
# Conversations made beforehand, more than any engine gets through in one round.
ENOUGH = 600


@dataclass
class _Found:
    """What one engine has shown; milliseconds, and messages a second."""

    turns: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)
    hundredths: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    rate_cpu: list[float] = field(default_factory=list)
    resident: int = 0

    def details(self) -> dict[str, object]:
        return {
            "turn_ms": quantiles(self.turns),
            "rasa_cpu_ms_a_turn": quantiles(self.cpu),
            "first_turn_ms": quantiles(self.firsts),
            "hundredth_turn_ms": quantiles(self.hundredths),
            "messages_a_second": quantiles(self.rates),
            "rasa_cpu_ms_a_message_in_parallel": quantiles(self.rate_cpu),
            "resident_bytes": self.resident,
        }


async def measure(engines: Sequence[Engine]) -> Report:
    """Willcall's engine and the stock one, in this order."""
    found = {engine.name: _Found() for engine in engines}
    with tempfile.TemporaryDirectory() as place:
        async with (
            house(Path(place)) as home,
            home.engine(engines[0]) as first,
            home.engine(engines[1]) as second,
        ):
            await _all(home, {engines[0].name: first, engines[1].name: second}, found)
    ours, stock = found[engines[0].name], found[engines[1].name]
    growth = [median(each.hundredths) / median(each.firsts) for each in (ours, stock)]
    figures = {
        "turn": Measured(median(ours.turns), median(stock.turns)),
        "growth": Measured(*growth),
        "throughput": Measured(median(ours.rates), median(stock.rates)),
        "memory": Measured(ours.resident / 1e6, stock.resident / 1e6),
    }
    return Report(figures, {name: each.details() for name, each in found.items()})


async def _all(home: House, servers: dict[str, Running], found: dict[str, _Found]) -> None:
    told(f"turns: {ROUNDS} conversations each, one turn after another")
    for _ in range(ROUNDS):
        for name, server in servers.items():
            await _short(home, server, found[name])
    told(f"turns: {LONG_ROUNDS} conversations of {LONG_TURNS} turns each")
    for _ in range(LONG_ROUNDS):
        for name, server in servers.items():
            await _long(home, server, found[name])
    told(f"turns: {TOGETHER} conversations at once, {THROUGHPUT_ROUNDS} times each")
    for _ in range(THROUGHPUT_ROUNDS):
        for name, server in servers.items():
            await _together(home, server, found[name])
    for name, server in servers.items():
        found[name].resident = server.resident_bytes()


async def _short(home: House, server: Running, found: _Found) -> None:
    chat = (await home.chats(1))[0]
    before = server.cpu_seconds()
    times = [await _turn(home, server, chat) for _ in range(TURNS)]
    found.turns += times
    found.cpu.append((server.cpu_seconds() - before) / TURNS * 1000)


async def _long(home: House, server: Running, found: _Found) -> None:
    chat = (await home.chats(1))[0]
    times = [await _turn(home, server, chat) for _ in range(LONG_TURNS)]
    found.firsts.append(times[0])
    found.hundredths.append(times[-1])


async def _turn(home: House, server: Running, chat: Chat) -> float:
    """Milliseconds from the question to the checked answer."""
    started = time.perf_counter()
    answer = await ask(home.session, server.url, chat.conversation_id)
    taken = (time.perf_counter() - started) * 1000
    checked(answer, server.name)
    return taken


async def _together(home: House, server: Running, found: _Found) -> None:
    """As many messages as fit, each conversation sending its next one when it has an answer."""
    waiting = iter(await home.chats(ENOUGH))
    until = time.perf_counter() + SECONDS
    answered = 0

    async def one_after_another() -> None:
        nonlocal answered
        for chat in waiting:
            for _ in range(TURNS):
                if time.perf_counter() >= until:
                    return
                checked(await ask(home.session, server.url, chat.conversation_id), server.name)
                answered += 1

    before, started = server.cpu_seconds(), time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(TOGETHER)))
    found.rates.append(answered / (time.perf_counter() - started))
    found.rate_cpu.append((server.cpu_seconds() - before) / answered * 1000)
