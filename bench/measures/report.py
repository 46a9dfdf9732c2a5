"""What a part hands back, and the arithmetic that all parts share."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import Measured, rounded


@dataclass(frozen=True)
class Report:
    """The figures of a part by their keys, and what else is worth keeping about them."""

    figures: dict[str, Measured]
    details: dict[str, object]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def quantiles(values: Sequence[float]) -> dict[str, float | int | None]:
    """How many there are, p50, p95 and the largest, in the unit of the values."""
    ordered = sorted(values)
    late = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    return {
        "count": len(ordered),
        "p50": rounded(median(ordered)),
        "p95": rounded(late),
        "max": rounded(ordered[-1]),
    }
