"""The sentences that the red-flag screen is learned from, and where each comes from."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.evaluation.sentences import content_of, grouped, training
from bot.nlu.ranking import EMERGENCY
from bot.pharmacy.red_flags.rules import FAMILIES
from bot.places import ROOT

SENTENCES = ROOT / "data" / "red_flags"
TESTS = ROOT / "tests" / "red_flags"
LISTS = ("red_flags", "holdout_red_flags", "benign", "holdout_benign")
# What people write around their message: learned with both kinds, so that it speaks for neither.
AROUND = (
    "hi, {}", "{} thank you", "hello, how are you? {}", "can you call me {}", "{} please help",
    "good morning, {}. thanks so much!", "excuse me. {}", "hola buenos dias {}", "{} gracias",
    "disculpe, {}", "no hurry but {}", "{} is my refill ready?", "hey so {}",
    "i have a question. {}", "{}. have a nice day", "sorry to bother you but {}", "urgent {}",
    "por favor {}",
)  # fmt: skip
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Sentences:
    """Texts with what they are and which file they come from; family -1 is an ordinary one."""

    texts: list[str]
    families: npt.NDArray[np.int_]
    writers: npt.NDArray[np.str_]

    def where(self, chosen: Flags) -> "Sentences":
        texts = [text for text, yes in zip(self.texts, chosen, strict=True) if yes]
        return Sentences(texts, self.families[chosen], self.writers[chosen])


def read() -> Sentences:
    """Every sentence of data/red_flags, the regression lists of tests/red_flags, and the language
    data's other intents as ordinary ones."""
    known = [*_lists(), *_writers()]
    known += [
        ("ordinary", sentence.text, "language")
        for sentence in training()
        if sentence.intent != EMERGENCY
    ]
    groups, texts, writers = zip(*known, strict=True)
    families = [FAMILIES.index(group) if group in FAMILIES else -1 for group in groups]
    return Sentences(list(texts), np.array(families), np.array(writers))


def _lists() -> Iterator[tuple[str, str, str]]:
    """(family or group, text, "lists") of the messages that the tests hold the screen against, and
    of each with politeness around it."""
    listed = [pair for name in LISTS for pair in grouped(content_of(TESTS / f"{name}.yml"))]
    for number, (group, text) in enumerate(listed):
        for said in (text, AROUND[number % len(AROUND)].format(text)):
            yield group, said, "lists"


def _writers() -> Iterator[tuple[str, str, str]]:
    """(family or group, text, file) of all that was written for the screen."""
    for path in sorted(SENTENCES.glob("*.yml")):
        content = content_of(path)
        for part in ("emergencies", "ordinary"):
            yield from ((group, text, path.stem) for group, text in grouped(content[part]))


def digest() -> str:
    """Of everything that the screen is learned from but the language data, by content."""
    found = hashlib.sha256()
    for path in [*sorted(SENTENCES.glob("*.yml")), *(TESTS / f"{name}.yml" for name in LISTS)]:
        found.update(path.read_bytes())
    return found.hexdigest()
