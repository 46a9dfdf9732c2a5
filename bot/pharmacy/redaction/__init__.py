"""Takes out of a question what tells who asked it, before a reviewer or a training file sees it.

What is typed into the chat has lost identity details already (bot.pharmacy.identity_text); a
question loses names, addresses, other dates and numbers of accounts as well. Medicines, strengths,
quantities, times and weekdays stay. tests/teaching/redaction.yml measures what is found.

A placeholder is one token in brackets, as bot.nlu.reading takes it; the encoder reads its words.
"""

from collections.abc import Callable
from datetime import date

from bot.pharmacy import identity_text
from bot.pharmacy.redaction.dates import without_dates
from bot.pharmacy.redaction.names import without_names
from bot.pharmacy.redaction.numbers import without_codes, without_numbers
from bot.pharmacy.redaction.places import without_places

# Each round takes something out, or it is the last one.
MOST_ROUNDS = 50


def redact(
    text: str, names: frozenset[str], today: date, medicines: frozenset[str] = frozenset()
) -> str:
    """The text with placeholders for what identifies a person.

    `names` are keys (bot.pharmacy.identity_keys.name_key) of people whom it may be about,
    `medicines` words of the pharmacy's medicines in small letters. What is replaced can uncover
    what stood beside it, so it is done until nothing changes.
    """
    steps: tuple[Callable[[str], str], ...] = (
        without_places,
        without_codes,
        lambda given: identity_text.redact(given, today).text,
        without_dates,
        without_numbers,
        lambda given: without_names(given, names, medicines),
    )
    for _ in range(MOST_ROUNDS):
        before = text
        for step in steps:
            text = step(text)
        if text == before:
            break
    return text
