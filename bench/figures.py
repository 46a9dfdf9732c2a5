"""The figures that Willcall promises for speed and cost, their goals, and the table of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

type Value = float | None


@dataclass(frozen=True)
class Goal:
    """A bound on Willcall's own value, or on its ratio to stock Rasa."""

    of: Literal["willcall", "ratio"]
    bound: float
    at_least: bool = False

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.bound:g}{' x stock' if self.of == 'ratio' else ''}"

    def met(self, willcall: Value, ratio: Value) -> bool:
        """Whether it is kept; what is not measured keeps no goal."""
        value = willcall if self.of == "willcall" else ratio
        if value is None:
            return False
        return value >= self.bound if self.at_least else value <= self.bound


@dataclass(frozen=True)
class Figure:
    """One row of the table. `part` is the measurement that it comes from."""

    key: str
    name: str
    part: str
    goal: Goal


def _least(bound: float) -> Goal:
    return Goal("ratio", bound, at_least=True)


FIGURES = (
    Figure("turn", "turn through Rasa with one action, p50, ms", "turns", Goal("ratio", 0.2)),
    Figure(
        "growth", "100th turn of one conversation / its first", "turns", Goal("willcall", 1.2)
    ),
    Figure(
        "throughput", "messages a second, 16 conversations, one Rasa process", "turns", _least(5)
    ),
    Figure("training", "training, whole model, s of all cores", "training", Goal("ratio", 0.1)),
    Figure("start", "start of Rasa to first answer, s", "start", Goal("ratio", 0.4)),
    Figure("memory", "resident memory of Rasa, MB", "turns", Goal("ratio", 0.75)),
    Figure("share", "the gateway's own share of a turn, p50, ms", "share", Goal("willcall", 5)),
    Figure(
        "records_sqlite", "status answer, 1,000,000 prescriptions / 1,000, SQLite", "records",
        Goal("willcall", 1.2),
    ),
    Figure(
        "records_postgresql", "status answer, 1,000,000 prescriptions / 1,000, PostgreSQL",
        "records", Goal("willcall", 1.2),
    ),
    Figure(
        "socket", "memory of an idle socket, 5,000 on one gateway, KB", "sockets",
        Goal("willcall", 60),
    ),
    Figure("widget", "widget, gzipped, KB", "widget", Goal("willcall", 20)),
)  # fmt: skip
PARTS = tuple(dict.fromkeys(figure.part for figure in FIGURES))


@dataclass(frozen=True)
class Measured:
    """What a figure was measured as. A given `ratio` counts instead of the quotient of the two."""

    willcall: float
    stock: Value = None
    ratio: Value = None


@dataclass(frozen=True)
class Row:
    """One row with its numbers, as bench/results/latest.json has it."""

    figure: str
    willcall: Value
    stock: Value
    ratio: Value
    goal: str
    met: bool


def rows(measured: Mapping[str, Measured]) -> list[Row]:
    """Every row of the table, by the figures' keys; what was not measured is empty."""
    return [_row(figure, measured.get(figure.key)) for figure in FIGURES]


def _row(figure: Figure, found: Measured | None) -> Row:
    if found is None:
        return Row(figure.name, None, None, None, str(figure.goal), met=False)
    ratio = found.ratio
    if ratio is None and found.stock:
        ratio = found.willcall / found.stock
    # Judged before it is rounded: 0.2004 is more than 0.2.
    met = figure.goal.met(found.willcall, ratio)
    return Row(
        figure.name, rounded(found.willcall), rounded(found.stock), rounded(ratio),
        str(figure.goal), met,
    )  # fmt: skip


def rounded(value: Value) -> Value:
    """Three decimals below 10, one above."""
    return value if value is None else round(value, 3 if abs(value) < 10 else 1)


STOCK = "stock Rasa"


def table(found: Sequence[Row], stock: str = STOCK) -> list[str]:
    """The rows as lines of one width. `stock` heads the column of stock Rasa."""
    cells = [_head(stock), *(_cells(row) for row in found)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]))]
    return [_line(line, widths) for line in cells]


def markdown(found: Sequence[Row], stock: str = STOCK) -> list[str]:
    """The rows as a table for a page."""
    lines = [_head(stock), ("---", *["---:"] * 3, "---", "---"), *(_cells(row) for row in found)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _head(stock: str) -> tuple[str, ...]:
    return ("figure", "Willcall", stock, "ratio", "goal", "met")


def _cells(row: Row) -> tuple[str, ...]:
    numbers = (_number(value) for value in (row.willcall, row.stock, row.ratio))
    return (row.figure, *numbers, row.goal, "yes" if row.met else "no")


def _number(value: Value) -> str:
    return "" if value is None else f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if at in (0, 4, 5) else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded).rstrip()
