"""What a part of the evaluation hands back, and how its tables are set."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.evaluation.metrics import (
    Guess,
    accuracy,
    calibration_error,
    confusion,
    coverage_curve,
    macro_f1,
    reliability,
)


@dataclass(frozen=True)
class Report:
    """Figures for machines, lines for people, and what the plots are drawn from."""

    figures: dict[str, object]
    lines: list[str]
    curves: dict[str, list[Guess]] = field(default_factory=dict)
    matrix: list[Guess] = field(default_factory=list)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Aligned lines: the first column to the left, numbers to the right."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    ]


def number(value: float) -> str:
    """Three decimals, as every share is told."""
    return f"{value:.3f}"


def scores(guesses: Sequence[Guess]) -> dict[str, float | int]:
    """The figures that every set of guesses has, rounded for the file."""
    return {
        "messages": len(guesses),
        "accuracy": round(accuracy(guesses), 4),
        "macro_f1": round(macro_f1(guesses), 4),
    }


def drawing(curves: dict[str, list[Guess]], matrix: Sequence[Guess]) -> dict[str, object]:
    """The job of bench.engines.plots: points, so that nothing is computed there."""
    names, counts = confusion(matrix)
    return {
        "confusion": {"names": names, "counts": counts} if matrix else None,
        "coverage": {name: coverage_curve(guesses) for name, guesses in curves.items()},
        "reliability": {
            f"{name} (off by {calibration_error(guesses):.3f})": [
                (bin_.confidence, bin_.accuracy, bin_.count) for bin_ in reliability(guesses)
            ]
            for name, guesses in curves.items()
        },
    }
