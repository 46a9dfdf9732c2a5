"""An answer that is nothing but a medicine: "insulin lispro", "the lisinopril 20 mg please"."""

import re
from collections.abc import Sequence

from bot.pharmacy.folding import plain_words
from bot.pharmacy.follow_up import FILLERS
from bot.pharmacy.medicine import Mention
from bot.pharmacy.narrowing import names_form

_AMOUNT = re.compile(
    r"\d+(?:mg|mcg|ml|g)?|mg|mcg|ml|g|units?|unidades|miligramos|x[lr]|er|mine|my|mi"
)
# "Is my lisinopril ready" asks something of its own, whatever was asked back before it.
_NAMES_NOTHING = FILLERS - {"ready", "lista", "listo"}


def is_bare(text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a text names medicines and says nothing else. `mentions` are those in the text."""
    rest = text
    for mention in mentions:
        rest = rest.replace(mention.words, " ", 1)
    return bool(mentions) and all(
        word in _NAMES_NOTHING or _AMOUNT.fullmatch(word) or names_form(word)
        for word in plain_words(rest).split()
    )
