"""The parts of Willcall as processes of their own: killed, frozen, and started again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import requests

from bot.places import ROOT
from tests.stack import RasaProcess, free_port

START_SECONDS = 180
PLENTY = "100000"


class Part:
    """One process, always on the same port; `alive` is the address that tells that it runs."""

    def __init__(self, module: str, alive: str, log: Path, environment: dict[str, str]) -> None:
        self._command = [sys.executable, "-m", module]
        self._alive = alive
        self._log = log
        self._environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not answers(self._alive):
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    def resident(self) -> int:
        """The memory that it occupies, bytes."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


class Installation:
    """A gateway and an action server around a database and a Rasa that others may use as well."""

    def __init__(
        self, folder: Path, database_url: str, rasa: RasaProcess, **environment: str
    ) -> None:
        self.folder = folder
        self.database_url = database_url
        self.rasa = rasa
        port, actions = free_port(), rasa.actions_port
        settings = {
            "WILLCALL_DATA_DIR": str(folder),
            "WILLCALL_DATABASE_URL": database_url,
            "WILLCALL_PORT": str(port),
            "WILLCALL_RASA_URL": rasa.url,
            "WILLCALL_ACTIONS_PORT": str(actions),
            "WILLCALL_IDENTITY_SECONDS": "0",
            "WILLCALL_NEW_CONVERSATIONS_PER_MINUTE": PLENTY,
            "WILLCALL_MESSAGES_PER_MINUTE": PLENTY,
            "WILLCALL_SIGN_INS_PER_MINUTE": PLENTY,
        }
        self.address = f"http://127.0.0.1:{port}"
        self.actions = Part(
            "bot.actions.server", f"http://127.0.0.1:{actions}/health", folder / "actions.log",
            settings,
        )  # fmt: skip
        self.gateway = Part(
            "bot.gateway", f"{self.address}/healthz", folder / "gateway.log",
            settings | environment,
        )  # fmt: skip

    @property
    def database(self) -> str:
        """Which kind of database it has."""
        return "SQLite" if self.database_url.startswith("sqlite") else "PostgreSQL"

    def start(self) -> None:
        """Start both, and wait until a message would be answered."""
        self.actions.start()
        self.gateway.start()
        self.wait_until_ready()

    def wait_until_ready(self) -> float:
        """Wait until a message would be answered; when that was, by the wall clock."""
        deadline = time.monotonic() + START_SECONDS
        while not answers(f"{self.address}/readyz"):
            assert time.monotonic() < deadline, self.gateway.log()
            time.sleep(0.05)
        return time.time()

    def stop(self) -> None:
        """End both."""
        self.gateway.kill()
        self.actions.kill()


def answers(url: str) -> bool:
    """Whether something answers there, and is content."""
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
