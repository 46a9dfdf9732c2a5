"""Which language a patient writes: English, Spanish, another one, or too little to tell.

py3langid compares letter sequences with those of 140 languages; nothing leaves the process. Its
figures are used carefully: a wrong "other" sends somebody to a person who could have been
answered, so names, lists of medicines, typos and a few words stay `unsure`, and who is unsure is
answered in the language of the chat. tests/pharmacy/test_language.py holds the error rates.
"""

import re
import unicodedata
from enum import StrEnum
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier  # type: ignore[import-untyped]


class Language(StrEnum):
    """What a text is written in; `UNSURE` is no reason to do anything differently."""

    ENGLISH = "english"
    SPANISH = "spanish"
    OTHER = "other"
    UNSURE = "unsure"


# The wording that each is answered in; others change nothing.
LOCALE_OF = {Language.ENGLISH: "en", Language.SPANISH: "es"}
# Languages with Latin letters that are spoken at US pharmacies. Left out on purpose are those
# that short Spanish or English is easily taken for, such as Galician and Scots.
OTHERS = frozenset("vi tl fr ht pt de it pl so sw tr ro nl sq bs hr hu cs sk lt".split())

# The least probability among all languages, and the least number of words.
_OTHER = (0.6, 4)
_SPANISH = (0.2, 3)
_SPANISH_IN_TWO_WORDS = (0.3, 2)
_ENGLISH = (0.2, 3)
# Of the probability that the languages of this module have together, this share or more.
_MOST = 0.5

_PLACEHOLDER = re.compile(r"\[[a-z ]+\]")  # what the gateway leaves of identity details
_MICRO = "μ"
_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"\b[^\W\d_]{2,}\b")


def load_model() -> None:
    """Load the language model now: it takes half a second and 80 MB, once a process."""
    _model()


def identify(text: str) -> Language:
    """The language of a message. The same text always gets the same answer."""
    plain = _PLACEHOLDER.sub(" ", unicodedata.normalize("NFKC", text))
    if _is_foreign_script(plain):
        return Language.OTHER
    words = _WORD.findall(plain)
    if len(words) < _SPANISH_IN_TWO_WORDS[1]:
        return Language.UNSURE
    chance: dict[str, float] = dict(_model().rank(f" {' '.join(_LETTERS.findall(plain.lower()))} "))
    capitals = _share_of_capitals(words)
    if _is_other(chance, len(words)) and capitals <= _MOST:
        return Language.OTHER
    known = chance["en"] + chance["es"] + sum(chance[name] for name in OTHERS)
    if chance["es"] >= _MOST * known and capitals < _MOST and _is_spanish(chance, len(words)):
        return Language.SPANISH
    least, fewest = _ENGLISH
    if chance["en"] >= max(_MOST * known, least) and len(words) >= fewest:
        return Language.ENGLISH
    return Language.UNSURE


def _is_other(chance: dict[str, float], words: int) -> bool:
    least, fewest = _OTHER
    return words >= fewest and max(chance[name] for name in OTHERS) >= least


def _is_spanish(chance: dict[str, float], words: int) -> bool:
    return any(
        words >= fewest and chance["es"] >= least
        for least, fewest in (_SPANISH, _SPANISH_IN_TWO_WORDS)
    )


def _is_foreign_script(text: str) -> bool:
    """Whether a third of the letters, and at least two, are not Latin ones.

    A third, because a medicine's name in Latin letters is often among them. The Greek letter of
    micrograms does not count.
    """
    letters = [char for char in text if char.isalpha() and char not in _MICRO]
    foreign = sum(not unicodedata.name(char, "LATIN").startswith("LATIN") for char in letters)
    return foreign >= 2 and foreign * 3 >= len(letters)


def _share_of_capitals(words: list[str]) -> float:
    """How many words look like names: 'Juan de la Cruz' is one half, 'IS IT READY' none."""
    if all(word.isupper() for word in words):
        return 0.0
    capitals = sum(word[0].isupper() for word in words)
    return capitals / len(words) if capitals > 1 else 0.0


@cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
