"""The table: its rows, when a goal is met, and the pages and files that show it."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bench.figures import FIGURES, PARTS, Goal, Measured, Row, markdown, rows, table
from bench.pages import BEGIN, END, PAGES, with_table
from bench.results_file import LATEST, Kept, read, stock_heading, table_rows, write
from bot.places import ROOT

# The rows that are promised, whatever else is measured.
PROMISED = {
    "turn": "<= 0.2 x stock",
    "growth": "<= 1.2",
    "throughput": ">= 5 x stock",
    "training": "<= 0.1 x stock",
    "start": "<= 0.4 x stock",
    "memory": "<= 0.75 x stock",
    "share": "<= 5",
    "records_sqlite": "<= 1.2",
    "records_postgresql": "<= 1.2",
    "socket": "<= 60",
    "widget": "<= 20",
}


def kept(**figures: Measured) -> Kept:
    return Kept(figures, "abc", "a machine", "2026-11-27T12:00:00+00:00", 3, None, {"more": [1, 2]})


def row_of(key: str, found: Measured) -> Row:
    at = [figure.key for figure in FIGURES].index(key)
    return rows({key: found})[at]


def test_every_promise_has_a_row() -> None:
    assert {figure.key: str(figure.goal) for figure in FIGURES} == PROMISED


def test_what_is_not_measured_has_a_row_and_keeps_no_goal() -> None:
    empty = rows({})
    assert [row.figure for row in empty] == [figure.name for figure in FIGURES]
    assert {(row.willcall, row.stock, row.ratio, row.met) for row in empty} == {
        (None, None, None, False)
    }


def test_a_ratio_is_willcall_by_stock() -> None:
    row = row_of("turn", Measured(10.0, 50.0))
    assert (row.willcall, row.stock, row.ratio, row.met) == (10.0, 50.0, 0.2, True)
    assert not row_of("turn", Measured(10.1, 50.0)).met


def test_more_is_better_where_the_goal_says_so() -> None:
    assert row_of("throughput", Measured(100.0, 20.0)).met
    assert not row_of("throughput", Measured(99.0, 20.0)).met


def test_a_goal_for_willcall_alone_does_not_look_at_stock() -> None:
    assert not row_of("growth", Measured(1.3, 2.6)).met
    assert row_of("growth", Measured(1.2, 1.0)).met


def test_a_ratio_that_is_given_counts() -> None:
    row = row_of("training", Measured(20.0, 4000.0, ratio=0.2))
    assert (row.ratio, row.met) == (0.2, False)


def test_readers_see_what_stock_rasa_was_trained_on() -> None:
    assert stock_heading({"widget": kept()}) == "stock Rasa"
    sampled = replace(kept(), stock_sentences=600)
    assert stock_heading({"widget": kept(), "turns": sampled}) == "stock Rasa (600 sentences)"
    both = {"turns": sampled, "start": replace(kept(), stock_sentences=9707)}
    assert stock_heading(both) == "stock Rasa (600 and 9,707 sentences)"


def test_rounding_meets_no_goal() -> None:
    row = row_of("turn", Measured(10.004, 50.0))
    assert row.ratio == 0.2
    assert not row.met


def test_a_ratio_needs_stock() -> None:
    assert not Goal("ratio", 0.5).met(willcall=0.1, ratio=None)


def test_the_table_has_all_rows_in_one_width() -> None:
    lines = table(rows({"turn": Measured(10.0, 50.0), "widget": Measured(19.9)}))
    assert len(lines) == len(FIGURES) + 1
    assert lines[1].split()[-1] == "yes"
    assert lines[0].index("goal") == lines[1].index("<= 0.2 x stock")


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    first = {"widget": kept(widget=Measured(19.5))}
    write(first, tmp_path)
    assert read(tmp_path) == first
    both = {**first, "start": kept(start=Measured(5.0, 20.0))}
    found = write(both, tmp_path)
    assert read(tmp_path) == both
    assert json.loads((tmp_path / LATEST).read_text()) == [asdict(row) for row in found]
    assert [row.met for row in found if row.willcall is not None] == [True, True]


def test_nothing_is_known_before_the_first_run(tmp_path: Path) -> None:
    assert read(tmp_path) == {}


def test_the_kept_results_have_every_row() -> None:
    """bench/results/latest.json has the form that its readers rely on, made from the details."""
    found = json.loads((ROOT / "bench" / "results" / LATEST).read_text())
    assert found == [asdict(row) for row in table_rows(read())]
    assert [list(row) for row in found] == [
        ["figure", "willcall", "stock", "ratio", "goal", "met"]
    ] * len(FIGURES)


def test_every_part_is_named_by_a_figure() -> None:
    assert set(read()) <= set(PARTS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_show_the_kept_results(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    known = with_table(text, table_rows(read()), stock_heading(read()))
    assert known == text, "run: .venv/bin/python -m bench --show"


def test_a_page_keeps_all_but_its_table() -> None:
    row = row_of("widget", Measured(19.5))
    page = with_table(f"above\n{BEGIN}\nold\n{END}\nbelow\n", [row], "stock")
    assert page == "\n".join(["above", BEGIN, *markdown([row], "stock"), END, "below", ""])
    with pytest.raises(ValueError, match="no place"):
        with_table(f"{END} the wrong way round {BEGIN}", [row], "stock")
