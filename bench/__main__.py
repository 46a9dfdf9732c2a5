"""Speed and cost beside stock Rasa: `make bench`, or `python -m bench --only turns,share`.

Prints the table, writes it to bench/results/latest.json and into the pages that show it, and what
else was found to bench/results/latest_details.json. A part that is not asked for keeps its figures
of an earlier run, with the commit they belong to. Measure on a machine that does nothing else.
"""

import argparse
import asyncio
import signal
import sys
import time
from datetime import UTC, datetime

from bench.engine_servers import Engine
from bench.figures import PARTS, table
from bench.machine import commit, machine
from bench.measures import records, share, sockets, start, training, turns, widget
from bench.measures.report import Report
from bench.pages import update
from bench.processes import BenchError, told
from bench.results_file import Kept, read, stock_heading, write
from bench.stock.model import StockModel, stock_model
from tests.stack import model_file

# Those that need a trained stock model.
BESIDE_STOCK = ("turns", "training", "start")


def main() -> int:
    """Command line entry. Exit status 0, 1 if something could not be measured, 2 for a wrong call.

    A goal that is not met is no failure: the table says it.
    """
    given = _parser().parse_args()
    wanted = [] if given.show else given.only.split(",") if given.only else list(PARTS)
    if unknown := set(wanted) - set(PARTS):
        _parser().error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    status = 0
    for part in (part for part in PARTS if part in wanted):
        try:
            _measure(part, given)
        except (BenchError, RuntimeError, OSError) as error:
            print(f"bench: {part}: {error}", file=sys.stderr)
            status = 1
    known = read()
    found, heading = write(known), stock_heading(known)
    update(found, heading)
    print("\n".join(["", *table(found, heading)]))
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--only", metavar="PARTS", help=f"of {','.join(PARTS)}")
    parser.add_argument("--show", action="store_true", help="measure nothing; show what is known")
    parser.add_argument("--retrain", action="store_true", help="train stock Rasa again")
    parser.add_argument(
        "--sample", type=int, metavar="N",
        help="stock Rasa trained on so many sentences; training is then compared on them",
    )  # fmt: skip
    return parser


def _measure(part: str, given: argparse.Namespace) -> None:
    """Measure one part and store it at once, so that a later failure does not lose it."""
    stock = None
    if part in BESIDE_STOCK:
        stock = stock_model(given.sample, retrain=given.retrain and part == BESIDE_STOCK[0])
    began = time.monotonic()
    report = asyncio.run(report_of(part, stock))
    found = Kept(
        figures=report.figures,
        commit=commit(),
        machine=machine(),
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.monotonic() - began),
        stock_sentences=stock.sentences if stock else None,
        details=report.details,
    )
    write({**read(), part: found})
    told(f"{part}: done after {found.seconds} s")


async def report_of(part: str, stock: StockModel | None) -> Report:
    """The measurement of a part."""
    if part == "records":
        return await records.measure()
    if part == "widget":
        return await widget.measure()
    ours = Engine("willcall", await asyncio.to_thread(model_file))
    if part == "share":
        return await share.measure(ours)
    if part == "sockets":
        return await sockets.measure(ours)
    assert stock is not None, part
    if part == "training":
        return await training.measure(stock)
    measure = {"turns": turns.measure, "start": start.measure}[part]
    return await measure([ours, Engine("stock", stock.path)])


if __name__ == "__main__":
    sys.exit(main())
