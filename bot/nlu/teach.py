"""Trains a candidate and reads messages with it, in one process: ``python -m bot.nlu.teach``.

Beside the arguments of bot.nlu.train it takes ``--before MODEL``, the model to compare with.
Standard input: one JSON string a line, the messages. Standard output: JSON lines, each with one of

    {"progress": {"step": "training" or "testing", "done", "of"}}
    {"after": {"intent", "confidence", "ranking"}}     the candidate's reading, in order
    {"before": {"intent", "confidence", "ranking"}}    the other model's, in order, after those
    {"done": {"sentences", "training", "testing"}}     how many were learned from; seconds
    {"failed": "…"}                                    instead, with no patient's word in it

Whatever else a library prints goes to standard error. The process gives way to those that answer
patients, and ends with the one that started it. Exit status: 0, or 1 after ``failed``.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bot.nlu.kept_vectors import keep_vectors
from bot.nlu.parse import BATCH_SIZE, Parser
from bot.nlu.quiet import describe, prepare_process
from bot.nlu.train import DATA, declare, train
from bot.supervised import exit_with_parent

NICENESS = 10
# Guesses of a ranking that decide something: bot.pharmacy.routes.serious_guess looks at two.
GUESSES = 3


class Teller:
    """Writes the lines of the answer."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def tell(self, kind: str, what: Any) -> None:
        """Write one line."""
        data = (json.dumps({kind: what}, ensure_ascii=False) + "\n").encode()
        while data:
            data = data[os.write(self._descriptor, data) :]

    def progress(self, step: str, done: int, of: int) -> None:
        """Say how far a step is."""
        self.tell("progress", {"step": step, "done": done, "of": of})


def teach(given: argparse.Namespace, texts: "list[str]", teller: Teller) -> None:
    """Train, read, and tell. Raises what training or reading raises."""
    kept = keep_vectors(given.vectors) if given.vectors else None
    started = time.monotonic()
    sentences = train(
        given.out, data=(*DATA, *map(str, given.also)),
        progress=lambda done, of: teller.progress("training", done, of),
    )  # fmt: skip
    trained = time.monotonic()
    models = {"after": given.out, "before": given.before}
    wanted = {name: model for name, model in models.items() if model is not None}
    done = 0
    for name, model in wanted.items():
        done = _read(name, Parser(model), texts, teller, done, len(texts) * len(wanted))
    if kept is not None:
        kept.save()
    seconds = {"training": trained - started, "testing": time.monotonic() - trained}
    teller.tell("done", {"sentences": sentences, **seconds})


def _read(name: str, parser: Parser, texts: "list[str]", teller: Teller, done: int, of: int) -> int:
    """Read all texts with one model; how many have been read by now."""
    for start in range(0, len(texts), BATCH_SIZE):
        batch = texts[start : start + BATCH_SIZE]
        for answer in parser.parse(batch):
            reading = {key: answer[key] for key in ("intent", "confidence")}
            teller.tell(name, {**reading, "ranking": answer["ranking"][:GUESSES]})
        done += len(batch)
        teller.progress("testing", done, of)
    return done


def main() -> int:
    """Command line entry."""
    arguments = argparse.ArgumentParser(description="Train and test a candidate.")
    declare(arguments)
    arguments.add_argument("--before", type=Path, metavar="MODEL", help="to compare with")
    given = arguments.parse_args()
    teller = Teller(os.dup(1))
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    exit_with_parent()
    os.nice(NICENESS)
    prepare_process()
    try:
        teach(given, [json.loads(line) for line in sys.stdin if line.strip()], teller)
    except Exception as error:
        teller.tell("failed", describe(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
