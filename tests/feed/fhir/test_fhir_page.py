"""docs/fhir.md says what the code does."""

import itertools
import re
from pathlib import Path

import pytest

from bot.feed.fhir.fills import CODES
from bot.feed.fhir.people import AUTHORISED
from bot.feed.fhir.prescriptions import DRAFT, STATUSES
from bot.feed.fhir.resources import SHAPES
from bot.settings import Settings
from tests.feed.fhir import bundles as b

PAGE = (Path(__file__).parents[3] / "docs" / "fhir.md").read_text("utf-8")


def table(name: str) -> list[list[str]]:
    """The rows of a marked table, without its head."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    assert found is not None
    rows = [line.strip("|").split("|") for line in found[1].splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


STATES = table("states")


def options(cell: str) -> list[bool]:
    return {"any": [False, True], "yes": [True], "no": [False]}[cell]


CASES = [
    (row[0].strip("`"), *times, row[4].strip("`"))
    for row in STATES
    for times in itertools.product(*(options(cell) for cell in row[1:4]))
]


@pytest.mark.parametrize(("status", "prepared", "handed", "shipped", "state"), CASES)
def test_each_row_of_the_states(
    status: str, prepared: bool, handed: bool, shipped: bool, state: str
) -> None:
    dispense = b.without(b.DISPENSE, "whenPrepared") | {"status": status}
    dispense |= {"whenPrepared": "2026-05-01"} if prepared else {}
    dispense |= {"whenHandedOver": "2026-05-02"} if handed else {}
    dispense |= {"destination": {"display": "home"}} if shipped else {}
    batch, _ = b.take(b.PATIENT, b.REQUEST, dispense)
    assert b.the(batch, "fill")["state"] == state


def test_every_status_and_every_combination_is_listed() -> None:
    listed = [case[:4] for case in CASES]
    assert sorted(listed) == sorted(itertools.product(CODES, *[[False, True]] * 3))


def test_every_status_of_a_prescription_is_listed() -> None:
    listed = {row[0].strip("`"): row[1] for row in table("statuses")}
    assert listed.keys() == {*STATUSES, DRAFT}
    for status, kept in STATUSES.items():
        assert listed[status].startswith(f"`{kept}`")


def test_resources_codes_and_settings_are_named() -> None:
    assert {kind for kind in SHAPES if kind not in PAGE} == set()
    assert {code for code in AUTHORISED if f"`{code}`" not in PAGE} == set()
    settings = [name for name in Settings.model_fields if name.startswith("fhir_")]
    assert {name for name in settings if f"WILLCALL_{name.upper()}" not in PAGE} == set()
