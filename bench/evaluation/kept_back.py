"""The messages that training never sees, through the deployed assistant."""

from collections.abc import Sequence

from bench.evaluation import deployed, sentences
from bench.evaluation.deployed import FALLBACK, Outcome
from bench.evaluation.metrics import Guess, macro_f1
from bench.evaluation.report import Report, number, scores, table
from bench.evaluation.sentences import Sentence
from bot.pharmacy.routes import SERIOUS

Judged = list[tuple[Sentence, Outcome]]
HEAD = [
    "kept back", "messages", "first guess", "macro-F1", "as deployed", "macro-F1",
    "asked again", "wrong", "serious", "let through",
]  # fmt: skip
NOTES = [
    "first guess: before the fallback. as deployed: the screen, the fallback and the serious guess",
    "behind it included; asked again counts as not right. serious: clinical, emergency, wrong",
    "medicine, ran out; let through: those with the route bot or counter (the goal is 0).",
    "What each file can still say, its first lines tell; the thresholds come from some of them",
    "(tools/choose_thresholds.py).",
]


def measure() -> Report:
    """Every file tests/nlu/kept_back*.yml, each by itself and together."""
    kept = sentences.kept_back()
    outcomes = deployed.read([sentence.text for sentence in kept], "kept back")
    judged = list(zip(kept, outcomes, strict=True))
    groups = {
        name: [pair for pair in judged if pair[0].file == name]
        for name in dict.fromkeys(sentence.file for sentence in kept)
    }
    if len(groups) > 1:
        groups["together"] = judged
    figures: dict[str, object] = {name: figures_of(group) for name, group in groups.items()}
    lines = table(HEAD, [_row(name, figures_of(group)) for name, group in groups.items()]) + NOTES
    return Report(figures, lines, {"kept back": first_guesses(judged)})


def first_guesses(judged: Judged) -> list[Guess]:
    """The guesses before the fallback."""
    return [Guess(kept.intent, done.first, done.confidence) for kept, done in judged]


def figures_of(judged: Judged) -> dict[str, float | int]:
    """The figures of one file."""
    first = scores(first_guesses(judged))
    acted = [Guess(kept.intent, done.intent, done.confidence) for kept, done in judged]
    right = sum(guess.right for guess in acted)
    asked = sum(guess.intent == FALLBACK and not guess.right for guess in acted)
    serious = [done for kept, done in judged if kept.intent in SERIOUS]
    through = [done for done in serious if done.route in ("bot", "counter")]
    return {
        "messages": len(judged),
        "right_first": first["accuracy"],
        "macro_f1_first": first["macro_f1"],
        "right_deployed": _share(right, judged),
        "macro_f1_deployed": round(macro_f1(acted), 4),
        "asked_again": _share(asked, judged),
        "wrong": _share(len(judged) - right - asked, judged),
        "serious": len(serious),
        "let_through": len(through),
        "let_through_asked_again": sum(done.intent == FALLBACK for done in through),
    }


def _share(count: int, judged: Sequence[object]) -> float:
    return round(count / len(judged), 4)


def _row(name: str, figures: dict[str, float | int]) -> list[str]:
    """Shares with three decimals, counts as they are."""
    *cells, asked = (
        str(value) if isinstance(value, int) else number(value) for value in figures.values()
    )
    return [name, *cells[:-1], f"{cells[-1]} ({asked} asked again)"]
