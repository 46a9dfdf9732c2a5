"""Cross-validation of config.yml's pipeline, from its parts: the vectors are computed once.

Job: `texts`, `labels`, and a `folds` number for each. Result: for each text the best guess, by a
model that has not seen its fold: of the classifier alone (`alone`), and after EmergencyNet and
CautiousChoice, before the fallback (`guesses`).
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from bot.nlu.encoder import encoder
from bot.nlu.joint_ridge import JointRidge, RidgeSettings
from bot.nlu.quiet import prepare_process
from bot.nlu.ranking import Ranking, cautious, judged
from bot.nlu.reading import for_meaning, for_wording
from bot.nlu.wording import WordingVectors
from bot.supervised import exit_with_parent

# The pipeline that `Folds` puts together; another one would be measured wrongly.
PARTS = (
    "SentenceFeaturizer", "WordingFeaturizer", "JointRidgeClassifier", "EmergencyNet",
    "CautiousChoice", "FallbackClassifier",
)  # fmt: skip
CONFIG = Path("config.yml")


class OtherPipelineError(Exception):
    """config.yml names other components than this module knows."""


class Folds:
    """The texts with their vectors, and config.yml's settings."""

    def __init__(self, texts: list[str], labels: list[str], folds: list[int]) -> None:
        """Computes the vectors of meaning, in about 10 seconds for 10,000 texts."""
        self._texts, self._labels = texts, labels
        self._folds = np.array(folds)
        self._settings = pipeline_settings()
        told("vectors of all sentences")
        self._meaning = encoder().encode([for_meaning(text) for text in texts])
        self._wording = [for_wording(text) for text in texts]

    def rankings(self) -> list[Ranking]:
        """What the classifier makes of each text, in order."""
        found: list[Ranking] = [[]] * len(self._texts)
        count = int(self._folds.max()) + 1
        for fold in range(count):
            told(f"fold {fold + 1} of {count}")
            held = np.flatnonzero(self._folds == fold)
            for place, ranking in zip(held, self._of_fold(held), strict=True):
                found[place] = ranking
        return found

    def _of_fold(self, held: Any) -> list[Ranking]:
        """The same for the held texts, by a model of the others."""
        rest = np.setdiff1d(np.arange(len(self._texts)), held)
        words = WordingVectors()
        words.fit([self._wording[place] for place in rest])
        given = self._settings["JointRidgeClassifier"]
        model = JointRidge.fit(
            self._meaning[rest],
            words.transform([self._wording[place] for place in rest]),
            [self._labels[place] for place in rest],
            [self._texts[place] for place in rest],
            RidgeSettings(**{name: given.get(name, value) for name, value in _RIDGE.items()}),
        )
        wording = words.transform([self._wording[place] for place in held])
        length = given.get("ranking_length", 10)
        return [
            [
                {"name": model.intents[at], "confidence": float(row[at])}
                for at in np.argsort(-row, kind="stable")[:length]
            ]
            for row in model.read(self._meaning[held], wording, 0)[0]
        ]

    def deployed(self, place: int, ranking: Ranking) -> Ranking:
        """What the components behind the classifier make of its ranking."""
        # These import Rasa, so they wait for prepare_process.
        from bot.nlu.cautious_choice import CautiousChoice
        from bot.nlu.emergency_net import head

        score = head().score(self._texts[place], self._meaning[place])
        given = CautiousChoice.get_default_config() | self._settings["CautiousChoice"]
        return cautious(
            judged(ranking, score), **{name: given[name] for name in given if name != "name"}
        )


_RIDGE = asdict(RidgeSettings())


def pipeline_settings() -> dict[str, dict[str, Any]]:
    """The settings in config.yml by component. Raises OtherPipelineError."""
    pipeline = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))["pipeline"]
    settings = {part["name"].rpartition(".")[2]: part for part in pipeline}
    if tuple(settings) != PARTS:
        raise OtherPipelineError(
            f"config.yml has {', '.join(settings)}: adapt bench/engines/folds.py"
        )
    return settings


def told(step: str) -> None:
    """A line for the person who waits."""
    print(f"evaluate: cross-validation: {step}", flush=True)


def main() -> None:
    """Do the job of the command line."""
    exit_with_parent()
    prepare_process()
    given, result = (Path(argument) for argument in sys.argv[1:3])
    job = json.loads(given.read_text(encoding="utf-8"))
    folds = Folds(job["texts"], job["labels"], job["folds"])
    rankings = folds.rankings()
    told("red flags of all sentences")
    deployed = [folds.deployed(place, ranking) for place, ranking in enumerate(rankings)]
    done = {"alone": _best(rankings), "guesses": _best(deployed)}
    result.write_text(json.dumps(done), encoding="utf-8")


def _best(rankings: list[Ranking]) -> list[tuple[str, float]]:
    return [(ranking[0]["name"], float(ranking[0]["confidence"])) for ranking in rankings]


if __name__ == "__main__":
    main()
