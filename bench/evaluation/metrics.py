"""The figures of the evaluation: pure functions over guesses."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

Z_95 = 1.959964  # standard deviations that hold 95 % of a normal distribution


@dataclass(frozen=True)
class Guess:
    """What a message means, what the engine takes it for, and how sure it is (0 to 1)."""

    label: str
    intent: str
    confidence: float

    @property
    def right(self) -> bool:
        """Whether the guess is what the message means."""
        return self.intent == self.label


@dataclass(frozen=True)
class Bin:
    """Guesses of similar confidence: their mean confidence, and the share that is right."""

    confidence: float
    accuracy: float
    count: int


def accuracy(guesses: Sequence[Guess]) -> float:
    """The share that is right; not a number without guesses."""
    return sum(guess.right for guess in guesses) / len(guesses) if guesses else math.nan


def f1_scores(guesses: Sequence[Guess]) -> dict[str, float]:
    """F1 of every intent that some message means, by name."""
    meant = Counter(guess.label for guess in guesses)
    guessed = Counter(guess.intent for guess in guesses)
    hit = Counter(guess.label for guess in guesses if guess.right)
    return {name: 2 * hit[name] / (meant[name] + guessed[name]) for name in sorted(meant)}


def macro_f1(guesses: Sequence[Guess]) -> float:
    """The mean of f1_scores: every intent counts the same. One that no message means has no
    score of its own; guessing it costs the intents that were meant."""
    scores = f1_scores(guesses)
    return sum(scores.values()) / len(scores) if scores else math.nan


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """How often a value of ``inside`` is above one of ``outside``; a tie counts one half."""
    if not inside or not outside:
        return math.nan
    ordered = sorted(outside)
    above = sum(bisect_left(ordered, value) + bisect_right(ordered, value) for value in inside) / 2
    return above / (len(inside) * len(outside))


def refusal_threshold(outside: Sequence[float], share: float) -> float:
    """The least confidence of ``outside`` such that refusing it and all below refuses ``share`` of
    them. Messages above it are answered. Raises ValueError without messages."""
    if not outside:
        raise ValueError("no out-of-scope messages, so nothing to refuse")
    needed = math.ceil(share * len(outside) - 1e-9)
    return sorted(outside)[max(needed, 1) - 1]


def accuracy_above(guesses: Sequence[Guess], threshold: float) -> float:
    """The share of all guesses that is right and above the threshold."""
    answered = [guess for guess in guesses if guess.right and guess.confidence > threshold]
    return len(answered) / len(guesses) if guesses else math.nan


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's score; 0 to 1 when nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, spread = hits / total, Z_95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    width = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    # At none and at all of them the formula gives 0 and 1, but for rounding.
    return 0.0 if not hits else middle - width, 1.0 if hits == total else middle + width


def coverage_curve(guesses: Sequence[Guess]) -> list[tuple[float, float]]:
    """(share answered, share right among those) as the threshold falls, one point a confidence."""
    points: list[tuple[float, float]] = []
    right = 0
    ordered = sorted(guesses, key=lambda guess: -guess.confidence)
    for count, guess in enumerate(ordered, start=1):
        right += guess.right
        if count == len(ordered) or ordered[count].confidence < guess.confidence:
            points.append((count / len(ordered), right / count))
    return points


def reliability(guesses: Sequence[Guess], bins: int = 10) -> list[Bin]:
    """The guesses in bins of equal width, those without any left out."""
    groups: dict[int, list[Guess]] = {}
    for guess in guesses:
        groups.setdefault(min(int(guess.confidence * bins), bins - 1), []).append(guess)
    return [
        Bin(sum(guess.confidence for guess in group) / len(group), accuracy(group), len(group))
        for _, group in sorted(groups.items())
    ]


def calibration_error(guesses: Sequence[Guess], bins: int = 10) -> float:
    """How far confidence and share of right guesses lie apart, on average over the guesses."""
    if not guesses:
        return math.nan
    found = reliability(guesses, bins)
    return sum(abs(bin_.confidence - bin_.accuracy) * bin_.count for bin_ in found) / len(guesses)


def confusion(guesses: Sequence[Guess]) -> tuple[list[str], list[list[int]]]:
    """The names, and how often each (row) was taken for each (column)."""
    names = sorted({name for guess in guesses for name in (guess.label, guess.intent)})
    counts = Counter((guess.label, guess.intent) for guess in guesses)
    return names, [[counts[row, column] for column in names] for row in names]


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which this share lies, the nearest one that occurs."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
