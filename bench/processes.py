"""Real processes to measure: started here, watched through /proc, ended at the end of a block."""

import asyncio
import contextlib
import os
import resource
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bot.places import ROOT

START_SECONDS = 600
LOOK_SECONDS = 0.05
MANY_FILES = 20_000
_TICKS = os.sysconf("SC_CLK_TCK")
# Rasa's telemetry and TensorFlow's advice; every process of ours ends with this one.
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}


class BenchError(Exception):
    """A measurement cannot be made; the message says why."""


@dataclass(frozen=True)
class Running:
    """A process that answers."""

    name: str
    pid: int
    url: str
    start_seconds: float
    start_cpu_seconds: float

    def resident_bytes(self) -> int:
        """Its resident memory now."""
        return _status(self.pid, "VmRSS") * 1024

    def cpu_seconds(self) -> float:
        """What all its threads have worked since its start."""
        return _cpu(self.pid)


@asynccontextmanager
async def running(
    name: str,
    command: Sequence[str],
    url: str,
    answers: Callable[[], Awaitable[bool]],
    log: Path,
    environment: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> AsyncIterator[Running]:
    """Start a process and wait until `answers` is true; kill it when the block ends.

    Raises BenchError when it ends or does not answer in time.
    """
    whole = os.environ | QUIET | {"PYTHONPATH": str(ROOT)} | dict(environment or {})
    whole["WILLCALL_SUPERVISOR_PID"] = str(os.getpid())
    with log.open("ab") as output:
        started = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=whole, stdout=output, stderr=output
        )
    try:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (MANY_FILES, MANY_FILES))
        while not await answers():
            if process.returncode is not None or time.perf_counter() - started > START_SECONDS:
                raise BenchError(f"{name} does not answer:\n{_end_of(log)}")
            await asyncio.sleep(LOOK_SECONDS)
        yield Running(
            name, process.pid, url, time.perf_counter() - started, _cpu(process.pid)
        )  # fmt: skip
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def answers_at(session: aiohttp.ClientSession, url: str) -> Callable[[], Awaitable[bool]]:
    """Whether a GET there is answered with 200."""

    async def ask() -> bool:
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=5)) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    return ask


@asynccontextmanager
async def actions(
    session: aiohttp.ClientSession, folder: Path, database_url: str, port: int
) -> AsyncIterator[Running]:
    """The action server, with a database of its own."""
    url = f"http://127.0.0.1:{port}"
    environment = {
        "WILLCALL_DATA_DIR": str(folder),
        "WILLCALL_DATABASE_URL": database_url,
        "WILLCALL_ACTIONS_PORT": str(port),
    }
    command = [sys.executable, "-m", "bot.actions.server"]
    ready = answers_at(session, f"{url}/health")
    async with running(
        "the action server", command, url, ready, folder / f"actions-{port}.log", environment
    ) as found:
        yield found


def told(text: str) -> None:
    """A line for the person who waits."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _status(pid: int, name: str) -> int:
    """A line of /proc/PID/status, in KiB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise BenchError(f"there is no {name} of process {pid}")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
