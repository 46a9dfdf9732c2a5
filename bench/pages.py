"""Keeps the tables of README.md and docs/benchmarks.md as bench/results/latest.json has them."""

from collections.abc import Sequence
from pathlib import Path

from bench.figures import Row, markdown
from bot.places import ROOT

PAGES = (ROOT / "README.md", ROOT / "docs" / "benchmarks.md")
BEGIN, END = "<!-- bench: the table is written by make bench -->", "<!-- bench: end -->"


def with_table(text: str, found: Sequence[Row], stock: str) -> str:
    """The page with this table between its two marks. ValueError if it has not both, in order."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the page has no place for the table")
    return "\n".join([f"{before}{BEGIN}", *markdown(found, stock), f"{END}{after}"])


def update(found: Sequence[Row], stock: str, pages: Sequence[Path] = PAGES) -> None:
    """Write the table into the pages; `stock` heads the column of stock Rasa."""
    for page in pages:
        page.write_text(
            with_table(page.read_text(encoding="utf-8"), found, stock), encoding="utf-8"
        )
