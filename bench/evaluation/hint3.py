"""HINT3: real users' messages of another live bot, a third of them out of its scope."""

from collections.abc import Sequence
from pathlib import Path

from bench.evaluation import engines, sentences
from bench.evaluation.metrics import (
    Guess,
    accuracy,
    accuracy_above,
    auroc,
    refusal_threshold,
)
from bench.evaluation.project import OWN_ONLY, our_config, stock_config
from bench.evaluation.report import Report, number, table
from bench.evaluation.sentences import OUT_OF_SCOPE

REFUSED = 0.8  # of the out-of-scope messages, at the threshold of the third figure
NAMES = {"ours": "Willcall's pipeline", "stock": "stock Rasa 3.6.21"}
CONFIGS = {"ours": lambda: our_config(whole=False), "stock": stock_config}
HEAD = ["HINT3", "in-scope accuracy", "AUROC", "at 80 % refused"]
NOTES = [
    "AUROC: of the confidence, in-scope against out-of-scope. at 80 % refused: in-scope accuracy",
    "at the threshold that refuses 80 % of the out-of-scope messages. Guesses before the fallback.",
    f"Willcall's pipeline is that of config.yml without {', '.join(OWN_ONLY)},",
    "which know this project's own intents. Published: a refusal counts as confidence 0.",
]


def measure(folder: Path) -> Report:
    """Both engines, then the published predictions. Raises MissingDataError, EngineFailedError."""
    known = sentences.hint3_sentences(folder, "train")
    asked = sentences.hint3_sentences(folder, "test")
    found: dict[str, list[Guess]] = {}
    for engine, config in CONFIGS.items():
        reading = engines.train_and_read(
            engine, config(), known, [sentence.text for sentence in asked]
        )
        found[NAMES[engine]] = [
            Guess(sentence.intent, engines.same_intent(sentence.intent, intent), confidence)
            for sentence, (intent, confidence) in zip(asked, reading.guesses, strict=True)
        ]
    curves = {f"HINT3 with out of scope, {name}": guesses for name, guesses in found.items()}
    for name, rows in sentences.hint3_published(folder):
        found[f"published, {name}"] = [_published(row) for row in rows]
    figures = {name: figures_of(guesses) for name, guesses in found.items()}
    told = [[name, *(number(value) for value in row.values())] for name, row in figures.items()]
    counts = f"{len(known)} sentences for training, {len(asked)} messages"
    return Report(
        {"training": len(known), "test": len(asked), "engines": figures},
        [*table(HEAD, told), f"{counts}.", *NOTES],
        curves,
    )


def _published(row: dict[str, str]) -> Guess:
    refused = row["predicted_node"] == OUT_OF_SCOPE
    confidence = 0.0 if refused else float(row["predicted_node_score"])
    return Guess(row["label"], row["predicted_node"], confidence)


def figures_of(guesses: Sequence[Guess]) -> dict[str, float]:
    """The three figures of one engine."""
    inside = [guess for guess in guesses if guess.label != OUT_OF_SCOPE]
    outside = [guess.confidence for guess in guesses if guess.label == OUT_OF_SCOPE]
    threshold = refusal_threshold(outside, REFUSED)
    return {
        "in_scope_accuracy": round(accuracy(inside), 4),
        "auroc": round(auroc([guess.confidence for guess in inside], outside), 4),
        "accuracy_at_80_refused": round(accuracy_above(inside, threshold), 4),
    }
