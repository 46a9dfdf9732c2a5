"""The figures of the evaluation, against values worked out by hand."""

import math

import pytest

from bench.evaluation.metrics import (
    Guess,
    accuracy,
    accuracy_above,
    auroc,
    calibration_error,
    confusion,
    coverage_curve,
    f1_scores,
    macro_f1,
    quantile,
    refusal_threshold,
    reliability,
    wilson,
)

GUESSES = [
    Guess("a", "a", 0.9),
    Guess("a", "b", 0.8),
    Guess("b", "b", 0.8),
    Guess("b", "c", 0.2),
]


def test_auroc_of_separated_values_is_one_and_of_swapped_ones_zero() -> None:
    assert auroc([0.8, 0.9], [0.1, 0.2]) == 1
    assert auroc([0.1, 0.2], [0.8, 0.9]) == 0


def test_auroc_counts_a_tie_as_one_half() -> None:
    # 0.5 ties with 0.5 and is above 0.2; 0.3 is below 0.5 and above 0.2: (0.5 + 1 + 0 + 1) / 4.
    assert auroc([0.5, 0.3], [0.5, 0.2]) == pytest.approx(0.625)
    assert auroc([0.0, 0.0], [0.0, 0.0, 0.0]) == 0.5


def test_auroc_without_one_side_is_not_a_number() -> None:
    assert math.isnan(auroc([], [0.5]))
    assert math.isnan(auroc([0.5], []))


def test_wilson_interval() -> None:
    # 8 of 10: middle (0.8 + 0.19207) / 1.38415, width sqrt(0.16 * 0.38415 + 0.03689) / 1.38415.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_wilson_interval_at_the_ends() -> None:
    # All of n: the lower bound is n / (n + 1.96²).
    assert wilson(441, 441) == pytest.approx((441 / (441 + 3.84146), 1.0), abs=1e-6)
    assert wilson(0, 10) == pytest.approx((0.0, 3.84146 / 13.84146), abs=1e-6)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_threshold_refuses_at_least_the_share() -> None:
    outside = [0.1, 0.2, 0.3, 0.4, 0.5]
    assert refusal_threshold(outside, 0.8) == 0.4  # four of five are at or below it
    assert refusal_threshold(outside, 0.81) == 0.5
    assert refusal_threshold(outside, 1.0) == 0.5


def test_the_threshold_with_ties_refuses_them_together() -> None:
    assert refusal_threshold([0.0, 0.0, 0.0, 0.0, 0.9], 0.8) == 0.0
    assert refusal_threshold([0.0, 0.7, 0.7, 0.7, 0.7], 0.8) == 0.7


def test_the_threshold_needs_messages() -> None:
    with pytest.raises(ValueError, match="out-of-scope"):
        refusal_threshold([], 0.8)


def test_accuracy_above_a_threshold_is_a_share_of_all() -> None:
    assert accuracy(GUESSES) == 0.5
    assert accuracy_above(GUESSES, 0.8) == 0.25  # one at the threshold is refused
    assert accuracy_above(GUESSES, 0.0) == 0.5


def test_f1_counts_intents_that_are_meant() -> None:
    # a: 1 hit, meant 2, guessed 1: 2/3. b: 1 hit, meant 2, guessed 2: 1/2. c is never meant.
    assert f1_scores(GUESSES) == {"a": pytest.approx(2 / 3), "b": pytest.approx(0.5)}
    assert macro_f1(GUESSES) == pytest.approx(7 / 12)


def test_confusion_has_a_row_for_what_is_meant() -> None:
    assert confusion(GUESSES) == (["a", "b", "c"], [[1, 1, 0], [0, 1, 1], [0, 0, 0]])


def test_coverage_has_one_point_a_confidence() -> None:
    assert coverage_curve(GUESSES) == [(0.25, 1.0), (0.75, pytest.approx(2 / 3)), (1.0, 0.5)]


def test_reliability_and_the_calibration_error() -> None:
    low, high, highest = reliability(GUESSES)
    assert (low.confidence, low.accuracy, low.count) == (0.2, 0, 1)
    assert (high.confidence, high.accuracy, high.count) == (0.8, 0.5, 2)
    assert (highest.confidence, highest.accuracy, highest.count) == (0.9, 1, 1)
    # (0.2 * 1 + 0.3 * 2 + 0.1 * 1) / 4
    assert calibration_error(GUESSES) == pytest.approx(0.225)


def test_full_confidence_falls_into_the_last_bin() -> None:
    assert reliability([Guess("a", "a", 1.0), Guess("a", "b", 0.95)])[0].count == 2


def test_quantiles_are_values_that_occur() -> None:
    assert quantile([4, 1, 3, 2], 0.5) == 3
    assert quantile([4, 1, 3, 2], 0.95) == 4
