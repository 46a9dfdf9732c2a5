"""What a question about using a medicine is about: storage, disposal, food, a missed dose…

Only for messages that were understood as such a question already: the words alone say little.
"""

import re
from pathlib import Path
from typing import Literal

import yaml

from bot.pharmacy.folding import plain_words

Topic = Literal["storage", "disposal", "with_food", "missed_dose", "device_use"]

_PATTERNS: dict[str, re.Pattern[str]] = {
    name: re.compile("|".join(rf"\b(?:{pattern})\b" for pattern in patterns))
    for name, patterns in yaml.safe_load(
        Path(__file__).with_suffix(".yml").read_text("utf-8")
    ).items()
}
# The first that fits: a missed dose is never a question about food.
_ORDER: tuple[Topic, ...] = ("missed_dose", "disposal", "with_food", "device_use", "storage")


def topic_of(text: str) -> Topic | None:
    """The topic that the words name; None when they name none."""
    words = plain_words(text)
    return next((topic for topic in _ORDER if _PATTERNS[topic].search(words)), None)


def needs_judgement(text: str) -> bool:
    """Whether only a pharmacist can say: something happened to the medicine, or to the patient."""
    return bool(_PATTERNS["judgement"].search(plain_words(text)))


def storage_topic(text: str) -> Topic | None:
    """What a question about storing or disposing may be answered about; None: a pharmacist's.

    A text that names nothing, a missed dose, needles, and whatever needs judgement get None.
    """
    topic = topic_of(text)
    if topic == "missed_dose" or needs_judgement(text):
        return None
    return None if _PATTERNS["the_pharmacy"].search(plain_words(text)) else topic


def directions_topic(text: str) -> Topic | None:
    """What a question about the directions asks beyond the label: food, a device; else None."""
    topic = topic_of(text)
    return topic if topic in ("with_food", "device_use") else None


def is_clinical(text: str) -> bool:
    """Whether a question about the directions is a pharmacist's: a missed dose, or a problem."""
    topic = topic_of(text)
    return topic == "missed_dose" or (topic == "with_food" and needs_judgement(text))
