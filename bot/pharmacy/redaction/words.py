"""What a single word can be: a name, an everyday word, a medicine."""

import re
from functools import cache
from pathlib import Path

import yaml
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from bot.pharmacy.folding import plain_words
from bot.pharmacy.medicine_words import medicine_words

_HERE = Path(__file__).parent
# The list that the language engine reads; its own code runs in another environment.
_MEDICINES = _HERE.parents[1] / "nlu" / "words" / "medicines.txt"
_ENDINGS = re.compile(
    r".{2,}(pril|sartan|statina?|olol|dipina?e?|prazole?|cill?ina?|mycin|micina|floxacin[oa]?"
    r"|triptan|gliptin|gliflozin|glutide|cyclina?e?|setron|azepam|zolam|oxetin[ea]|xaban|idone"
    r"|mab|tinib|formin|zine|thiazide|xetine|afil|parin|tropin|sone|solone|terol|dronate)"
)


def plain(word: str) -> str:
    """A word in small letters a to z."""
    return plain_words(word).replace(" ", "")


def is_clear_name(word: str) -> bool:
    """Whether a word is a name and nothing else."""
    return plain(word) in _names()[0]


def is_name_too(word: str) -> bool:
    """Whether a word is a name as well."""
    return plain(word) in _names()[1]


def is_everyday(word: str) -> bool:
    """Whether patients use a word for anything else than a name."""
    key = plain(word)
    if key in _names()[0]:
        return False
    if key in _names()[1] or key in _everyday() or len(key) < 2:
        return True
    return medicine_words().is_common(key)


def is_common(word: str) -> bool:
    """Whether it stands among the words of patients, even if it is a name as well."""
    return plain(word) in _everyday()


def is_medicine(word: str) -> bool:
    """Whether a word is a medicine's name or ends like one."""
    key = plain(word)
    return key in _medicines() or (len(key) >= 7 and _ENDINGS.fullmatch(key) is not None)


def load_lists() -> None:
    """Read the lists now: a text that is redacted later does not wait for them."""
    _names()
    _everyday()
    _medicines()


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    read = yaml.safe_load((_HERE / "names.yml").read_text("utf-8"))
    return frozenset(read["clear"].split()), frozenset(read["words_too"].split())


@cache
def _everyday() -> frozenset[str]:
    return _words_of(_HERE / "everyday.txt")


@cache
def _medicines() -> frozenset[str]:
    listed = _words_of(_MEDICINES) | _words_of(_HERE / "brands.txt")
    return listed | frozenset(medicine_words().short_forms)


def _words_of(path: Path) -> frozenset[str]:
    lines = path.read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def is_near_medicine(word: str) -> bool:
    """Whether a word may be a medicine's name with a slip or two in it."""
    key = plain(word)
    if is_medicine(key) or len(key) < 5:
        return is_medicine(key)
    allowed = 2 if len(key) >= 8 else 1
    near = process.extractOne(
        key, _medicines(), scorer=Levenshtein.distance, score_cutoff=allowed, processor=None
    )
    return near is not None
