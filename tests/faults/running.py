"""`willcall run` as an operator starts it: its own process, ports and folder."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.places import ROOT, model_path
from tests.stack import free_port, model_file

WILLCALL = ROOT / ".venv" / "bin" / "willcall"
READY_SECONDS = 120


class Running:
    """One `willcall run`; `lines()` is what it has printed so far."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._log = folder / "run.log"
        self._folder = folder
        self.port = free_port()
        self.environment = os.environ | {
            "WILLCALL_DATA_DIR": str(folder),
            "WILLCALL_PORT": str(self.port),
            "WILLCALL_RASA_PORT": str(free_port()),
            "WILLCALL_ACTIONS_PORT": str(free_port()),
            "WILLCALL_IDENTITY_SECONDS": "0",
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait for the line that says it is ready."""
        # The tests' own model: training is tested elsewhere.
        target = model_path(self._folder)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(model_file(), target)
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(
                [str(WILLCALL), "run"], cwd=ROOT, env=self.environment, stdout=output,
                stderr=output, start_new_session=True,
            )  # fmt: skip
        self.wait_for("Willcall is ready at")

    def wait_for(self, text: str, seconds: float = READY_SECONDS) -> None:
        """Wait until a text stands in the output."""
        deadline = time.monotonic() + seconds
        while text not in self.lines():
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.lines()}"
            time.sleep(0.1)

    def lines(self) -> str:
        return self._log.read_text(errors="replace")

    def pid_of(self, part: str) -> int:
        """The process of a part, as printed at its start."""
        found = re.search(rf"{part} started \(pid=(\d+)\)", self.lines())
        assert found is not None
        return int(found[1])

    def wait_until_ended(self, seconds: float = 30) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Ctrl-C."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.wait_until_ended()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Running]:
    """A running Willcall, stopped at the end whatever happens."""
    willcall = Running(folder, **settings)
    willcall.start()
    try:
        yield willcall
    finally:
        assert willcall.process is not None
        if willcall.process.poll() is None:
            willcall.stop()


def alive(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be collected."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    return "State:\tZ" not in status


async def gone(pids: list[int], seconds: float = 15) -> bool:
    """Whether all these processes end in time."""
    try:
        async with asyncio.timeout(seconds):
            while any(alive(pid) for pid in pids):
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    return True
