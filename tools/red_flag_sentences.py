"""The sentences that the red-flag screen is learned from, and where each comes from."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from bot.pharmacy.red_flags.rules import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
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
    texts, families, writers = [], [], []
    for number, (group, text) in enumerate(regression_lists()):
        around = AROUND[number % len(AROUND)]
        for said in (text, around.format(text)):
            texts.append(said)
            families.append(FAMILIES.index(group) if group in FAMILIES else -1)
            writers.append("lists")
    for path in sorted(SENTENCES.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for group, found in (*content["emergencies"].items(), *content["ordinary"].items()):
            for text in found:
                texts.append(text)
                families.append(FAMILIES.index(group) if group in FAMILIES else -1)
                writers.append(path.stem)
    for path in sorted((ROOT / "data" / "nlu").glob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if entry["intent"] == "report_emergency":
                continue
            for line in entry["examples"].splitlines():
                texts.append(line[2:])
                families.append(-1)
                writers.append("language")
    return Sentences(texts, np.array(families), np.array(writers))


def regression_lists() -> Iterator[tuple[str, str]]:
    """(family or group, text) of the messages that the tests hold the screen against."""
    for name in LISTS:
        content = yaml.safe_load((TESTS / f"{name}.yml").read_text(encoding="utf-8"))
        for group, found in content.items():
            lists = found.values() if isinstance(found, dict) else [found]
            yield from ((group, text) for texts in lists for text in texts)


def digest() -> str:
    """Of everything that the screen is learned from but the language data, by content."""
    found = hashlib.sha256()
    for path in [*sorted(SENTENCES.glob("*.yml")), *(TESTS / f"{name}.yml" for name in LISTS)]:
        found.update(path.read_bytes())
    return found.hexdigest()
