"""The red-flag screen: every listed emergency is found, ordinary messages are left alone."""

from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pharmacy.red_flags import RedFlag, families, screen
from bot.pharmacy.red_flags.rules import DATA, RuleError, load
from tests.counting import calls

LISTS = Path(__file__).parents[1] / "red_flags"
LONGEST_MESSAGE = 2000  # characters; the gateway refuses longer ones

# Ordinary messages that raise a false alarm today. This list may only shrink.
KNOWN_FALSE_ALARMS: frozenset[str] = frozenset()


@cache
def emergencies() -> tuple[tuple[str, str], ...]:
    """(family, message) of both halves."""
    found = []
    for name in ("red_flags.yml", "holdout_red_flags.yml"):
        content = yaml.safe_load((LISTS / name).read_text(encoding="utf-8"))
        for family, languages in content.items():
            found += [(family, text) for texts in languages.values() for text in texts]
    return tuple(found)


@cache
def ordinary() -> tuple[str, ...]:
    found: list[str] = []
    for name in ("benign.yml", "holdout_benign.yml"):
        content = yaml.safe_load((LISTS / name).read_text(encoding="utf-8"))
        found += [text for texts in content.values() for text in texts]
    return tuple(found)


def test_the_lists_are_large_and_cover_every_family() -> None:
    assert len(emergencies()) >= 300
    assert len(set(ordinary())) >= 400
    assert {family for family, _ in emergencies()} == set(families())


@pytest.mark.parametrize("family", families())
def test_every_emergency_is_found_in_its_family(family: str) -> None:
    missed = [
        text
        for expected, text in emergencies()
        if expected == family and family not in {flag.family for flag in screen(text)}
    ]
    assert missed == []


def test_false_alarms_are_known_and_rare() -> None:
    alarms = {text for text in ordinary() if screen(text)}
    assert alarms - KNOWN_FALSE_ALARMS == set(), "new false alarms"
    assert KNOWN_FALSE_ALARMS - alarms == set(), "fixed: take these off the list"
    assert len(alarms) <= 0.02 * len(ordinary())


@pytest.mark.parametrize(
    "text",
    [
        "no fever but i cant breathe",
        "no fever, chest pain",
        "no i can't breathe",
        "had a stroke last year and now my face is drooping again",
        "what time do you close, no rush. also my son swallowed a battery",
        "I CAN'T BREATHE",
        "i can’t breathe",
        "i caaaan't breeeathe",
        "ch3st p4in",
        "i want to k!ll myself",
        "no puedo respirar",
        "NO PUEDO RESPIRÁR",
        "not sure if it matters but he swallowed 10 pills",
        "can you call me i have chest pain",
        "what if it's not ready, my chest hurts",
        "she is not breathing",
    ],
)
def test_nothing_nearby_hides_an_emergency(text: str) -> None:
    assert screen(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "?", "no", "5", "no chest pain, just need my refill", "is it ready", "¿ya está?"],
)
def test_nothing_is_found_where_there_is_nothing(text: str) -> None:
    assert screen(text) == ()


def test_a_flag_tells_staff_which_words_matched() -> None:
    flags = screen("hi, is it ready? I have CHEST pain")
    assert RedFlag("chest_stroke", "chest-pain", "chest pain") in flags


POLITENESS = ("hi", "hello, how are you?", "hola buenos dias", "good morning,", "excuse me.")
THANKS = ("thank you", "thanks so much!", "gracias", "have a nice day", ". is my refill ready?")


def test_politeness_around_an_emergency_does_not_hide_it() -> None:
    """All of it, around every one: a rare miss must not wait for chance to find it."""
    missed = [
        (before, text, after)
        for family, text in emergencies()
        for before in POLITENESS
        for after in THANKS
        if family not in {flag.family for flag in screen(f"{before} {text} {after}")}
        or family not in {flag.family for flag in screen(f"{before}\n{text}\n{after}")}
    ]
    assert missed == []


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_capitals_and_missing_accents_do_not_hide_an_emergency(data: st.DataObject) -> None:
    family, text = data.draw(st.sampled_from(emergencies()))
    assert family in {flag.family for flag in screen(text.upper())}
    plain = text.translate(str.maketrans("áéíóúñ", "aeioun"))
    assert family in {flag.family for flag in screen(plain)}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=LONGEST_MESSAGE))
def test_any_text_at_all_is_screened(text: str) -> None:
    assert isinstance(screen(text), tuple)


RULE_WORDS = [
    "no",
    "not",
    "my son",
    "took 2",
    "can't",
    "if",
    "chest",
    "pain",
    ",",
    ".",
    "last year",
    "throat",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(RULE_WORDS)))
def test_the_same_text_always_gets_the_same_answer(words: list[str]) -> None:
    text = " ".join(words)
    assert screen(text) == screen(text)


REPETITIVE = (
    "a ",
    "chest pain ",
    "no chest pain ",
    "if i have chest pain or ",
    "can't stop bleeding blood ",
    "my son ate my pills ",
    "i took 2 of ",
    "sugar 38 ",
    "not ",
    "can't ",
    "@$!*",
    "x.",
    "1 ",
    "swolllowed",
)


@pytest.mark.parametrize("piece", REPETITIVE)
def test_no_message_can_stall_the_screen(piece: str) -> None:
    """Twice the message is about twice the work, counted in calls: no clock, no busy machine."""
    half, whole = (
        _calls((piece * LONGEST_MESSAGE)[:length])
        for length in (LONGEST_MESSAGE // 2, LONGEST_MESSAGE)
    )
    assert whole < 2.5 * half
    assert whole < 200_000


def test_ordinary_messages_are_little_work() -> None:
    assert sum(map(_calls, ordinary())) / len(ordinary()) < 6_000


def _calls(text: str) -> int:
    """How much work it is to screen a message."""
    return calls(screen, text)


def test_every_rule_gives_its_reason() -> None:
    for rule in load(DATA).rules:
        assert len(rule.reason) > 20, rule.id


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("breathing.yml", "id: cannot-breathe", "id: gasping-blue", "there twice"),
        ("breathing.yml", "- suffocating", "- '@nowhere air'", "no word list @nowhere"),
        ("breathing.yml", "- suffocating", "- suffocating ~", "may not end in a gap"),
        ("breathing.yml", "- suffocating", "- literally", "is a filler"),
        ("breathing.yml", "- suffocating", "- suffocating ~40 air", "a gap may be"),
        ("breathing.yml", "language: es", "language: fr", "language must be"),
        ("breathing.yml", "    reason: Trouble", "    raison: Trouble", "unknown ['raison']"),
        ("breathing.yml", "despite: [history]", "despite: [doubt]", "despite may only name"),
        ("words.yml", "gave: [gave", "gave: ['@took', gave", None),
        ("words.yml", "took: [took", "took: ['@had_dose', took", "goes round in a circle"),
        ("guards.yml", "negation: [", "negations: [", "expected exactly"),
    ],
)
def test_a_mistake_in_the_rules_is_named(
    tmp_path: Path, file: str, old: str, new: str, message: str | None
) -> None:
    for path in DATA.glob("*.yml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    content = (tmp_path / file).read_text(encoding="utf-8")
    assert old in content
    (tmp_path / file).write_text(content.replace(old, new, 1), encoding="utf-8")
    if message is None:
        load(tmp_path)
        return
    with pytest.raises(RuleError) as caught:
        load(tmp_path)
    assert message in str(caught.value)
    assert file.removesuffix(".yml") in str(caught.value)
