"""What `ours` and `stock` share: read a job, train, read messages, write what came out.

The job is JSON: `project` (a folder with config.yml, domain.yml and data), `texts` to read in any
way, and `alone`, messages to read one after another and to time. Both engines are read through the
graph of their model alone, so neither pays for a server or a conversation.
"""

import json
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from bot.supervised import exit_with_parent

BATCH_SIZE = 64
WARM_UP = 20  # messages before the timed ones
FALLBACK = "nlu_fallback"

Ranking = list[tuple[str, float]]
Read = Callable[[list[str]], list[Ranking]]


def work(train: Callable[[Path, Path], None], load: Callable[[Path], Read]) -> None:
    """Do the job of the command line. Training counts from here, so with an engine's imports."""
    started = time.perf_counter()
    exit_with_parent()
    given, result = (Path(argument) for argument in sys.argv[1:3])
    job = json.loads(given.read_text(encoding="utf-8"))
    model = given.parent / "model.tar.gz"
    with redirect_stdout(sys.stderr):  # Rasa tells there what it does
        train(Path(job["project"]), model)
    training = {
        "training_seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time(),
    }
    read = load(model)
    guesses = _guesses(read, job["texts"])
    done = {"guesses": guesses, **training, **_timed(read, job["alone"])}
    result.write_text(json.dumps(done), encoding="utf-8")


def _guesses(read: Read, texts: list[str]) -> list[tuple[str, float]]:
    batches = (texts[start : start + BATCH_SIZE] for start in range(0, len(texts), BATCH_SIZE))
    return [before_fallback(ranking) for batch in batches for ranking in read(batch)]


def before_fallback(ranking: Ranking) -> tuple[str, float]:
    """The best guess, had nothing refused it; no guess at all is the fallback, at 0."""
    return next((guess for guess in ranking if guess[0] != FALLBACK), (FALLBACK, 0.0))


def _timed(read: Read, texts: list[str]) -> dict[str, list[float]]:
    """Milliseconds by the clock, and of all cores' work, which other programs disturb less."""
    for text in texts[:WARM_UP]:
        read([text])
    clock, cpu = [], []
    for text in texts:
        started, worked = time.perf_counter(), time.process_time()
        read([text])
        clock.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
    return {"milliseconds": clock, "cpu_milliseconds": cpu}


def as_ranking(items: list[dict[str, Any]], name: str) -> Ranking:
    """A ranking as Rasa and bot.nlu.parse write it: ``name`` is the key of the intent."""
    return [(item[name], float(item["confidence"])) for item in items]
