"""Runs bot.nlu.teach in Rasa's environment: trains a candidate and reads messages with it.

What the program prints about its failures may quote sentences, so none of it is kept or logged:
only its progress, its readings, and the type of an error.
"""

import asyncio
import json
import logging
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.places import RASA_PYTHON, ROOT
from bot.services.models import Step
from bot.teaching.deployed import Reading

log = logging.getLogger(__name__)

MODULE = "bot.nlu.teach"
# A training that takes this long never ends.
LONGEST_SECONDS = 1800.0
LONGEST_LINE = 1 << 20

# Is told step, how many, of how many.
Progress = Callable[[Step, int, int], Awaitable[None]]


@dataclass(frozen=True)
class Work:
    """What to train and read. `also` holds more sentences; `before` is read with as well."""

    out: Path
    also: Path
    vectors: Path
    texts: Sequence[str]
    before: Path | None = None


@dataclass
class Trained:
    """What came of it. Readings are in the order of the texts; seconds by step."""

    after: list[Reading] = field(default_factory=list)
    before: list[Reading] = field(default_factory=list)
    sentences: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


class TrainingFailedError(RuntimeError):
    """No candidate came of it; the message is for people and quotes no sentence."""


def command() -> list[str]:
    """The program, up to its arguments. Raises TrainingFailedError."""
    if not RASA_PYTHON.exists():
        raise TrainingFailedError("The language engine is not installed here.")
    return [str(RASA_PYTHON), "-m", MODULE]


async def train(work: Work, progress: Progress) -> Trained:
    """Train and read. Raises TrainingFailedError; a caller that is cancelled ends the program."""
    arguments = ["--out", str(work.out), "--also", str(work.also), "--vectors", str(work.vectors)]
    if work.before is not None:
        arguments += ["--before", str(work.before)]
    try:
        process = await asyncio.create_subprocess_exec(
            *command(), *arguments, cwd=ROOT, env=_environment(),
            stdin=PIPE, stdout=PIPE, stderr=_errors(), limit=LONGEST_LINE,
        )  # fmt: skip
    except OSError as error:
        raise TrainingFailedError("The training could not be started.") from error
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await _followed(process, work, progress)
    except TimeoutError:
        raise TrainingFailedError("The training took too long, and was stopped.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _followed(process: Process, work: Work, progress: Progress) -> Trained:
    assert process.stdin is not None
    assert process.stdout is not None
    feeding = asyncio.create_task(_feed(process.stdin, work.texts))
    trained, complete = Trained(), False
    try:
        async for line in process.stdout:
            complete = await _take(json.loads(line), trained, progress) or complete
    except ValueError as error:
        raise TrainingFailedError("The training gave an answer that cannot be read.") from error
    finally:
        feeding.cancel()
    status = await process.wait()
    read = len(trained.after), len(trained.before)
    expected = len(work.texts), len(work.texts) if work.before is not None else 0
    if status != 0 or not complete or read != expected or not work.out.is_file():
        raise TrainingFailedError(f"The training ended early (exit status {status}).")
    return trained


async def _feed(stdin: asyncio.StreamWriter, texts: Sequence[str]) -> None:
    try:
        stdin.write("".join(json.dumps(text) + "\n" for text in texts).encode())
        await stdin.drain()
    except ConnectionError:
        pass  # it has ended; its exit status says so
    finally:
        stdin.close()


async def _take(said: dict[str, Any], trained: Trained, progress: Progress) -> bool:
    """Take in one line; whether it was the last. Raises ValueError or TrainingFailedError."""
    ((kind, what),) = said.items()
    if kind == "progress":
        await progress(what["step"], what["done"], what["of"])
    elif kind == "after":
        trained.after.append(_reading(what))
    elif kind == "before":
        trained.before.append(_reading(what))
    elif kind == "failed":
        log.error("a training failed: %s", what)
        raise TrainingFailedError(f"The training stopped with an error ({str(what).split()[0]}).")
    elif kind == "done":
        trained.sentences = int(what["sentences"])
        trained.seconds = {name: round(float(what[name]), 1) for name in ("training", "testing")}
        return True
    return False


def _reading(said: dict[str, Any]) -> Reading:
    ranking = [(guess["intent"], float(guess["confidence"])) for guess in said["ranking"]]
    return Reading(str(said["intent"]), ranking)


def _errors() -> int | None:
    """Standard error goes to a terminal where an operator reads it, and nowhere else."""
    return None if sys.stderr.isatty() else DEVNULL


def _environment() -> dict[str, str]:
    return os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
        # It ends with this process: bot.supervised.
        "WILLCALL_SUPERVISOR_PID": str(os.getpid()),
    }
