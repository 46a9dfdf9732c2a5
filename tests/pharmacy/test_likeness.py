"""How much a message reads like an emergency: the words that no rule has thought of."""

from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pharmacy.red_flags import families, screen
from bot.pharmacy.red_flags.likeness import (
    WEIGHTS,
    letter_terms,
    parse,
    weights,
    windows,
    word_terms,
    words_of,
)
from tools.red_flag_sentences import digest

ROOT = Path(__file__).resolve().parents[2]
UNSEEN = ROOT / "tests" / "red_flags" / "unseen.yml"


@cache
def unseen() -> dict[str, dict[str, list[str]]]:
    content: dict[str, dict[str, list[str]]] = yaml.safe_load(UNSEEN.read_text(encoding="utf-8"))
    return content


def test_words_are_plain() -> None:
    assert words_of("I CAN'T breathe!! Soooo 12,5 mg?") == [
        "i", "cant", "breathe", "soo", "#", "#", "mg", "?",
    ]  # fmt: skip
    assert words_of("ch3st p4in, el niño") == ["chest", "pain", "el", "nino"]


def test_terms_are_runs_of_words_and_of_letters() -> None:
    assert list(word_terms(["a", "b", "c"])) == ["a", "b", "c", "a b", "b c", "a b c"]
    assert list(letter_terms(["is"])) == [" i", "is", "s ", " is", "is ", " is "]
    assert list(letter_terms(["i"])) == [" i", "i ", " i "]


def test_a_long_message_is_also_read_in_pieces() -> None:
    words = [str(number) for number in range(20)]
    pieces = list(windows(words, 8))
    assert pieces[0] == words
    assert {word for piece in pieces[1:] for word in piece} == set(words)
    assert list(windows(words[:12], 8)) == [words[:12]]


def test_what_was_learned_is_read_in_one_form_only() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        parse(["x\tword\t1\t2\n"])
    small = parse(
        [
            "# a comment\n", "setting\tlevel\t-1.0\n", "setting\talarm\t0.5\n",
            "setting\tveto\t-0.5\n", "family\toverdose\t0.0\n", "family\tbleeding\t0.1\n",
            "w\tblood\t100\t300\t-50\t200\n", "w\tpills\t100\t100\t150\t-20\n",
            "w\thello\t100\t0\t0\t0\n",
        ]
    )  # fmt: skip
    one = small.likeness("blood")
    assert one.score == pytest.approx(2.0)
    assert one.families[0] == "bleeding"
    two = small.likeness("blood, pills")
    assert two.score == pytest.approx(-1 + (3 + 1) / 2**0.5)
    assert two.words == "blood, pills"
    assert small.ordinary("hello")
    assert not small.ordinary("pills")
    # Nothing is known of these words, so nothing can be said of them.
    assert not small.ordinary("xin chào hello")


def test_the_weights_belong_to_the_sentences() -> None:
    """If this fails, run `make red-flags`: sentences have changed since."""
    assert f"# sentences {digest()}\n" in WEIGHTS.read_text(encoding="utf-8")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=2000))
def test_any_text_has_a_likeness(text: str) -> None:
    like = weights().likeness(text)
    assert like == weights().likeness(text)
    assert set(like.families) == set(families())


def test_unseen_emergencies_are_found_and_ordinary_messages_left_alone() -> None:
    """The screen alone, on messages it has not learned from; floors under what was measured."""
    emergencies = [text for texts in unseen()["emergencies"].values() for text in texts]
    ordinary = [text for texts in unseen()["ordinary"].values() for text in texts]
    found = sum(bool(screen(text)) for text in emergencies) / len(emergencies)
    alarms = sum(bool(screen(text)) for text in ordinary) / len(ordinary)
    assert found >= 0.94
    assert alarms <= 0.02


def test_nothing_unseen_has_been_learned() -> None:
    learned = {
        text.casefold()
        for path in (ROOT / "data" / "red_flags").glob("*.yml")
        for part in yaml.safe_load(path.read_text(encoding="utf-8")).values()
        for texts in part.values()
        for text in texts
    }
    held = [text for part in unseen().values() for texts in part.values() for text in texts]
    assert [text for text in held if text.casefold() in learned] == []
