"""Draws the evaluation's plots: `confusion.png`, `coverage.png`, `reliability.png`.

Job: `folder`, and for each plot its points (bench.evaluation.report.drawing). Nothing is computed.
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt  # type: ignore[import-not-found]
import numpy as np

from bot.supervised import exit_with_parent


def confusion(job: dict[str, Any], target: Path) -> None:
    """What each intent was taken for; shades are shares of a row, on a root so that few show."""
    names = job["names"]
    counts = np.array(job["counts"])
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(12, 11))
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.4 else "black"
        axes.text(column, row, counts[row, column], ha="center", va="center", size=6, color=colour)
    axes.set_xticks(range(len(names)), names, rotation=90, size=8)
    axes.set_yticks(range(len(names)), names, size=8)
    axes.set(xlabel="taken for", ylabel="means", title="Cross-validation, first guess")
    _save(figure, target)


def coverage(job: dict[str, Any], target: Path) -> None:
    """Share answered against share right among those, as the threshold falls."""
    figure, axes = plt.subplots(figsize=(8, 5.5))
    lowest = 1.0
    for name, points in job.items():
        answered, right = np.array(points).T
        # The first few answers would swing from 0 to 1.
        shown = answered >= 0.05
        axes.plot(answered[shown], right[shown], label=name)
        lowest = min(lowest, right[shown].min())
    axes.set(xlabel="share of messages answered", ylabel="share of answers that are right")
    axes.set(title="Coverage against accuracy", xlim=(0, 1), ylim=(max(lowest - 0.03, 0), 1.005))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left", fontsize=8)
    _save(figure, target)


def reliability(job: dict[str, Any], target: Path) -> None:
    """Confidence against the share that is right, with the number of messages below."""
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(7, 8), sharex=True, gridspec_kw={"height_ratios": [2, 1]}
    )
    upper.plot([0, 1], [0, 1], color="grey", linestyle=":", label="as sure as right")
    for name, bins in job.items():
        confidence, right, count = np.array(bins).T
        line = upper.plot(confidence, right, marker="o", markersize=4, label=name)[0]
        shares = count / count.sum()
        lower.plot(confidence, shares, marker="o", markersize=4, color=line.get_color())
    upper.set(ylabel="share that is right", title="Reliability", xlim=(0, 1), ylim=(0, 1.02))
    lower.set(xlabel="confidence of the first guess", ylabel="share of messages", ylim=(0, 1))
    upper.grid(alpha=0.3)
    lower.grid(alpha=0.3)
    # The lines of the upper half may go anywhere; the middle of the lower one is nearly empty.
    lower.legend(*upper.get_legend_handles_labels(), loc="upper center", fontsize=8)
    _save(figure, target)


def _save(figure: Any, target: Path) -> None:
    figure.tight_layout()
    figure.savefig(target, dpi=130)
    plt.close(figure)


def main() -> None:
    """Do the job of the command line."""
    exit_with_parent()
    given, result = (Path(argument) for argument in sys.argv[1:3])
    job = json.loads(given.read_text(encoding="utf-8"))
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for draw in (confusion, coverage, reliability):
        if points := job.get(draw.__name__):
            target = folder / f"{draw.__name__}.png"
            draw(points, target)
            drawn.append(target.name)
    result.write_text(json.dumps({"drawn": drawn}), encoding="utf-8")


if __name__ == "__main__":
    main()
