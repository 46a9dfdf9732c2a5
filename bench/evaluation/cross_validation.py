"""Five-fold cross-validation over data/nlu."""

from collections.abc import Sequence

from bench.evaluation import engines, sentences
from bench.evaluation.metrics import Guess, calibration_error, f1_scores
from bench.evaluation.report import Report, number, scores, table
from bench.evaluation.sentences import Sentence

Judged = list[tuple[Sentence, Guess]]

FOLDS = 5
SETS = ("everything", "everyday files")
LANGUAGES = ("english", "spanish")
NOTES = [
    "The files everyday_*.yml hold sentences as people type them; the others hold sentences chosen",
    "for being unlike any other, so each of these is left out together with what would teach it.",
    "A first guess is the one before the fallback, after EmergencyNet and CautiousChoice, which",
    "prefer what is serious where it is nearly as likely; alone: without these two.",
    "EmergencyNet was not learned anew for each fold: it has seen the ordinary sentences.",
]


def measure() -> Report:
    """Every sentence judged by a model that has not seen its fold."""
    known = sentences.training()
    labels = [sentence.intent for sentence in known]
    job = {
        "texts": [sentence.text for sentence in known],
        "labels": labels,
        "folds": sentences.stratified_folds(labels, FOLDS),
    }
    result = engines.run("folds", job, f"cross-validation: {FOLDS} folds, {len(known)} sentences")
    return report(*(_judged(known, result[name]) for name in ("guesses", "alone")))


def _judged(known: Sequence[Sentence], best: Sequence[tuple[str, float]]) -> Judged:
    return [
        (sentence, Guess(sentence.intent, intent, confidence))
        for sentence, (intent, confidence) in zip(known, best, strict=True)
    ]


def report(judged: Judged, alone: Judged) -> Report:
    """The figures over everything and over the everyday files, each also by language and by the
    classifier without the components behind it."""
    groups = _groups(judged, alone)
    told = {name: scores(chosen) for name, chosen in groups.items()}
    each = {name: f1_scores(groups[name]) for name in SETS}
    figures: dict[str, object] = {
        "folds": FOLDS,
        "sentences": told,
        "f1": {
            name: {intent: round(f1, 4) for intent, f1 in f1s.items()} for name, f1s in each.items()
        },
        "calibration_error": {name: round(calibration_error(groups[name]), 4) for name in SETS},
    }
    rows = [
        [name, str(row["messages"]), number(row["accuracy"]), number(row["macro_f1"])]
        for name, row in told.items()
    ]
    lines = table(["cross-validation, first guess", "sentences", "accuracy", "macro-F1"], rows)
    curves = {f"cross-validation, {name}": groups[name] for name in SETS}
    return Report(figures, [*lines, *NOTES, "", *_by_intent(each)], curves, groups["everything"])


def _groups(judged: Judged, alone: Judged) -> dict[str, list[Guess]]:
    groups = {}
    for name in SETS:
        chosen, plain = (
            [pair for pair in found if pair[0].everyday or name == "everything"]
            for found in (judged, alone)
        )
        groups[name] = [guess for _, guess in chosen]
        for language in LANGUAGES:
            spoken = [guess for sentence, guess in chosen if sentence.language == language]
            groups[f"{name}, {language.title()}"] = spoken
        groups[f"{name}, classifier alone"] = [guess for _, guess in plain]
    return groups


def _by_intent(each: dict[str, dict[str, float]]) -> list[str]:
    """F1 of every intent, the worst of everything first."""
    everything, everyday = each["everything"], each["everyday files"]
    rows = [
        [intent, number(f1), number(everyday[intent]) if intent in everyday else "-"]
        for intent, f1 in sorted(everything.items(), key=lambda item: item[1])
    ]
    return table(["F1 by intent", "everything", "everyday files"], rows)
