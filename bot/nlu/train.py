"""Trains the language model: ``python -m bot.nlu.train --out models/NAME.tar.gz``.

Run in Rasa's environment from the project's folder. Reads config.yml, domain.yml and data/, and
with ``--also FOLDER`` the sentences of a folder elsewhere. ``--vectors FILE`` remembers what the
encoder makes of the sentences, so that the next training computes only new ones. The archive
appears under its name only when it is complete. Exit status: 0, or 1 with the reason on standard
error.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.nlu.kept_vectors import keep_vectors
from bot.nlu.quiet import prepare_process

DATA = ("data/nlu", "data/rules")
# Is told how many steps of how many are done.
Progress = Callable[[int, int], None]


class TrainingFailedError(RuntimeError):
    """Rasa could not train; the message says why."""


def train(
    out: Path,
    config: str = "config.yml",
    domain: str = "domain.yml",
    data: Sequence[str] = DATA,
    progress: "Progress | None" = None,
) -> int:
    """Train, put the archive at ``out``, and return from how many sentences. Raises
    TrainingFailedError."""
    out.parent.mkdir(parents=True, exist_ok=True)
    said = io.StringIO()  # Rasa prints its errors to standard output and exits
    with tempfile.TemporaryDirectory(prefix=".training-", dir=out.parent) as folder:
        archive = Path(folder) / out.name
        try:
            with contextlib.redirect_stdout(said):
                sources = _sources(config, domain, data)
                _run(sources, Path(folder) / "parts", archive, progress)
        except (Exception, SystemExit) as error:
            raise TrainingFailedError(f"{said.getvalue().strip()}\n{error}".strip()) from error
        archive.replace(out)
    return len(sources.get_nlu_data().intent_examples)


def _sources(config: str, domain: str, data: Sequence[str]) -> Any:
    """The files, each read once: Rasa's own importers read the sentences twice."""
    from rasa.shared.importers.rasa import RasaFileImporter  # noqa: PLC0415  slow import

    class ReadOnce(RasaFileImporter):
        @lru_cache(maxsize=1)  # noqa: B019  one importer a process
        def _nlu_data(self) -> Any:
            return super().get_nlu_data()

        def get_nlu_data(self, language: "str | None" = "en") -> Any:
            return self._nlu_data()

    return ReadOnce(config, domain, list(data))


def _run(sources: Any, parts: Path, archive: Path, progress: "Progress | None") -> None:
    """What Rasa's GraphTrainer does when everything is to be trained, without its fingerprints of
    all sentences after every step, which only a later incremental training would read."""
    from rasa.engine.constants import PLACEHOLDER_IMPORTER  # noqa: PLC0415
    from rasa.engine.graph import ExecutionContext  # noqa: PLC0415
    from rasa.engine.recipes.recipe import Recipe  # noqa: PLC0415
    from rasa.engine.runner.dask import DaskGraphRunner  # noqa: PLC0415
    from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: PLC0415
    from rasa.engine.validation import validate  # noqa: PLC0415

    config = sources.get_config()
    configuration = Recipe.recipe_for_name(config.get("recipe")).graph_config_for_recipe(config, {})
    validate(configuration)
    parts.mkdir()
    storage = LocalModelStorage(parts)
    schema = configuration.train_schema
    hooks = [_Steps(len(schema.nodes), progress)] if progress else []
    runner = DaskGraphRunner.create(schema, storage, ExecutionContext(schema), hooks)
    runner.run({PLACEHOLDER_IMPORTER: sources})
    storage.create_model_package(archive, configuration, sources.get_domain())


class _Steps:
    """Counts the steps of Rasa's graph; Rasa calls these before and after each."""

    def __init__(self, count: int, progress: Progress) -> None:
        self._count = count
        self._progress = progress
        self._done = 0

    def on_before_node(self, **_named: Any) -> "dict[str, Any]":
        """Rasa hands the answer to on_after_node."""
        return {}

    def on_after_node(self, **_named: Any) -> None:
        """One more is done."""
        self._done += 1
        self._progress(self._done, self._count)


def main() -> int:
    """Command line entry."""
    arguments = argparse.ArgumentParser(description="Train Willcall's language model.")
    declare(arguments)
    given = arguments.parse_args()
    out: Path = given.out
    if not out.name.endswith(".tar.gz"):
        arguments.error("--out must end in .tar.gz")
    prepare_process()
    kept = keep_vectors(given.vectors) if given.vectors else None
    started = time.monotonic()
    print("training: reading the sentences and rules", file=sys.stderr, flush=True)  # noqa: T201
    try:
        train(out, data=(*DATA, *map(str, given.also)))
    except TrainingFailedError as failure:
        print(f"training failed: {failure}", file=sys.stderr)  # noqa: T201
        return 1
    if kept is not None:
        kept.save()
    seconds = time.monotonic() - started
    print(f"training: {out} is ready after {seconds:.0f} s", file=sys.stderr)  # noqa: T201
    return 0


def declare(arguments: argparse.ArgumentParser) -> None:
    """What training can be told on a command line."""
    arguments.add_argument("--out", type=Path, required=True, help="where the .tar.gz goes")
    arguments.add_argument(
        "--also", type=Path, action="append", default=[], metavar="FOLDER",
        help="a folder with more sentences; may be given several times",
    )  # fmt: skip
    arguments.add_argument("--vectors", type=Path, metavar="FILE", help="what is computed once")


if __name__ == "__main__":
    sys.exit(main())
