"""`willcall run`: ready means ready, Ctrl-C stops all, a dead part takes the rest down."""

import os
import signal
import socket
import subprocess
from pathlib import Path

import aiohttp
import pytest

from bot.places import ROOT
from tests.faults.running import WILLCALL, Running, alive, gone, running
from tests.stack import Device

pytestmark = pytest.mark.stack
PATIENT = {"last_name": "Carter", "date_of_birth": "1961-03-04", "phone": "(216) 555-0101"}
PARTS = ("rasa", "actions", "gateway")


async def test_the_story_of_a_restart(tmp_path: Path) -> None:
    """Rasa is killed, everything stops with a clear message, and afterwards the chat goes on."""
    async with aiohttp.ClientSession() as session:
        with running(tmp_path) as first:
            device = Device(session, first.address)
            await device.open()
            assert (await device.say("is my lisinopril ready?"))[-1]["kind"] == "identity_form"
            assert (await device.verify(**PATIENT))[0] == 200
            assert [event["kind"] for event in await device.turn_events()][1] == "status_card"
            os.kill(first.pid_of("rasa"), signal.SIGKILL)
            assert first.wait_until_ended() == 1
            assert "rasa ended (exit status -9)" in first.lines()
            assert await gone([first.pid_of(part) for part in PARTS])
            seen = device.events[-1]["seq"]
            for word in ("lisinopril", "Carter", "1961", "5550101", "555-0101"):
                assert word not in first.lines(), "a log line tells what only the patient may know"
        settings = {"WILLCALL_PORT": str(first.port)}
        with running(tmp_path, **settings) as second:
            second.port = first.port
            await device.connect(after=seen)
            events = await device.say("what about the metformin")
            # The verification is older than the restart and still holds.
            assert events[0]["kind"] == "status_card", events
            assert "Metformin" in events[0]["text"]
            await device.close()


async def test_a_message_that_was_under_way_when_everything_died_is_answered(
    tmp_path: Path,
) -> None:
    async with aiohttp.ClientSession() as session:
        with running(tmp_path) as first:
            device = Device(session, first.address)
            await device.open()
            # Rasa hangs, so that the answer is still owed when the gateway is killed.
            os.kill(first.pid_of("rasa"), signal.SIGSTOP)
            await device.send({"type": "message", "client_id": "a", "text": "are you open today"})
            assert (await device.frame())["type"] == "ack"
            os.kill(first.pid_of("gateway"), signal.SIGKILL)
            os.kill(first.pid_of("rasa"), signal.SIGCONT)
            assert first.wait_until_ended() == 1
        with running(tmp_path, WILLCALL_PORT=str(first.port)):
            await device.connect(after=1)
            frame = await device.frame()
            while frame["type"] != "event":
                frame = await device.frame()
            assert frame["seq"] == 2
            assert "open" in frame["text"]
            await device.close()


async def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    with running(tmp_path) as willcall:
        pids = [willcall.pid_of(part) for part in PARTS]
        assert all(alive(pid) for pid in pids)
        assert willcall.stop() == 0
        assert await gone(pids)
        assert "Willcall has stopped." in willcall.lines()


async def test_no_part_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path) as willcall:
        assert willcall.process is not None
        pids = [willcall.pid_of(part) for part in PARTS]
        willcall.process.kill()
        willcall.process.wait()  # or it stays, in a way, until it is collected
        assert await gone(pids)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    willcall = Running(tmp_path)
    with socket.create_server(("127.0.0.1", willcall.port)):
        done = subprocess.run(
            [str(WILLCALL), "run"], cwd=ROOT, env=willcall.environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"port {willcall.port} cannot be used" in done.stderr
    assert "WILLCALL_PORT" in done.stderr
