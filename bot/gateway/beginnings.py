"""What is done once, at the start, so that no patient waits for it later.

Word lists and sentences are files that take tens of milliseconds to read; whoever comes first would
wait for them, and with them everybody else whom the process serves.
"""

import gc

from bot.bootstrap import Application
from bot.pharmacy import language
from bot.pharmacy.medicine_words import medicine_words
from bot.pharmacy.redaction import words
from bot.pharmacy.taught_sentences import taught
from bot.wording import LOCALES, load


def read_ahead(app: Application) -> None:
    """Read all files that answering needs."""
    language.load_model()
    for locale in LOCALES:
        load(locale)
        load(locale, app.settings.country)
    medicine_words()
    words.load_lists()
    taught()


def settle() -> None:
    """Have the garbage collector leave alone what lives as long as the process.

    Without this it walks through all of that every now and then: a tenth of a second in which
    nobody is served, and nothing is found.
    """
    gc.collect()
    gc.freeze()
