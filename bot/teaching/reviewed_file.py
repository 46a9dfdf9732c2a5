"""What pharmacists have approved, as a training file in the form of data/nlu.

A patient's sentence can hold anything; here it becomes one line that means nothing to YAML, to
Rasa's marks for entities, or to Rasa's commands.
"""

import re
import unicodedata
from collections.abc import Sequence

from bot.pharmacy.intents import NAMES
from bot.pharmacy.typed_text import NOT_UNDERSTOOD, engine_input, is_blank
from bot.services.taught import ApprovedSentence

FILE_NAME = "reviewed.yml"
HEAD = """version: "3.1"

# Sentences of patients, redacted, to which pharmacists have given an intent.

nlu:
"""
EMPTY = 'version: "3.1"\n\n# No sentence has been approved yet.\n\nnlu: []\n'
# Rasa reads "[words](entity)" and "[words]{…}" as an entity.
_ENTITY = re.compile(r"\](?=[({])")
_UNSEEN = {"Cc", "Cf", "Cn", "Co", "Cs"}


def usable(sentences: Sequence[ApprovedSentence]) -> list[ApprovedSentence]:
    """The sentences that can be learned: the oldest first in, in the order of the file out.

    Each stands once: of two decisions about one wording the later one counts. An intent that the
    assistant no longer has cannot be taught.
    """
    latest: dict[str, ApprovedSentence] = {}
    for sentence in sentences:
        text = one_line(sentence.text)
        if sentence.intent in NAMES and not is_blank(text):
            latest[text.casefold()] = ApprovedSentence(text, sentence.intent)
    return sorted(latest.values(), key=lambda found: (found.intent, found.text))


def written(sentences: Sequence[ApprovedSentence]) -> str:
    """The text of the file, for what `usable` gives; the same sentences give the same text."""
    if not sentences:
        return EMPTY
    lines: list[str] = []
    for intent in dict.fromkeys(sentence.intent for sentence in sentences):
        lines += [f"- intent: {intent}", "  examples: |"]
        lines += [f"    - {found.text}" for found in sentences if found.intent == intent]
    return HEAD + "\n".join(lines) + "\n"


def one_line(text: str) -> str:
    """A sentence as one line of an example; empty if nothing of it can be learned."""
    seen = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or unicodedata.category(char) not in _UNSEEN
    )
    plain = engine_input(" ".join(seen.split()))
    return "" if plain == NOT_UNDERSTOOD else _ENTITY.sub("] ", plain)
