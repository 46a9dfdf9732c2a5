"""How the thresholds of config.yml are chosen and written."""

from collections import Counter

import pytest
import yaml

from bot.nlu.ranking import EMERGENCY, Ranking
from bot.pharmacy.routes import SERIOUS
from bot.places import ROOT
from tools.choose_thresholds import Choice, Kept, chosen, outcomes, worth, written

LOOSE = Choice(share=1.0, sure=0.95, threshold=0.05)


def kept(intent: str, **guesses: float) -> Kept:
    ranking: Ranking = [{"name": name, "confidence": value} for name, value in guesses.items()]
    return Kept("is it ready", intent, ranking)


def only(message: Kept, choice: Choice) -> str:
    (found,) = outcomes([message], choice)
    return found


def test_the_numbers_are_written_where_they_stand() -> None:
    config = (ROOT / "config.yml").read_text(encoding="utf-8")
    changed = written(config, Choice(share=0.123, sure=0.77, threshold=0.045))
    assert "    share: 0.123\n" in changed
    assert "    sure: 0.77\n" in changed
    assert "    threshold: 0.045\n" in changed
    assert len(changed.splitlines()) == len(config.splitlines())
    with pytest.raises(ValueError, match="share 0 times"):
        written("pipeline: []\n", LOOSE)


def test_the_serious_intents_of_the_pipeline_are_those_that_are_chosen_for() -> None:
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    (part,) = (part for part in config["pipeline"] if part["name"].endswith("CautiousChoice"))
    assert {*part["serious"], EMERGENCY} == set(SERIOUS)


def test_what_becomes_of_a_message() -> None:
    assert only(kept("ask_status", ask_status=0.9), LOOSE) == "right"
    assert only(kept("ask_status", ask_price=0.9), LOOSE) == "wrong, bot"
    assert only(kept("ask_status", ask_clinical=0.9), LOOSE) == "wrong, people"
    assert only(kept("ask_status", ask_price=0.04, ask_hours=0.01), LOOSE) == "asked again"
    assert only(kept("ask_clinical", ask_price=0.5, ask_clinical=0.2), LOOSE) == "unsafe"
    cautiously = Choice(share=0.3, sure=0.95, threshold=0.05)
    assert only(kept("ask_clinical", ask_price=0.5, ask_clinical=0.2), cautiously) == "right"
    assert only(kept("report_ran_out", ask_clinical=0.9), LOOSE) == "wrong, people"


def test_an_unsafe_answer_outweighs_many_right_ones() -> None:
    assert worth(Counter({"right": 99, "unsafe": 1})) < 0
    assert worth(Counter({"right": 1, "asked again": 1})) == 0.5


def test_the_choice_is_safe_and_keeps_a_margin() -> None:
    messages = [kept("ask_clinical", ask_price=0.5, ask_clinical=0.2)]
    messages += [kept("ask_status", ask_status=0.6, ask_clinical=0.01)] * 20
    best = chosen(messages)
    assert best.share <= 0.4 * 0.67 + 0.001
    assert outcomes(messages, best) == Counter({"right": 21})
