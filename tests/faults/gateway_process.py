"""A gateway in a process of its own, with a scripted language engine; it can be killed."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import aiohttp

from bot.places import ROOT
from tests.stack import free_port

START_SECONDS = 60


class GatewayProcess:
    """`python -m bot.gateway`, always on the same port."""

    def __init__(self, folder: Path, database_url: str, rasa_url: str, **settings: str) -> None:
        self.port = free_port()
        self._log = folder / "gateway.log"
        self._environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "WILLCALL_DATA_DIR": str(folder),
            "WILLCALL_DATABASE_URL": database_url,
            "WILLCALL_PORT": str(self.port),
            "WILLCALL_RASA_URL": rasa_url,
            "WILLCALL_NEW_CONVERSATIONS_PER_MINUTE": "1000",
            "WILLCALL_SIGN_INS_PER_MINUTE": "1000",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bot.gateway"], cwd=ROOT, env=self._environment,
                stdout=output, stderr=output,
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        async with aiohttp.ClientSession() as session:
            while not await self._answers(session):
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < deadline, self.log()
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(errors="replace")

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.address}/healthz") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False
