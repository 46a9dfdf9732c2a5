"""Short answers, corrections and denials, word by word."""

import pytest

from bot.pharmacy.bare_answers import is_bare
from bot.pharmacy.denials import Wanted, wanted
from bot.pharmacy.follow_up import asks_other, ordinal, refers_back
from bot.pharmacy.medicine_names import Medicine, MedicineIndex

INDEX = MedicineIndex(
    [
        Medicine("1", "lisinopril", ("Zestril",), "20 mg", "tablet"),
        Medicine("2", "insulin lispro", ("Humalog",), "100 units/mL", "injection pen"),
    ]
)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one please", 1),
        ("and the second?", 1),
        ("what about the first one", 0),
        ("no, the last one", -1),
        ("is the third ready", 2),
        ("la segunda", 1),
        ("y la tercera?", 2),
        ("2", 1),
        ("the second is for my son", None),
        ("the first or the second", None),
        ("two pills", None),
        ("", None),
    ],
)
def test_places_in_a_list(text: str, place: int | None) -> None:
    assert ordinal(text) == place


@pytest.mark.parametrize(
    "text",
    ["what about the other one", "and the other one?", "is my other prescription ready",
     "the rest of them", "y la otra?", "los otros", "mi otra receta", "the others"],
)  # fmt: skip
def test_the_other_one(text: str) -> None:
    assert asks_other(text)


@pytest.mark.parametrize(
    "text",
    ["is there another way to pay", "the second one", "i have other questions", "some other time",
     "otra vez", "the metformin", ""],
)  # fmt: skip
def test_not_the_other_one(text: str) -> None:
    assert not asks_other(text)


def test_pronouns() -> None:
    assert refers_back("is it ready?")
    assert not refers_back("is my lisinopril ready")


@pytest.mark.parametrize(
    ("text", "kept", "denied"),
    [
        ("not the metformin, the lisinopril", "the lisinopril", "the metformin"),
        ("no, not the metformin, the lisinopril", "no,, the lisinopril", "the metformin"),
        ("not that one, the 20 mg", "the 20 mg", "that one"),
        ("not metformin, lisinopril", "lisinopril", "metformin"),
        ("the lisinopril, not the metformin", "the lisinopril", "the metformin"),
        ("not the 10 mg the 20", "the 20", "the 10 mg"),
        ("not the 2.5 mg, the 5 mg", "the 5 mg", "the 2.5 mg"),
        ("not the metformin i meant the lisinopril", "i meant the lisinopril", "the metformin"),
        ("it's not the metformin, it's the lisinopril", "it's the lisinopril", "the metformin"),
        ("not the first one, the second", "the second", "the first one"),
        ("lisinopril instead of metformin", "lisinopril", "metformin"),
        ("not the metformin", "", "the metformin"),
        ("not this one", "", "this one"),
        ("no la metformina, el lisinopril", "el lisinopril", "la metformina"),
        ("la metformina no, el lisinopril", "el lisinopril", "la metformina"),
        ("no era la metformina sino el lisinopril", "sino el lisinopril", "la metformina"),
    ],
)
def test_what_is_denied_is_taken_out(text: str, kept: str, denied: str) -> None:
    assert wanted(text) == Wanted(kept, denied)


@pytest.mark.parametrize(
    "text",
    [
        "i did not get my metformin",
        "is it not ready",
        "why is my lisinopril not ready",
        "isn't the metformin ready yet",
        "is not my insulin supposed to be in the fridge",
        "did you not fill the lisinopril",
        "no, the 20 mg",
        "no i meant the lisinopril",
        "no, la metformina",
        "i have no metformin left",
        "i dont want the generic",
        "",
    ],
)
def test_what_denies_no_name_stays_as_it_is(text: str) -> None:
    assert wanted(text) == Wanted(text)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("insulin lispro", True),
        ("the lisinopril 20 mg please", True),
        ("my humalog pen", True),
        ("zestril and humalog", True),
        ("i ran out of insulin lispro", False),
        ("can i stop lisinopril", False),
        ("is my lisinopril ready", False),
        ("ya esta lista la metformina", False),
        ("the second one", False),
        ("", False),
    ],
)
def test_nothing_but_a_medicine(text: str, bare: bool) -> None:
    assert is_bare(text, INDEX.find(text)) is bare
