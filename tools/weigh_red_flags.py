"""Learns how much words and meaning speak for an emergency: `make red-flags`.

Reads the sentences in data/red_flags, each file written by somebody else, and fits two logistic
regressions: one over the terms of `bot.pharmacy.red_flags.likeness`, for the screen in the gateway,
and one over the sentence encoder's vectors, for `bot.nlu.emergency_net`. Every threshold comes from
scores that each file's sentences get from models that have not seen that file, together with what
the rules find: those that find most emergencies at no more than a given share of false alarms among
the ordinary sentences. Writes bot/pharmacy/red_flags/data/likeness.txt and
bot/nlu/words/emergency.json, and prints the figures; with --check nothing is written.
"""

import argparse
import json
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from bot.pharmacy.red_flags import likeness
from bot.pharmacy.red_flags.rules import FAMILIES
from bot.pharmacy.red_flags.screen import by_rules
from bot.places import RASA_PYTHON, ROOT
from tools.red_flag_sentences import Flags, Sentences, digest, read

HEAD = ROOT / "bot" / "nlu" / "words" / "emergency.json"
STRENGTH = 30.0  # of the regression: little is smoothed away
LEAST = 3  # sentences that hold a term
KEPT = 25_000  # terms, those that weigh most
# Of the ordinary sentences, two thirds of which are hard on purpose: for the screen alone, and for
# the screen and the second net together.
FALSE_ALARMS, FALSE_ALARMS_TOGETHER = 0.028, 0.038
CERTAIN = -1.0  # a rule's finding is never thrown out above this score
Numbers = npt.NDArray[np.float64]


def main() -> None:
    """Command line entry."""
    arguments = argparse.ArgumentParser(description="Learn the weights of the red-flag screen.")
    arguments.add_argument("--check", action="store_true", help="print the figures, write nothing")
    given = arguments.parse_args()
    sentences = read()
    vectors = meaning(sentences.texts)
    hits = np.array([bool(by_rules(text)) for text in sentences.texts])
    scores, closer = unseen_scores(sentences)
    meanings = unseen_meanings(sentences, vectors)
    judged = np.char.startswith(sentences.writers, "writer")
    emergency = sentences.families >= 0
    seen = Judged(scores[judged], closer[judged], hits[judged], emergency[judged])
    veto, alarm = thresholds(seen)
    first = seen.raised(veto, alarm)
    head = second_net(seen, meanings[judged], first)
    both = first | head.raised(seen, meanings[judged])
    report(sentences.where(judged), seen, {"screen": first, "with the second net": both})
    print(f"veto {veto:.2f}, alarm {alarm:.2f}; second net {head}")
    if not given.check:
        lines = list(fitted(sentences, veto, alarm))
        likeness.WEIGHTS.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        model = regression(vectors, emergency)
        HEAD.write_text(json.dumps(head.stored(model), indent=0) + "\n", encoding="utf-8")


def vectorisers() -> list[TfidfVectorizer]:
    """Words, then letters, as `likeness` takes them apart."""
    return [
        TfidfVectorizer(analyzer=analyser, sublinear_tf=True, min_df=LEAST)
        for analyser in (
            lambda text: list(likeness.word_terms(likeness.words_of(text))),
            lambda text: list(likeness.letter_terms(likeness.words_of(text))),
        )
    ]


def meaning(texts: list[str]) -> Numbers:
    """The encoder's vectors, computed in the language engine's environment."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "vectors.npy"
        subprocess.run(
            [str(RASA_PYTHON), "-m", "bot.nlu.vectors", "--out", str(out)],
            input="".join(json.dumps(text) + "\n" for text in texts),
            cwd=ROOT, text=True, check=True,
        )  # fmt: skip
        return np.asarray(np.load(out), dtype=np.float64)


def unseen_meanings(sentences: Sentences, vectors: Numbers) -> Numbers:
    """As `unseen_scores`, from the vectors."""
    scores = np.zeros(len(sentences.texts))
    for writer in sorted(set(sentences.writers)):
        if writer.startswith("writer"):
            held = sentences.writers == writer
            model = regression(vectors[~held], sentences.families[~held] >= 0)
            scores[held] = model.decision_function(vectors[held])
    return scores


def regression(rows: csr_matrix | Numbers, answers: Flags) -> LogisticRegression:
    """Emergencies and ordinary sentences count the same in all."""
    # Each solver is the faster one for its kind of rows, by far.
    solver = "lbfgs" if isinstance(rows, np.ndarray) else "liblinear"
    model = LogisticRegression(
        C=STRENGTH, class_weight="balanced", solver=solver, random_state=0, max_iter=1000
    )
    return model.fit(rows, answers)


def unseen_scores(sentences: Sentences) -> tuple[Numbers, Numbers]:
    """The scores of each writer's sentences from a model that was fitted without that writer, for
    larger and for smaller pieces of a message."""
    sizes = (likeness.WINDOW, likeness.CLOSER)
    scores = np.zeros((len(sizes), len(sentences.texts)))
    for writer in sorted(set(sentences.writers)):
        if not writer.startswith("writer"):
            continue
        held = sentences.writers == writer
        rest = sentences.where(~held)
        parts = vectorisers()
        rows = csr_matrix(hstack([part.fit_transform(rest.texts) for part in parts]))
        model = regression(rows, rest.families >= 0)
        for at in np.flatnonzero(held):
            words = likeness.words_of(sentences.texts[at])
            for row, size in enumerate(sizes):
                pieces = [" ".join(piece) for piece in likeness.windows(words, size)]
                found = csr_matrix(hstack([part.transform(pieces) for part in parts]))
                scores[row, at] = model.decision_function(found).max()
    return scores[0], scores[1]


@dataclass(frozen=True)
class Judged:
    """What is known of each sentence: scores, whether a rule hit, whether it is an emergency."""

    scores: Numbers
    closer: Numbers
    hits: Flags
    emergency: Flags

    def raised(self, veto: float, alarm: float) -> Flags:
        """What the screen would do with these thresholds."""
        return (self.scores >= alarm) | (self.hits & (self.closer >= veto))


@dataclass(frozen=True)
class Head:
    """How the second net weighs likeness, meaning and a rule's finding, and when it alarms."""

    likeness: float
    meaning: float
    rule: float
    alarm: float

    def raised(self, seen: Judged, meanings: Numbers) -> Flags:
        """What the second net would do."""
        return self.sums(seen, meanings) >= self.alarm

    def sums(self, seen: Judged, meanings: Numbers) -> Numbers:
        """The weighed sum of each sentence."""
        return self.likeness * seen.scores + self.meaning * meanings + self.rule * seen.hits

    def stored(self, model: LogisticRegression) -> dict[str, object]:
        """What `bot.nlu.emergency_net` reads."""
        return {
            "shares": {"likeness": self.likeness, "meaning": self.meaning, "rule": self.rule},
            "alarm": self.alarm,
            "level": round(float(model.intercept_[0]), 4),
            "meaning": [round(float(number), 4) for number in model.coef_[0]],
        }


def second_net(seen: Judged, meanings: Numbers, first: Flags) -> Head:
    """The weights that separate best, and the alarm that both nets' false alarms allow."""
    known = np.column_stack([seen.scores, meanings, seen.hits])
    model = LogisticRegression(C=100).fit(known, seen.emergency)
    shares = [round(float(share), 3) for share in model.coef_[0]]
    for alarm in np.arange(0, 12, 0.05):
        head = Head(*shares, round(float(alarm), 2))
        both = first | head.raised(seen, meanings)
        if both[~seen.emergency].mean() <= FALSE_ALARMS_TOGETHER:
            return head
    raise ValueError("the screen alone raises more false alarms than both may")


def thresholds(seen: Judged) -> tuple[float, float]:
    """Veto and alarm that find most at no more than FALSE_ALARMS."""
    best = (-1.0, 0.0, 0.0)
    for veto in np.arange(-6, CERTAIN + 0.01, 0.25):
        for alarm in np.arange(-1, 4, 0.05):
            found = seen.raised(veto, alarm)
            if found[~seen.emergency].mean() <= FALSE_ALARMS:
                best = max(best, (float(found[seen.emergency].mean()), float(veto), float(alarm)))
                break
    return best[1], best[2]


def report(sentences: Sentences, seen: Judged, nets: dict[str, Flags]) -> None:
    """What is found and what is raised falsely, in all, for each writer and for each family."""
    columns = {"rules": seen.hits, **nets}
    parts = [("all", np.ones(len(seen.hits), dtype=bool))]
    parts += [(name, sentences.writers == name) for name in sorted(set(sentences.writers))]
    print("each writer unseen by what judged it: found / false alarms")
    for name, part in parts:
        told = [
            f"{net} {raised[part & seen.emergency].mean():.3f} / "
            f"{raised[part & ~seen.emergency].mean():.3f}"
            for net, raised in columns.items()
        ]
        print(f"{name:10} {'   '.join(told)}")
    for at, family in enumerate(FAMILIES):
        told = [f"{raised[sentences.families == at].mean():.3f}" for raised in columns.values()]
        print(f"{family:14} {'  '.join(told)}")


def fitted(sentences: Sentences, veto: float, alarm: float) -> Iterator[str]:
    """The lines of likeness.txt: whole hundredths, so that a rounding is no difference."""
    parts = vectorisers()
    rows = csr_matrix(hstack([part.fit_transform(sentences.texts) for part in parts]))
    emergency = sentences.families >= 0
    first = regression(rows, emergency)
    spread = np.asarray(abs(rows).mean(axis=0)).ravel()
    kept = np.sort(np.argsort(-np.abs(first.coef_[0]) * np.sqrt(spread), kind="stable")[:KEPT])
    names = [("wc"[kind], term) for kind, part in enumerate(parts) for term in _terms(part)]
    rarity = np.concatenate([part.idf_ for part in parts])
    # Rows are of length one again over the terms that are kept, as they are when a message is read.
    split = len(parts[0].idf_)
    halves = [_unit(rows[:, kept[kept < split]]), _unit(rows[:, kept[kept >= split]])]
    shorter = csr_matrix(hstack(halves))
    model = regression(shorter, emergency)
    family = LogisticRegression(C=10, class_weight="balanced", max_iter=300, random_state=0)
    family.fit(halves[0][emergency], sentences.families[emergency])
    yield "# Written by tools/weigh_red_flags.py from data/red_flags; do not edit."
    yield f"# sentences {digest()}"
    yield "# kind, term, then in hundredths: rarity, weight, and for words each family's weight"
    yield f"setting\tlevel\t{model.intercept_[0]:.4f}"
    yield f"setting\talarm\t{alarm:.2f}"
    yield f"setting\tveto\t{veto:.2f}"
    for name, level in zip(FAMILIES, family.intercept_, strict=True):
        yield f"family\t{name}\t{level:.4f}"
    for column, at in enumerate(kept):
        kind, term = names[at]
        shares = family.coef_[:, column] if kind == "w" else []
        numbers = [rarity[at], model.coef_[0, column], *shares]
        yield "\t".join([kind, term, *(str(round(100 * number)) for number in numbers)])


def _terms(part: TfidfVectorizer) -> list[str]:
    return [str(term) for term in part.get_feature_names_out()]


def _unit(rows: csr_matrix) -> csr_matrix:
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1
    return csr_matrix(rows.multiply(1 / lengths[:, None]))


if __name__ == "__main__":
    main()
