"""The trained stock model: `python -m bench.stock.model [--sample N] [--retrain]`.

Stock Rasa takes long for all sentences, so a model is kept in var/bench under a digest of what it
was trained from, with what its training took.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.processes import BenchError, told
from bench.stock.project import digest, write_stock_project
from bench.timed_run import timed_run
from bot.places import RASA_PYTHON, ROOT

FOLDER = ROOT / "var" / "bench"


@dataclass(frozen=True)
class StockModel:
    """A model and its training: seconds by the clock, seconds of all cores, bytes at its height."""

    name: str
    sentences: int
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    niceness: int

    @property
    def path(self) -> Path:
        """The archive."""
        return FOLDER / f"{self.name}.tar.gz"


def stock_model(size: int | None = None, *, retrain: bool = False) -> StockModel:
    """The model of the present data, trained if there is none. Raises BenchError."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        sentences = write_stock_project(folder, size)
        name = f"stock-{sentences}-{digest(folder)}"
        record = FOLDER / f"{name}.json"
        if record.is_file() and not retrain:
            return StockModel(**json.loads(record.read_text(encoding="utf-8")))
        model = _train(folder, name, sentences)
        record.write_text(json.dumps(asdict(model), indent=2) + "\n", encoding="utf-8")
        return model


def _train(folder: Path, name: str, sentences: int) -> StockModel:
    """What `rasa train` takes, from the start of its process to the end."""
    told(f"stock Rasa trains on {sentences:,} sentences; this takes long")
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = [str(RASA_PYTHON), "-m", "rasa", "train", "--out", "made", "--fixed-model-name", name]
    taken = timed_run(command, folder, FOLDER / f"{name}.log")
    made = folder / "made" / f"{name}.tar.gz"
    if not made.is_file():
        raise BenchError(f"stock Rasa trained no model: see its log {name}.log")
    shutil.copyfile(made, FOLDER / made.name)
    wall, cpu = round(taken.wall_seconds, 2), round(taken.cpu_seconds, 2)
    return StockModel(name, sentences, wall, cpu, taken.peak_bytes, os.nice(0))


def main() -> int:
    """Command line entry. Exit status 1 when stock Rasa trains no model."""
    arguments = argparse.ArgumentParser(prog="bench.stock.model", description=__doc__)
    arguments.add_argument("--sample", type=int, metavar="N", help="train on so many sentences")
    arguments.add_argument("--retrain", action="store_true", help="even if there is such a model")
    given = arguments.parse_args()
    try:
        model = stock_model(given.sample, retrain=given.retrain)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(model), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
