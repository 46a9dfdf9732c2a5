"""Where the time of a turn goes: gateway, Rasa's NLU, Rasa's core, action, database.

`make bench` runs it. The real stack answers one verified patient's status question again and
again; everything runs on this machine in one run, so the shares can be compared with each other.
Times are milliseconds; they say nothing about another machine.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.machine import commit, machine
from bot.actions.base import PatientAction
from bot.feed import json_lines
from bot.feed.demo import demo_records
from bot.gateway.rasa_client import RasaClient
from bot.places import ROOT
from bot.services.records import import_records
from bot.storage.database import Database
from bot.storage.schema import migrate
from tests.stack import Device, RasaProcess, free_port, model_file, stack

QUESTION = "is my lisinopril ready"
PATIENT = {"last_name": "Carter", "date_of_birth": "1961-03-04", "phone": "2165550101"}
STAGES = ("gateway", "rasa_nlu", "rasa_core", "action", "database")


class Stopwatch:
    """Adds up what each stage took in the present turn, in seconds."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}

    def add(self, stage: str, seconds: float) -> None:
        self.spent[stage] = self.spent.get(stage, 0.0) + seconds


def main() -> None:
    """Print the table and write it to bench/results/turn.json."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--turns", type=int, default=60, help="turns to measure")
    turns = arguments.parse_args().turns
    measured = asyncio.run(_measure(turns))
    rows = [(stage, *_quantiles(measured[stage])) for stage in (*STAGES, "whole turn")]
    print(f"{'stage':<12}{'p50 ms':>9}{'p95 ms':>9}   of {turns} turns")
    for stage, middle, late in rows:
        print(f"{stage:<12}{middle:>9.1f}{late:>9.1f}")
    target = ROOT / "bench" / "results" / "turn.json"
    target.parent.mkdir(exist_ok=True)
    body = {
        "commit": commit(),
        "machine": machine(),
        "turns": turns,
        "milliseconds": {stage: {"p50": p50, "p95": p95} for stage, p50, p95 in rows},
    }
    target.write_text(json.dumps(body, indent=2) + "\n")


async def _measure(turns: int) -> dict[str, list[float]]:
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder, _watched(watch):
        database = Database(f"sqlite:///{folder}/bench.sqlite")
        now = datetime.now(UTC)
        await migrate(database)
        lines = (json.dumps(record) for record in demo_records(now))
        await import_records(database, json_lines.read(lines), now)
        rasa = RasaProcess(model_file(), free_port())
        rasa.start(Path(folder) / "rasa.log")
        try:
            async with (
                stack(
                    database, rasa.url, rasa.actions_port, lambda: datetime.now(UTC),
                    messages_per_minute=1_000_000,
                ) as (address, _),
                aiohttp.ClientSession() as session,
            ):  # fmt: skip
                return await _turns(session, address, rasa.url, turns, watch)
        finally:
            rasa.kill()


async def _turns(
    session: aiohttp.ClientSession, address: str, rasa_url: str, turns: int, watch: Stopwatch
) -> dict[str, list[float]]:
    measured: dict[str, list[float]] = {stage: [] for stage in (*STAGES, "whole turn")}
    for number in range(turns):
        if number % 10 == 0:
            # A fresh conversation, so that the length of Rasa's tracker stays out of it.
            device = Device(session, address)
            await device.open()
            await device.verify(**PATIENT)
            await device.turn_events()
            await device.say(QUESTION)
        nlu = await _nlu(session, rasa_url)
        watch.spent.clear()
        started = time.perf_counter()
        events = await device.say(QUESTION)
        whole = time.perf_counter() - started
        assert any(item["kind"] == "status_card" for item in events), events
        spent = watch.spent
        stages = {
            "gateway": whole - spent["rasa"] - spent["gateway_database"],
            "rasa_nlu": nlu,
            "rasa_core": spent["rasa"] - spent["action"] - nlu,
            "action": spent["action"] - spent["action_database"],
            "database": spent["gateway_database"] + spent["action_database"],
            "whole turn": whole,
        }
        for stage, seconds in stages.items():
            measured[stage].append(seconds * 1000)
    return measured


async def _nlu(session: aiohttp.ClientSession, rasa_url: str) -> float:
    """What reading the message takes inside Rasa, over its HTTP interface."""
    started = time.perf_counter()
    async with session.post(f"{rasa_url}/model/parse", json={"text": QUESTION}) as response:
        await response.json()
    return time.perf_counter() - started


@contextmanager
def _watched(watch: Stopwatch) -> Iterator[None]:
    """Time Rasa's answers, the actions, and every statement, by who sends it."""
    ask, run = RasaClient.ask, PatientAction._answer
    inside = {"action": 0}

    def timed(stage: str, real: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def wrapper(*arguments: Any) -> Any:
            inside[stage] = inside.get(stage, 0) + 1
            started = time.perf_counter()
            try:
                return await real(*arguments)
            finally:
                inside[stage] -= 1
                watch.add(stage, time.perf_counter() - started)

        return wrapper

    def before(connection: Any, *_rest: Any) -> None:
        connection.info["started"] = time.perf_counter()

    def after(connection: Any, *_rest: Any) -> None:
        stage = "action_database" if inside["action"] else "gateway_database"
        watch.add(stage, time.perf_counter() - connection.info["started"])

    RasaClient.ask = timed("rasa", ask)  # type: ignore[method-assign, assignment]
    PatientAction._answer = timed("action", run)  # type: ignore[method-assign, assignment]
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    try:
        yield
    finally:
        RasaClient.ask, PatientAction._answer = ask, run  # type: ignore[method-assign]
        event.remove(Engine, "before_cursor_execute", before)
        event.remove(Engine, "after_cursor_execute", after)


def _quantiles(values: list[float]) -> tuple[float, float]:
    ordered = sorted(values)
    return round(statistics.median(ordered), 2), round(ordered[int(len(ordered) * 0.95)], 2)


if __name__ == "__main__":
    main()
