"""What may overtake the classifier's best guess: the second net, and what may be about safety."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.ranking import DOUBT, EMERGENCY, Ranking, cautious, judged

SERIOUS = ("ask_clinical", "report_ran_out")


def ranking(**guesses: float) -> Ranking:
    return [{"name": name, "confidence": value} for name, value in guesses.items()]


def names(guesses: Ranking) -> list[str]:
    return [guess["name"] for guess in guesses]


def test_the_alarm_is_in_front_whatever_the_classifier_thinks() -> None:
    found = judged(ranking(ask_status=0.99, report_emergency=0.001), 0.0)
    assert names(found) == [EMERGENCY, "ask_status"]
    assert found[0]["confidence"] == 0.5
    assert judged(ranking(ask_status=0.99), 3.0)[0]["confidence"] == pytest.approx(0.9526, abs=1e-4)


def test_a_little_below_the_alarm_the_classifier_decides() -> None:
    given_ranking = ranking(report_emergency=0.6, ask_clinical=0.3)
    assert judged(given_ranking, DOUBT) == given_ranking
    assert judged(given_ranking, -0.01) == given_ranking


def test_far_below_it_is_no_emergency() -> None:
    found = judged(ranking(report_emergency=0.6, request_refill=0.3), DOUBT - 0.01)
    assert names(found) == ["request_refill"]
    alone = ranking(report_emergency=0.6)
    assert judged(alone, DOUBT - 1) == alone, "something must be left to act on"


def test_a_clinical_reading_that_is_close_enough_wins() -> None:
    found = cautious(
        ranking(ask_availability=0.46, inform=0.1, ask_clinical=0.08), SERIOUS, 0.15, 0.9
    )
    assert names(found) == ["ask_clinical", "ask_availability", "inform"]
    assert found[0]["confidence"] == 0.46, "no less understood than before"


def test_one_that_is_not_does_not() -> None:
    given_ranking = ranking(ask_availability=0.46, ask_clinical=0.06)
    assert cautious(given_ranking, SERIOUS, 0.15, 0.9) == given_ranking


def test_a_best_guess_that_is_sure_stays() -> None:
    given_ranking = ranking(ask_status=0.9, ask_clinical=0.89)
    assert cautious(given_ranking, SERIOUS, 0.15, 0.9) == given_ranking
    assert names(cautious(given_ranking, SERIOUS, 0.15, 0.91))[0] == "ask_clinical"


def test_what_is_serious_already_stays() -> None:
    for best in (EMERGENCY, "report_ran_out"):
        given_ranking = ranking(**{best: 0.5, "ask_clinical": 0.49})
        assert cautious(given_ranking, SERIOUS, 0.15, 0.9) == given_ranking
    assert cautious([], SERIOUS, 0.15, 0.9) == []


GUESSES = st.dictionaries(
    st.sampled_from(["ask_status", "inform", "ask_clinical", "report_ran_out", EMERGENCY]),
    st.floats(0, 1),
    min_size=1,
).map(lambda found: ranking(**dict(sorted(found.items(), key=lambda item: -item[1]))))


@given(GUESSES, st.floats(-20, 20), st.floats(0.05, 1))
def test_nothing_is_lost_or_doubled(guesses: Ranking, score: float, share: float) -> None:
    cautiously = cautious(guesses, SERIOUS, share, 0.9)
    assert sorted(names(cautiously)) == sorted(names(guesses))
    others = [name for name in names(judged(guesses, score)) if name != EMERGENCY]
    assert others == [name for name in names(guesses) if name != EMERGENCY] or len(guesses) == 1
