"""The page on security has a line with a status for every requirement; the tests it names exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, text_of

PAGE = ROOT / "docs" / "security.md"
NUMBERS = Path(__file__).parent / "asvs_numbers.txt"
STATUSES = {"met", "partly", "not met", "operator", "not applicable"}
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROWS = ROW.findall(text_of(PAGE))


def _numbers() -> Iterator[str]:
    for line in NUMBERS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            section, _, last = line.partition(":")
            yield from (f"{section}.{number}" for number in last.split())


@cache
def _collected(path: Path) -> frozenset[str]:
    """The tests of a file, at its top and in its classes, without those that are marked skipped."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    bodies = [tree.body, *(node.body for node in classes if node.name.startswith("Test"))]
    found = (
        node
        for body in bodies
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return frozenset(
        node.name
        for node in found
        if node.name.startswith("test_")
        and not any("skip" in ast.unparse(each) for each in node.decorator_list)
    )


def test_every_requirement_has_one_line() -> None:
    assert [number for number, *_ in ROWS] == list(_numbers())


def test_every_line_has_a_status_and_a_reason() -> None:
    assert {status.strip() for _, _, status, _ in ROWS} <= STATUSES
    assert [number for number, _, _, reason in ROWS if len(reason.strip()) < len("No XML.")] == []


def test_no_row_is_written_in_another_way() -> None:
    lines = [line for line in text_of(PAGE).splitlines() if re.match(r"\| *\d", line)]
    assert len(lines) == len(ROWS)


@pytest.mark.parametrize(("path", "name"), sorted(set(TEST.findall(text_of(PAGE)))))
def test_the_tests_that_it_names_are_there(path: str, name: str) -> None:
    assert name in _collected(ROOT / path)


def test_what_looks_like_a_test_is_read_as_one() -> None:
    assert len(re.findall(r"\.py::", text_of(PAGE))) == len(TEST.findall(text_of(PAGE)))
