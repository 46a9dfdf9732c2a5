"""Trains the language model: ``python -m bot.nlu.train --out models/NAME.tar.gz``.

Run in Rasa's environment from the project's folder. Reads config.yml, domain.yml and data/. The
archive appears under its name only when it is complete. Exit status: 0, or 1 with the reason on
standard error.
"""

import argparse
import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from bot.nlu.quiet import prepare_process


class TrainingFailedError(RuntimeError):
    """Rasa could not train; the message says why."""


def train(out: Path) -> None:
    """Train and put the archive at ``out``. Raises TrainingFailedError."""
    out.parent.mkdir(parents=True, exist_ok=True)
    said = io.StringIO()  # Rasa prints its errors to standard output and exits
    with tempfile.TemporaryDirectory(prefix=".training-", dir=out.parent) as folder:
        try:
            with contextlib.redirect_stdout(said):
                from rasa.model_training import train as train_rasa  # noqa: PLC0415  slow import

                result = train_rasa(
                    domain="domain.yml",
                    config="config.yml",
                    training_files="data",
                    output=folder,
                    fixed_model_name=out.name,
                    force_training=True,
                )
        except (Exception, SystemExit) as error:
            raise TrainingFailedError(f"{said.getvalue().strip()}\n{error}".strip()) from error
        if result.code != 0 or not result.model:
            raise TrainingFailedError(said.getvalue().strip() or "Rasa gave no reason")
        Path(result.model).replace(out)


def main() -> int:
    """Command line entry."""
    arguments = argparse.ArgumentParser(description="Train Willcall's language model.")
    arguments.add_argument("--out", type=Path, required=True, help="where the .tar.gz goes")
    out = arguments.parse_args().out
    if not out.name.endswith(".tar.gz"):
        arguments.error("--out must end in .tar.gz")
    prepare_process()
    started = time.monotonic()
    print("training: reading the sentences and rules", file=sys.stderr, flush=True)  # noqa: T201
    try:
        train(out)
    except TrainingFailedError as failure:
        print(f"training failed: {failure}", file=sys.stderr)  # noqa: T201
        return 1
    seconds = time.monotonic() - started
    print(f"training: {out} is ready after {seconds:.0f} s", file=sys.stderr)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
