"""Runs a program to its end and says what it took."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import QUIET, BenchError
from bot.places import ROOT

LAST_LINES = 20


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock and of all cores, and the most memory it had, in bytes."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def timed_run(command: Sequence[str], cwd: Path, log: Path) -> Taken:
    """From the start of the process to its end. Raises BenchError if it fails."""
    environment = os.environ | QUIET | {"PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
            stdout=output, stderr=output,
        )  # fmt: skip
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
    wall = time.perf_counter() - started
    if process.returncode != 0:
        said = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
        ended = f"{' '.join(command[:4])} ended with status {process.returncode}:"
        raise BenchError("\n".join([ended, *said]))
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
