"""Training the model when its sources have changed, and reading messages with it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.cli.storage_routes import storage_routes
from bot.pharmacy import red_flags
from bot.pharmacy.language import Language, identify
from bot.pharmacy.routes import Route, first_route
from bot.places import RASA_PYTHON, ROOT, model_path, vectors_file
from bot.settings import Settings
from bot.teaching.deployed import Reading, acted_on, engine_text


class EngineError(RuntimeError):
    """The language engine's environment is missing, or it failed; the message is for people."""


def ensure_model(settings: Settings) -> Path:
    """The model of the present sources, trained now if it does not exist. Raises EngineError."""
    model = model_path(settings.data_dir)
    if model.is_file():
        return model
    print("Training the language model (about half a minute) …", file=sys.stderr, flush=True)
    done = subprocess.run(
        [
            _python(), "-m", "bot.nlu.train", "--out", str(model),
            "--vectors", str(vectors_file(settings.data_dir)),
        ],
        cwd=ROOT, env=_environment(), check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise EngineError("the language model could not be trained; the reason stands above")
    return model


def parse_lines(
    settings: Settings, lines: Iterable[str], model: Path | None = None
) -> Iterator[dict[str, Any]]:
    """What the deployed assistant would do with each text as a first message, in order.

    `model` is the one to read with; without it, that of the present sources is.
    """
    texts = list(lines)
    today = datetime.now(UTC).date()
    inputs = [engine_text(text, today) for text in texts]
    asked = [text for text in inputs if text is not None]
    understood = iter(_understand(model or ensure_model(settings), asked) if asked else ())
    readings = [next(understood) if given is not None else UNREAD for given in inputs]
    about_storing = [
        given
        for given, reading in zip(inputs, readings, strict=True)
        if given is not None and _acted_on(reading) == "ask_storage"
    ]
    by_records = storage_routes(settings, about_storing)
    for text, given, reading in zip(texts, inputs, readings, strict=True):
        intent = _acted_on(reading)
        route = by_records.get(given or "") if intent == "ask_storage" else None
        if identify(text) is Language.OTHER:
            route = "counter"
        yield _first_message(text, reading, route or first_route(intent, given or ""))


UNREAD: dict[str, Any] = {
    "intent": "nlu_fallback", "confidence": 1.0, "ranking": [], "nearest": [],
}  # fmt: skip


def _first_message(text: str, reading: dict[str, Any], route: Route) -> dict[str, Any]:
    flags = red_flags.screen(text)
    return {
        "text": text,
        "intent": reading["intent"],
        "confidence": reading["confidence"],
        "ranking": reading["ranking"],
        "nearest": reading["nearest"],
        "red_flags": list(dict.fromkeys(flag.family for flag in flags)),
        "rules": {flag.rule: flag.matched for flag in flags},
        "route": "urgent" if flags else route,
    }


def _acted_on(reading: dict[str, Any]) -> str:
    guesses = [(item["intent"], item["confidence"]) for item in reading["ranking"]]
    return acted_on(Reading(reading["intent"], guesses))


def _understand(model: Path, texts: list[str]) -> Iterator[dict[str, Any]]:
    """Intent and ranking of each text, from the model's own graph."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(
        [_python(), "-m", "bot.nlu.parse", "--model", str(model)],
        cwd=ROOT, env=_environment(), input=lines, text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()
        raise EngineError(f"the messages could not be read: {reason[-1] if reason else '?'}")
    return (json.loads(line) for line in done.stdout.splitlines())


def _python() -> str:
    if not RASA_PYTHON.exists():
        raise EngineError("the language engine is not installed: run `make setup`")
    return str(RASA_PYTHON)


def _environment() -> dict[str, str]:
    return os.environ | {"RASA_TELEMETRY_ENABLED": "false", "PYTHONPATH": str(ROOT)}
