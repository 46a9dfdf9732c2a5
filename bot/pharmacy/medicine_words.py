"""The word lists of `medicine_words.yml` and `ordinary_words.txt`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_HERE = Path(__file__).parent
_ENDINGS = ("s", "es", "ed", "d", "ing", "er", "ers", "ly")


@dataclass(frozen=True)
class MedicineWords:
    """`ordinary` words never are a medicine; `common` ones are when they are its whole name."""

    modifiers: frozenset[str]
    minerals: frozenset[str]
    connectors: frozenset[str]
    conjunctions: frozenset[str]
    short_forms: Mapping[str, str]
    look_alikes: Mapping[str, frozenset[str]]
    ordinary: frozenset[str]
    common: frozenset[str]

    def is_common(self, word: str) -> bool:
        """Whether this is an everyday word, or one of its regular forms."""
        if word in self.ordinary or word in self.common:
            return True
        return any(
            word.endswith(ending)
            and (word[: -len(ending)] in self.ordinary or word[: -len(ending)] in self.common)
            for ending in _ENDINGS
            if len(word) - len(ending) >= 4
        )


@cache
def medicine_words() -> MedicineWords:
    data: dict[str, Any] = yaml.safe_load((_HERE / "medicine_words.yml").read_text("utf-8"))
    lists = {key: frozenset(text.split()) for key, text in data.items() if isinstance(text, str)}
    lines = (_HERE / "ordinary_words.txt").read_text("utf-8").splitlines()
    return MedicineWords(
        modifiers=lists["modifiers"],
        minerals=lists["minerals"],
        connectors=lists["connectors"],
        conjunctions=lists["conjunctions"],
        short_forms=dict(data["short_forms"]),
        look_alikes=_look_alikes([group.split() for group in data["look_alikes"]]),
        ordinary=lists["ordinary_en"] | lists["ordinary_es"],
        common=frozenset(
            word for line in lines if not line.startswith("#") for word in line.split()
        ),
    )


def _look_alikes(groups: list[list[str]]) -> dict[str, frozenset[str]]:
    """For each word, all others that share a group with it."""
    found: dict[str, frozenset[str]] = {}
    for group in groups:
        for word in group:
            found[word] = found.get(word, frozenset()) | (frozenset(group) - {word})
    return found
