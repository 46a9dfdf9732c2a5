"""What identifies people leaves a question; medicines, strengths, times and sense stay."""

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.redaction import Score, measured, plain, sections, together
from bot.nlu.reading import tokens
from bot.pharmacy.redaction import redact
from bot.pharmacy.redaction.marks import ADDRESS, DATE, LINK, NAME

TODAY = date(2026, 11, 27)
SENTENCES = sections()
EVERY = [plain(text) for texts in SENTENCES.values() for text in texts]
WORD = re.compile(r"\[[a-z ]+\]|[^\W_]+")
NOBODY: frozenset[str] = frozenset()


def words_outside(text: str) -> list[str]:
    """The words of a text that stand in no placeholder."""
    return [word for word in WORD.findall(text) if not word.startswith("[")]


def test_enough_sentences() -> None:
    assert len(SENTENCES["planted"]) >= 200
    assert len(SENTENCES["clean"]) >= 100
    assert len(set(EVERY)) == len(EVERY)


def test_recall_and_precision() -> None:
    """Of the sentences that the rules were made with, and of words that must survive."""
    score = together([measured(SENTENCES["planted"]), measured(SENTENCES["clean"])])
    assert score.recall >= 0.97, measured(SENTENCES["planted"]).lost
    assert score.precision >= 0.95


def test_sentences_that_no_rule_was_made_for() -> None:
    score: Score = measured(SENTENCES["fresh"])
    assert score.recall >= 0.85, score.lost
    assert score.precision >= 0.9, score.overdone


@pytest.mark.parametrize("text", SENTENCES["clean"])
def test_what_names_nobody_stays_as_it_is(text: str) -> None:
    assert redact(text, NOBODY, TODAY) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("is my lisinopril 10 mg ready, this is Maria Lopez", f"is my lisinopril 10 mg ready, this is {NAME}"),  # noqa: E501
        ("Dr. Chen sent it on november 3rd", f"Dr. {NAME} sent it on {DATE}"),
        ("maria's metformin 500 mg, 2 a day", f"{NAME}'s metformin 500 mg, 2 a day"),
        ("vivo en calle Olmos 452 desde mayo", f"vivo en {ADDRESS} desde mayo"),
        ("see www.example.com/x on Friday at 5", f"see {LINK} on Friday at 5"),
        ("call 216-555-0147 before 10:30", "call [phone number] before 10:30"),
        ("nací en 1962, tomo 850", "nací en [date of birth], tomo 850"),
    ],
)  # fmt: skip
def test_placeholders(text: str, redacted: str) -> None:
    assert redact(text, NOBODY, TODAY) == redacted


class TestKnownNames:
    def test_they_go_without_any_sign(self) -> None:
        known = frozenset({"zyx", "delacruz", "obrien"})
        assert redact("it is under zyx", known, TODAY) == f"it is under {NAME}"
        assert redact("for de la cruz please", known, TODAY) == f"for {NAME} please"
        assert redact("O'Brien, two boxes", known, TODAY) == f"{NAME}, two boxes"

    def test_one_that_is_a_word_needs_a_capital_letter(self) -> None:
        known = frozenset({"rush", "may"})
        assert redact("no rush, i may come", known, TODAY) == "no rush, i may come"
        assert (
            redact("the coins that Rush ordered", known, TODAY) == f"the coins that {NAME} ordered"
        )
        assert redact("the coins in May", known, TODAY) == "the coins in May"

    def test_one_that_is_a_medicine_stays(self) -> None:
        known = frozenset({"lantus"})
        assert redact("is my lantus ready", known, TODAY) == "is my lantus ready"


def test_the_pharmacys_own_medicines_are_no_names() -> None:
    text = "out of Zyxoprilla and Quuxamide"
    assert NAME in redact(text, NOBODY, TODAY)
    assert redact(text, NOBODY, TODAY, frozenset({"zyxoprilla", "quuxamide"})) == text


@pytest.mark.parametrize("mark", [NAME, ADDRESS, DATE, LINK])
def test_the_model_reads_a_placeholder_as_one_word(mark: str) -> None:
    assert tokens(f"for {mark} please") == ["for", mark, "please"]


@pytest.mark.parametrize("text", EVERY)
def test_twice_is_once(text: str) -> None:
    once = redact(text, NOBODY, TODAY)
    assert redact(once, NOBODY, TODAY) == once


PIECES = st.sampled_from(
    """[name] [date of birth] [rx number] [phone number] Maria maria Lopez will may May 1 2 500 mg
    10/325 11/30 216-555-0147 7001001 calle oak St Ave Dr. dr my name is husband John , . ? ! 4521
    two one six five oh born on the of march fourth member id W1234567 [ ] # $ @ example.com soy
    metformin Eliquis de la Cruz thanks I and""".split()
)
TEXTS = st.one_of(st.text(max_size=120), st.lists(PIECES, max_size=25).map(" ".join))


@given(TEXTS)
def test_any_text(text: str) -> None:
    """Nothing is made up, what is left stands in order, and a second time changes nothing."""
    redacted = redact(text, NOBODY, TODAY)
    assert redact(redacted, NOBODY, TODAY) == redacted
    left = iter(re.findall(r"[^\W_]+", text))
    assert all(word in left for word in words_outside(redacted))


@given(TEXTS)
def test_placeholders_stay(text: str) -> None:
    for mark in (NAME, "[phone number]", "[date of birth]"):
        assert redact(text, NOBODY, TODAY).count(mark) >= min(text.count(mark), 1)


@given(TEXTS)
def test_it_grows_by_no_more_than_placeholders(text: str) -> None:
    redacted = redact(text, NOBODY, TODAY)
    outside = re.sub(r"\[[a-z ]+\]", "", redacted)
    assert len(outside) <= len(text)
