"""The harness: processes that are started and ended, the stopwatch between gateway and Rasa, idle
devices, and that each part of the table is measured by something."""

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bench import __main__ as harness
from bench.engine_servers import Engine, checked
from bench.figures import FIGURES, PARTS
from bench.measures import records, share, sockets, start, training, turns, widget
from bench.measures.report import Report, quantiles
from bench.people import Chat, chats
from bench.processes import BenchError, Running, running
from bench.stock.model import StockModel
from bench.stopwatch_proxy import stopwatch
from bench.timed_run import timed_run
from bot.bootstrap import build, utc_now
from bot.gateway.app import build_gateway
from bot.gateway.keys import SOCKETS
from bot.settings import Settings
from bot.storage.database import Database
from tests.gateway.engine import Engine as ScriptedEngine
from tests.stack import free_port, serving

SLEEPS = [sys.executable, "-c", "import time; time.sleep(600)"]
STOCK = StockModel("stock-1-x", 1, 100.0, 150.0, 10**9, 0)
MEASURES = {
    "turns": turns, "start": start, "training": training, "share": share, "records": records,
    "sockets": sockets, "widget": widget,
}  # fmt: skip


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_process_is_watched_and_ended(tmp_path: Path) -> None:
    async with running("a sleeper", SLEEPS, "", yes, tmp_path / "log") as process:
        assert is_running(process.pid)
        assert process.resident_bytes() > 100_000
        assert process.cpu_seconds() >= 0
    assert not is_running(process.pid)


async def test_a_process_that_ends_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such model'); raise SystemExit(1)"]
    with pytest.raises(BenchError, match="no such model"):
        async with running("Rasa", command, "", no, tmp_path / "log"):
            pass


def test_a_run_to_the_end_tells_what_it_took(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "sum(range(3_000_000))"]
    taken = timed_run(command, tmp_path, tmp_path / "log")
    assert taken.wall_seconds > 0
    assert taken.cpu_seconds > 0
    assert taken.peak_bytes > 1_000_000


def test_a_run_that_fails_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('out of paper')"]
    with pytest.raises(BenchError, match="out of paper"):
        timed_run(command, tmp_path, tmp_path / "log")


async def test_the_stopwatch_passes_on_and_counts_messages_alone() -> None:
    engine = ScriptedEngine()
    port = free_port()
    async with (
        aiohttp.ClientSession() as session,
        serving(engine.application(), port) as rasa,
        stopwatch(session, rasa, free_port()) as proxy,
    ):
        body = {"sender": "s", "message": "hello"}
        for _ in range(2):
            async with session.post(f"{proxy.url}/webhooks/rest/webhook", json=body) as answer:
                assert answer.status == 200
                assert (await answer.json())[0]["custom"]["response"] == "greet"
        async with session.get(f"{proxy.url}/status") as answer:
            assert (await answer.json())["model_file"] == engine.model
        engine.status = 503
        async with session.post(f"{proxy.url}/webhooks/rest/webhook", json=body) as answer:
            assert answer.status == 503
    assert engine.heard == ["hello"] * 3
    assert len(proxy.taken) == 3


@dataclass(frozen=True)
class Door:
    """A gateway in this process, which idle devices cannot tell from one of its own."""

    running: Running
    web_app: web.Application

    @property
    def open_sockets(self) -> int:
        return len([socket for socket in self.web_app[SOCKETS] if not socket.closed])


@pytest.fixture
async def door(database: Database, tmp_path: Path) -> AsyncIterator[Door]:
    app = build(Settings(data_dir=tmp_path, rasa_url="http://127.0.0.1:9"), utc_now, database)
    web_app = build_gateway(app)
    async with serving(web_app, free_port()) as address:
        yield Door(Running("the gateway", 0, address, 0, 0), web_app)


async def test_idle_devices_are_welcomed_and_stay(database: Database, door: Door) -> None:
    async with sockets.idle(door.running, await chats(database, 5, utc_now())):
        assert door.open_sockets == 5


async def test_an_idle_device_that_is_lost_is_noticed(database: Database, door: Door) -> None:
    made = await chats(database, 3, utc_now())
    url = f"{door.running.url}/api/v1/conversations/{made[0].conversation_id}"
    headers = {"Authorization": f"Bearer {made[0].secret}"}

    async def lose_one() -> None:
        async with sockets.idle(door.running, made):
            async with aiohttp.request("DELETE", url, headers=headers) as answer:
                assert answer.status == 204
            async with asyncio.timeout(60):
                while door.open_sockets > 2:
                    await asyncio.sleep(0.01)

    with pytest.raises(BenchError, match="only 2"):
        await lose_one()


async def test_devices_that_are_not_let_in_are_an_error(database: Database, door: Door) -> None:
    (chat,) = await chats(database, 1, utc_now())
    stranger = Chat(chat.conversation_id, "not the secret")
    with pytest.raises(BenchError, match="could not all connect"):
        async with sockets.idle(door.running, [stranger]):
            pass


def test_an_answer_that_is_not_the_status_is_refused() -> None:
    checked([{"custom": {"type": "remember"}}, {"custom": {"type": "status_card"}}], "stock")
    for wrong in ([], [{"custom": {"type": "unanswered"}}], [{"text": "Sorry?"}]):
        with pytest.raises(BenchError):
            checked(wrong, "stock")


def test_each_engine_is_started_with_its_model(tmp_path: Path) -> None:
    model = tmp_path / "model.tar.gz"
    for name, module in (("willcall", "bot.nlu.serve"), ("stock", "rasa")):
        command = Engine(name, model).command(5005, "http://127.0.0.1:5055", tmp_path)
        assert command[command.index("-m") + 1] == module
        assert str(model) in command
        assert "5005" in command
    assert "http://127.0.0.1:5055/webhook" in (tmp_path / "endpoints.yml").read_text()


@pytest.mark.parametrize("part", PARTS)
async def test_every_part_of_the_table_is_measured(
    part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    measured: list[str] = []

    async def measure(*given: object) -> Report:
        measured.append(part)
        return Report({}, {})

    monkeypatch.setattr(MEASURES[part], "measure", measure)
    monkeypatch.setattr(harness, "model_file", lambda: tmp_path / "model.tar.gz")
    await harness.report_of(part, STOCK)
    assert measured == [part]


async def test_the_widget_is_measured_as_it_is() -> None:
    found = await widget.measure()
    assert set(found.figures) == {figure.key for figure in FIGURES if figure.part == "widget"}
    assert 1 < found.figures["widget"].willcall < 1000


def test_quantiles() -> None:
    assert quantiles([float(number) for number in range(1, 101)]) == {
        "count": 100, "p50": 50.5, "p95": 96.0, "max": 100.0,
    }  # fmt: skip
    assert quantiles([7.0])["p95"] == 7.0
