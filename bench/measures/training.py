"""What training the whole model takes: Willcall's now, stock Rasa's as it was trained."""

import asyncio
import shutil
import tempfile
from pathlib import Path

from bench.figures import Measured
from bench.measures.report import Report, median, quantiles
from bench.processes import told
from bench.stock.model import StockModel
from bench.stock.project import write_stock_project
from bench.timed_run import Taken, timed_run
from bot.places import RASA_PYTHON, ROOT

TRAININGS = 3


async def measure(stock: StockModel) -> Report:
    """Seconds of all cores from the start of the process to the model, with nothing kept before.

    Stock Rasa takes so long that it is trained once, and perhaps behind other work, so the clock
    may tell too much of it. The ratio is the less favourable one of clock and cores.
    """
    told(f"training: {TRAININGS} times on {stock.sentences:,} sentences")
    done = [await asyncio.to_thread(_train, stock.sentences) for _ in range(TRAININGS)]
    wall = [taken.wall_seconds for taken in done]
    cpu = [taken.cpu_seconds for taken in done]
    ratio = max(median(wall) / stock.wall_seconds, median(cpu) / stock.cpu_seconds)
    details: dict[str, object] = {
        "sentences": stock.sentences,
        "willcall_seconds": quantiles(wall),
        "willcall_cpu_seconds": quantiles(cpu),
        "stock_seconds": stock.wall_seconds,
        "stock_cpu_seconds": stock.cpu_seconds,
        "stock_niceness": stock.niceness,
        "stock_peak_bytes": stock.peak_bytes,
    }
    return Report({"training": Measured(median(cpu), stock.cpu_seconds, ratio)}, details)


def _train(sentences: int) -> Taken:
    """As `willcall train` does, without the vectors that it keeps from one training to the next."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_stock_project(folder, sentences)
        shutil.copyfile(ROOT / "config.yml", folder / "config.yml")
        command = [str(RASA_PYTHON), "-m", "bot.nlu.train", "--out", "made/model.tar.gz"]
        return timed_run(command, folder, folder / "log")
