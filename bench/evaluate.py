"""How well messages are understood, and how fast: `make evaluate`, with HINT3 `hint3=DIR`.

Prints tables, writes bench/results/evaluate.json, and draws plots into var/evaluate. A part that
is not asked for keeps its figures of an earlier run in the file, with the commit they belong to.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.evaluation import cross_validation, hint3, kept_back, red_flags, speed
from bench.evaluation.engines import EngineFailedError, progress, run
from bench.evaluation.metrics import Guess
from bench.evaluation.report import Report, drawing
from bench.evaluation.sentences import MissingDataError
from bench.machine import commit, machine
from bot.cli.model import EngineError
from bot.places import ROOT

PARTS = ("cv", "kept", "red_flags", "hint3", "speed")
RESULTS = ROOT / "bench" / "results" / "evaluate.json"
PLOTS = ROOT / "var" / "evaluate"


def main() -> int:
    """Command line entry. Exit status 0, 1 for a failure, 2 for a wrong call."""
    given = _parser().parse_args()
    wanted = _wanted(given)
    measures: dict[str, Callable[[], Report]] = {
        "cv": cross_validation.measure,
        "kept": kept_back.measure,
        "red_flags": red_flags.measure,
        "hint3": lambda: hint3.measure(given.hint3),
        "speed": lambda: speed.measure(full_stock=given.full_stock),
    }
    reports: dict[str, Report] = {}
    try:
        for part in wanted:
            reports[part] = _part(part, measures[part])
        _draw(list(reports.values()))
    except (MissingDataError, EngineFailedError, EngineError) as error:
        print(f"evaluate: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.evaluate", description=__doc__)
    parser.add_argument("--hint3", type=Path, metavar="DIR", help="folder with HINT3's tables")
    parser.add_argument("--only", metavar="PARTS", help=f"of {','.join(PARTS)}")
    parser.add_argument(
        "--full-stock", action="store_true", help="time stock Rasa on all sentences too: long"
    )
    return parser


def _wanted(given: argparse.Namespace) -> list[str]:
    """The parts asked for, in their own order; exits with status 2 for a wrong call."""
    named = (
        given.only.split(",") if given.only else [p for p in PARTS if p != "hint3" or given.hint3]
    )
    if unknown := set(named) - set(PARTS):
        _parser().error(f"no such part: {', '.join(sorted(unknown))}")
    if "hint3" in named and not given.hint3:
        _parser().error("hint3 needs --hint3 DIR")
    return [part for part in PARTS if part in named]


def _part(name: str, measure: Callable[[], Report]) -> Report:
    """Measure, print and store one part, so that a later failure does not lose it."""
    started = time.monotonic()
    report = measure()
    seconds = round(time.monotonic() - started)
    progress(f"{name}: done after {seconds} s")
    print("\n".join(["", *report.lines]), flush=True)
    _store(name, {"commit": commit(), "machine": machine(), "seconds": seconds, **report.figures})
    return report


def _store(part: str, figures: dict[str, object]) -> None:
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    kept[part] = figures
    body = {name: kept[name] for name in PARTS if name in kept}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")


def _draw(reports: list[Report]) -> None:
    curves: dict[str, list[Guess]] = {}
    for report in reports:
        curves |= report.curves
    matrix = [guess for report in reports for guess in report.matrix]
    if not curves:
        return
    drawn = run("plots", {"folder": str(PLOTS), **drawing(curves, matrix)}, "drawing the plots")
    print(f"\nplots: {', '.join(drawn['drawn'])} in {PLOTS.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
