"""Runs a job of bench.engines in Rasa's environment and says that it is still at it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.evaluation.project import intent_name, write_project
from bench.evaluation.sentences import Sentence
from bot.places import RASA_PYTHON, ROOT

PATIENCE = 60  # seconds between two signs of life


class EngineFailedError(Exception):
    """A job ended with an error; the message holds its last lines."""


@dataclass(frozen=True)
class Reading:
    """What one engine did: seconds from the start of the process to the trained model, its best
    guess for each text before any fallback, and the milliseconds of each message read alone; both
    times also as the work of all cores (`cpu`)."""

    training_seconds: float
    cpu_seconds: float
    guesses: list[tuple[str, float]]
    milliseconds: list[float]
    cpu_milliseconds: list[float]


def train_and_read(
    engine: str,
    config: dict[str, Any],
    sentences: Sequence[Sentence],
    texts: Sequence[str] = (),
    alone: Sequence[str] = (),
) -> Reading:
    """Train ``engine`` ("ours" or "stock") on the sentences; read ``texts`` and, timed, ``alone``.

    Raises EngineFailedError.
    """
    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder), config, sentences)
        job = {"project": folder, "texts": list(texts), "alone": list(alone)}
        result = run(engine, job, f"{engine}: training on {len(sentences)} sentences and reading")
    return Reading(**result)


def same_intent(label: str, guess: str) -> str:
    """The guess in the label's own spelling, if it is the label."""
    return label if intent_name(label) == guess else guess


def run(module: str, job: dict[str, Any], told: str) -> dict[str, Any]:
    """The result of a module of bench.engines. Raises EngineFailedError."""
    progress(told)
    with tempfile.TemporaryDirectory() as folder:
        given, result, log = (Path(folder) / name for name in ("job", "result", "log"))
        given.write_text(json.dumps(job), encoding="utf-8")
        command = [str(RASA_PYTHON), "-m", f"bench.engines.{module}", str(given), str(result)]
        # What a job says to standard output is progress; libraries fill its standard error.
        with log.open("wb") as noise, subprocess.Popen(
            command, cwd=ROOT, env=_environment(Path(folder)), stdout=sys.stderr, stderr=noise
        ) as process:  # fmt: skip
            try:
                status = _wait(process, told)
            finally:
                process.kill()
        if status != 0:
            reason = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])
            raise EngineFailedError(f"{module} ended with status {status}:\n{reason}")
        content: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return content


def _wait(process: "subprocess.Popen[bytes]", told: str) -> int:
    waited = 0
    while True:
        try:
            return process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            waited += PATIENCE
            progress(f"{told}: still at it after {waited} s")


def _environment(folder: Path) -> dict[str, str]:
    """Quiet, and without what an earlier training has kept: it would be timed as no training."""
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "RASA_CACHE_DIRECTORY": str(folder / "cache"),
        "RASA_TELEMETRY_ENABLED": "false",
        "WILLCALL_SUPERVISOR_PID": str(os.getpid()),  # a job ends with who asked for it
        "LOG_LEVEL": "ERROR",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(folder / "matplotlib"),
    }


def progress(text: str) -> None:
    """A line for the person who waits."""
    print(f"evaluate: {text}", file=sys.stderr, flush=True)
