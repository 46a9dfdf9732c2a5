"""Prepares a message for the model: medicine names become one word, Spanish becomes English words.

A patient who asks whether a medicine is ready means the same with any of a thousand names, most of
which no training sentence holds; and the sentence encoder has read almost no Spanish. Both lists
are plain text in the folder ``words``. What is prepared here only ever decides the intent.
"""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

_WORDS = Path(__file__).parent / "words"
_TOKEN = re.compile(r"\[[^\]]*\]|[^\W\d_]+|\d+|[^\w\s]", re.UNICODE)
_ENDINGS = re.compile(
    r".{2,}(pril|sartan|statina?|olol|dipina?e?|prazole?|cill?ina?|mycin|micina|floxacin[oa]?"
    r"|triptan|gliptin|gliflozin|glutide|cyclina?e?|setron|azepam|zolam|oxetin[ea]|xaban|idone)"
)
MEDICINE = "medication"
_NOT_MEDICINES = frozenset({"concert", "concierto", "program"})
SPANISH_SHARE = 0.45  # of the words that could tell the language


def without_accents(text: str) -> str:
    """Lower case, accents dropped: many people type Spanish without them."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def tokens(text: str) -> list[str]:
    """Words, numbers, placeholders such as "[rx number]", and marks, in order."""
    return _TOKEN.findall(without_accents(text).replace("'", ""))


def mask_medicines(words: list[str]) -> list[str]:
    """Every medicine's name, misspelled or not, becomes the same word."""
    return [MEDICINE if is_medicine(word) else word for word in words]


def for_meaning(text: str) -> str:
    """What the sentence encoder reads."""
    return " ".join(english_words(mask_medicines(tokens(text))))


def for_wording(text: str) -> str:
    """What the spelling half reads: the message, and its English words where it is Spanish."""
    words = mask_medicines(tokens(text))
    english = english_words(words)
    return " ".join(words if english is words else [*words, *english])


@lru_cache(maxsize=20_000)
def is_medicine(word: str) -> bool:
    """Whether a lower-case word without accents is a medicine's name or nearly one."""
    if len(word) < 5 or word in _NOT_MEDICINES:
        return word in _medicines()
    if word in _medicines() or (len(word) >= 7 and _ENDINGS.fullmatch(word)):
        return True
    if len(word) < 6:
        return False
    allowed = 2 if len(word) >= 9 else 1
    same_start = (name for name in _medicines() if name[0] == word[0] and len(name) >= 6)
    return any(_within(word, name, allowed) for name in same_start)


def english_words(words: list[str]) -> list[str]:
    """Known Spanish words as English ones, if the message looks Spanish; else as given."""
    letters = [word for word in words if word.isalpha()]
    known = [word for word in letters if word not in _BOTH and _gloss(word) is not None]
    told = [word for word in letters if word not in _BOTH and word != MEDICINE]
    if not known or len(known) < SPANISH_SHARE * len(told) or _looks_english(letters):
        return words
    if len(known) == 1 and known[0] not in _glosses():  # a stem alone: "comp*" is in "comparison"
        return words
    return [_gloss(word) or word for word in words]


_ENGLISH = frozenset(
    """
    i im my the is it its to you your for do does can are what how have this was of and when where
    why who will need want get got please hi hello thanks ok not at be there if with on
    """.split()
)
# Words of both languages.
_BOTH = frozenset("a no me o y x son once sin total normal fax doctor hospital".split())


def _looks_english(words: list[str]) -> bool:
    return sum(word in _ENGLISH for word in words) * 4 > len(words)


@lru_cache(maxsize=1)
def _medicines() -> frozenset[str]:
    lines = (_WORDS / "medicines.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(" ".join(line for line in lines if not line.startswith("#")).split())


@lru_cache(maxsize=1)
def _glosses() -> dict[str, str]:
    lines = (_WORDS / "spanish.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" = ", 1) for line in lines if line and not line.startswith("#"))
    return {word.strip(): meaning.strip() for word, meaning in pairs}


@lru_cache(maxsize=20_000)
def _gloss(word: str) -> str | None:
    glosses = _glosses()
    if word in glosses:
        return glosses[word]
    for length in range(len(word), 1, -1):
        if meaning := glosses.get(word[:length] + "*"):
            return meaning
    return None


def _within(word: str, name: str, allowed: int) -> bool:
    """Whether at most ``allowed`` letters differ, are missing or are too many."""
    if abs(len(word) - len(name)) > allowed:
        return False
    row = list(range(len(name) + 1))
    for at, letter in enumerate(word, start=1):
        previous, row[0] = row[0], at
        for column, other in enumerate(name, start=1):
            cost = previous if letter == other else 1 + min(previous, row[column], row[column - 1])
            previous, row[column] = row[column], cost
    return row[-1] <= allowed
