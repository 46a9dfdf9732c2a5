"""Reads messages in bulk: ``python -m bot.nlu.parse --model FILE.tar.gz``.

Standard input: one JSON string a line. Standard output: for each, in order, one JSON line
``{"text", "intent", "confidence", "ranking": [{"intent", "confidence"}, …], "nearest": [{"text",
"intent", "similarity"}, …]}`` with the training sentences nearest in meaning, and nothing else.
It runs the graph of the trained model, fallback included, exactly as the server does, only for
many messages at a time. Answers are written as soon as the lines that have arrived are read, so
another process may also keep it open and ask one by one.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.nlu.joint_ridge import NEAREST
from bot.nlu.quiet import prepare_process

BATCH_SIZE = 64
RANKING_LENGTH = 10


class BadInputError(ValueError):
    """A line of standard input is not a JSON string."""


class Parser:
    """A trained model's language half."""

    def __init__(self, model: Path) -> None:
        """Load the archive. Raises FileNotFoundError, or what Rasa raises for a broken one."""
        if not model.is_file():
            raise FileNotFoundError(f"there is no model at {model}")
        from rasa.engine.loader import load_predict_graph_runner  # noqa: PLC0415  slow import
        from rasa.engine.runner.dask import DaskGraphRunner  # noqa: PLC0415
        from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415

        with tempfile.TemporaryDirectory() as folder:
            self._metadata, self._graph = load_predict_graph_runner(
                Path(folder), model, LocalModelStorage, DaskGraphRunner
            )

    def parse(self, texts: list[str]) -> list[dict[str, Any]]:
        """Intent, confidence and ranking of each text, in order."""
        from rasa.core.channels.channel import UserMessage  # noqa: PLC0415
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER  # noqa: PLC0415
        from rasa.shared.core.trackers import DialogueStateTracker  # noqa: PLC0415

        target = self._metadata.nlu_target
        inputs = {
            PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
            PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("parse", []),
        }
        messages = self._graph.run(inputs=inputs, targets=[target])[target]
        return [_answer(text, message) for text, message in zip(texts, messages, strict=True)]


def _answer(text: str, message: Any) -> dict[str, Any]:
    intent = message.get("intent") or {}
    return {
        "text": text,
        "intent": intent.get("name"),
        "confidence": intent.get("confidence", 0.0),
        "ranking": [
            {"intent": rank["name"], "confidence": rank["confidence"]}
            for rank in (message.get("intent_ranking") or [])[:RANKING_LENGTH]
        ],
        "nearest": [asdict(example) for example in message.get(NEAREST) or []],
    }


def arriving_lines(descriptor: int) -> Iterator[list[bytes]]:
    """The complete lines that have arrived so far, again and again until the input ends."""
    rest = b""
    while block := os.read(descriptor, 1 << 16):
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


def _text(line: bytes, number: int) -> str:
    try:
        text = json.loads(line)
    except ValueError as error:
        raise BadInputError(f"line {number} is not JSON") from error
    if not isinstance(text, str):
        raise BadInputError(f"line {number} is not a JSON string")
    return text


def answer_all(parser: Parser, source: int, sink: int) -> None:
    """Answer every line of one descriptor on another. Raises BadInputError."""
    number = 0
    for lines in arriving_lines(source):
        texts = []
        for number, line in enumerate(lines, start=number + 1):  # noqa: B020
            if line.strip():
                texts.append(_text(line, number))
        for start in range(0, len(texts), BATCH_SIZE):
            answers = parser.parse(texts[start : start + BATCH_SIZE])
            written = "".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers)
            _write_all(sink, written.encode())


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def main() -> int:
    """Command line entry. Exit status 1 for a model that does not load, 2 for bad input."""
    arguments = argparse.ArgumentParser(description="Parse messages, one JSON string a line.")
    arguments.add_argument("--model", type=Path, required=True)
    model = arguments.parse_args().model
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    prepare_process()
    try:
        parser = Parser(model)
    except Exception as error:
        print(f"the model did not load: {error}", file=sys.stderr)  # noqa: T201
        return 1
    try:
        answer_all(parser, 0, answers)
    except BadInputError as error:
        print(f"bad input: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
