"""The words of a text, with what each of them can be by itself."""

import re
from dataclasses import dataclass

from bot.pharmacy.redaction import cues
from bot.pharmacy.redaction.marks import MARK
from bot.pharmacy.redaction.words import (
    is_common,
    is_everyday,
    is_medicine,
    is_name_too,
    plain,
)

_TOKEN = re.compile(r"\[[a-z ]{1,20}\]|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['’]s?$", re.I)
_SENTENCE_END = re.compile(r"(?:\A|[.!?\n:¿¡\"(-])[\s]*$")
_MOST_CAPITALS = 0.7


@dataclass
class Word:
    """A word of the text; `capital` says that its capital letter means something."""

    text: str
    start: int
    end: int
    capital: bool = False
    mark: bool = False
    name: bool = False
    medicine: bool = False

    @property
    def telling(self) -> bool:
        """Whether it has a capital letter and is none of the words that patients use."""
        if not self.capital or cues.is_no_name(self.text) or cues.is_organisation(self.text):
            return False
        return is_name_too(self.text) or not (is_common(self.text) or self.medicine)

    @property
    def unknown(self) -> bool:
        """Whether it is no word that patients use, and no medicine."""
        if len(self.text) < 2 or cues.is_no_name(self.text):
            return False
        return not is_everyday(self.text) and not self.medicine


def words_of(text: str, medicines: frozenset[str]) -> list[Word]:
    """The words in order; `medicines` are words that the lists of medicines may lack."""
    words = []
    for found in _TOKEN.finditer(text):
        if MARK.fullmatch(found.group()):
            words.append(Word(found.group(), found.start(), found.end(), mark=True))
            continue
        bare = _POSSESSIVE.sub("", found.group())
        words.append(Word(bare, found.start(), found.start() + len(bare)))
    for word in words:
        word.medicine = is_medicine(word.text) or plain(word.text) in medicines
    inside = [word for word in words if len(word.text) > 1 and not begins_sentence(text, word)]
    capitals = [word for word in inside if word.text[0].isupper()]
    if len(capitals) <= _MOST_CAPITALS * len(inside):
        for word in capitals:
            word.capital = not word.mark and not word.text.isupper()
    return words


def begins_sentence(text: str, word: Word) -> bool:
    """Whether a word is a mark or begins a sentence."""
    before = _SENTENCE_END.search(text, max(0, word.start - 4), word.start)
    return word.mark or before is not None
