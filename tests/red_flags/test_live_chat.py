"""What is written in the middle of a chat with a person raises no alarm: fillers, greetings."""

from functools import cache
from pathlib import Path

import pytest
import yaml

from bot.pharmacy.red_flags import screen
from bot.pharmacy.red_flags.likeness import words_of
from bot.pharmacy.red_flags.screen import by_rules

HERE = Path(__file__).parent
LEARNED = HERE.parents[1] / "data" / "red_flags"

# Greetings that no rule finds, but that still read like an emergency. This list may only shrink.
KNOWN_FALSE_ALARMS = frozenset({"my uncle came in and says hi"})


@cache
def fillers() -> tuple[str, ...]:
    content = yaml.safe_load((HERE / "live_chat.yml").read_text(encoding="utf-8"))
    return tuple(text for texts in content.values() for text in texts)


def test_the_list_is_large_and_nothing_in_it_is_learned() -> None:
    assert len(set(fillers())) >= 100
    learned = {
        tuple(words_of(text))
        for path in LEARNED.glob("*.yml")
        for part in yaml.safe_load(path.read_text(encoding="utf-8")).values()
        for texts in part.values()
        for text in texts
    }
    assert [text for text in fillers() if tuple(words_of(text)) in learned] == []


def test_no_filler_raises_an_alarm() -> None:
    assert {text: screen(text) for text in fillers() if screen(text)} == {}


@pytest.mark.parametrize(
    "text",
    [
        "mom says hi",
        "my dad also says hi",
        "she says hi",
        "my boyfriend here says hi",
        "they both say hi",
        "my roommate is saying hi",
        "i was just saying hi",
        "my little one is waving and saying hi",
        "mi mama says hi",
        "mi esposo says hi to you guys",
        "mi abuelita dice hi",
        "my brother says hello and happy new year",
        "my uncle came in and says hi",
        "everybody in the break room says hi",
        "your text says hi, your order is ready",
        "it says hi, how may i help you",
    ],
)
def test_a_person_who_says_hi_is_no_meter(text: str) -> None:
    assert by_rules(text) == ()
    assert bool(screen(text)) == (text in KNOWN_FALSE_ALARMS)


@pytest.mark.parametrize(
    "text",
    [
        "my meter says HI",
        "it says HI",
        "the monitor just says HI",
        "the reading says HI",
        "reading says LO",
        "his sensor is showing HI",
        "my mom's glucometer says HI",
        "my mom says her meter says HI",
        "my mom says it says HI",
        "my wife says hi on her meter",
        "she checked and the machine says HI",
        "my daughter's says HI",
        "the machine says hi what should i do",
        "her dexcom app says LO",
        "it keeps saying HI",
    ],
)
def test_a_meter_that_says_hi_stays_an_emergency(text: str) -> None:
    assert "glucose" in {flag.family for flag in screen(text)}
