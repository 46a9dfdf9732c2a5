"""Names of people: those that are known, that lists have, and that the words around them give away.

A capital letter tells something only inside a sentence, and only where not every word has one.
"""

import re
from itertools import pairwise

from bot.pharmacy.identity_keys import name_key
from bot.pharmacy.redaction import cues
from bot.pharmacy.redaction.marks import NAME
from bot.pharmacy.redaction.text_words import Word, begins_sentence, words_of
from bot.pharmacy.redaction.words import (
    is_clear_name,
    is_common,
    is_everyday,
    is_name_too,
    is_near_medicine,
)

_GAP = re.compile(r"[ ]{1,2}|\. ?|-| ?\n")  # between the parts of one name
_LONGEST_KNOWN = 3
_STRENGTH = re.compile(r"\s\d")
_TWICE = re.compile(r"\[name\](?:[ .-]{1,2}\[name\])+")


def without_names(text: str, known: frozenset[str], medicines: frozenset[str]) -> str:
    """Names become placeholders.

    `known` are name keys of people whom the text may be about, `medicines` words of medicines
    that the lists here may lack, in small letters.
    """
    words = words_of(text, medicines)
    if not words:
        return text
    _find_alone(words, known)
    _find_after_cues(text, words)
    _find_pairs(text, words)
    _extend(text, words)
    return _TWICE.sub(NAME, _written(text, words))


def _find_alone(words: list[Word], known: frozenset[str]) -> None:
    """Names that need nothing beside them."""
    for at, word in enumerate(words):
        if word.mark:
            continue
        parts = re.split(r"[-]", word.text)
        if any(is_clear_name(part) for part in parts if len(part) > 2):
            word.name = not (word.medicine or cues.is_medicine_too(word.text))
        elif is_name_too(word.text) and word.telling:
            word.name = not cues.is_medicine_too(word.text)
        for count in range(_LONGEST_KNOWN, 0, -1):
            run = words[at : at + count]
            if len(run) == count and _is_known(run, known):
                for one in run:
                    one.name = True


def _is_known(run: list[Word], known: frozenset[str]) -> bool:
    """Whether words are somebody's name on record, and not just words."""
    if any(word.mark for word in run):
        return False
    if name_key(" ".join(word.text for word in run)) not in known:
        return False
    if len(run) == 1 and cues.is_no_name(run[0].text):
        return False
    sure = len(run) > 1 or run[0].capital or not is_everyday(run[0].text)
    return sure and not all(word.medicine for word in run)


def _find_after_cues(text: str, words: list[Word]) -> None:
    """Names that "my name is", "Dr." or "my husband" announce."""
    starts = {word.start: at for at, word in enumerate(words)}
    for cue, accepts in _ANNOUNCED:
        for found in cue.finditer(text):
            at = starts.get(found.end())
            if at is None or words[at].mark:
                continue
            if not accepts(words[at]) and not _is_first_of_two(words, at, cue):
                continue
            if accepts is _after_relation and _STRENGTH.match(text, words[at].end):
                continue  # "out of Vraylar 3 mg"
            words[at].name = True
            if accepts in (_after_strong, _after_introduced):
                _go_on(text, words, at)
    for found in cues.SIGNED.finditer(text):
        run = [word for word in words if found.start("who") <= word.start < found.end("who")]
        if run and all(word.unknown or word.name or is_name_too(word.text) for word in run):
            for word in run:
                word.name = True


def _is_first_of_two(words: list[Word], at: int, cue: re.Pattern[str]) -> bool:
    """ "i am will smith": a word that is a name too, before one that is nothing else."""
    if cue not in (cues.INTRODUCED, cues.STRONG) or at + 1 >= len(words):
        return False
    return is_name_too(words[at].text) and is_clear_name(words[at + 1].text)


def _go_on(text: str, words: list[Word], at: int) -> None:
    """The further words of a name that was announced: "my name is ngozi adaeze okafor"."""
    for before, word in pairwise(words[at:]):
        together = re.fullmatch(r",? {1,2}|-", text[before.end : word.start])
        if not together or word.mark or not word.unknown:
            return
        word.name = True


def _after_strong(word: Word) -> bool:
    if is_name_too(word.text):
        return word.capital or not is_common(word.text)
    return word.unknown or (word.capital and not word.medicine)


def _after_title(word: Word) -> bool:
    if is_name_too(word.text):
        return word.capital or not is_common(word.text)
    if cues.is_verb(word.text) and not word.capital:
        return False
    return len(word.text) > 1 and not is_common(word.text) and not word.medicine


def _after_relation(word: Word) -> bool:
    return word.name or word.telling


def _after_introduced(word: Word) -> bool:
    return word.unknown or (is_name_too(word.text) and word.capital)


_ANNOUNCED = (
    (cues.STRONG, _after_strong),
    (cues.TITLE, _after_title),
    (cues.SISTER, _after_relation),
    (cues.INTRODUCED, _after_introduced),
)


def _find_pairs(text: str, words: list[Word]) -> None:
    """Two words in a row with capital letters that nobody uses for anything else."""
    for one, other in pairwise(words):
        together = text[one.end : other.start] == " "
        if together and other.telling and (one.telling or _opens_sentence(text, one)):
            one.name = other.name = True
    if len(words) > 1 and words[0].name and words[1].telling:
        # "Williams, Tanisha, born …"
        words[1].name = text[words[0].end : words[1].start] in (", ", ",") or words[1].name


def _opens_sentence(text: str, word: Word) -> bool:
    """Whether a sentence begins with a word that can be a first name."""
    if word.mark or not word.text[0].isupper() or word.text.isupper():
        return False
    if not begins_sentence(text, word):
        return False
    other = cues.is_no_name(word.text) or cues.is_organisation(word.text)
    return not (other or word.medicine or is_common(word.text))


def _extend(text: str, words: list[Word]) -> None:
    """What belongs to a name: surnames, initials, "de la"; then what stands before it."""
    for at, (one, other) in enumerate(pairwise(words)):
        if one.name and not other.name and not other.mark and _adjacent(text, one, other):
            if cues.is_particle(other.text):
                _extend_over_particles(words, at + 1)
            else:
                other.name = _may_follow(other)
    for one, other in reversed(list(pairwise(words))):
        if other.name and not one.name and not one.mark and _adjacent(text, one, other):
            one.name = _may_precede(one)


def _extend_over_particles(words: list[Word], at: int) -> None:
    """ "de la Cruz" after a first name, if a name follows."""
    end = at
    while end < len(words) and cues.is_particle(words[end].text):
        end += 1
    if end == len(words) or words[end].mark:
        return
    last = words[end]
    if last.name or last.capital or (is_name_too(last.text) and not is_common(last.text)):
        for word in words[at : end + 1]:
            word.name = True


def _adjacent(text: str, one: Word, other: Word) -> bool:
    return _GAP.fullmatch(text[one.end : other.start]) is not None


def _may_follow(word: Word) -> bool:
    if len(word.text) == 1:
        return word.text.isupper() and word.text != "I"
    if cues.is_no_name(word.text) or cues.is_organisation(word.text):
        return False
    if is_name_too(word.text):
        return word.capital or not is_common(word.text)
    if word.capital:
        return word.telling
    return word.unknown and not is_near_medicine(word.text)


def _may_precede(word: Word) -> bool:
    if cues.is_no_name(word.text) or len(word.text) < 3:
        return False
    if is_name_too(word.text):
        return word.capital or not is_common(word.text)
    if cues.is_title(word.text) or is_near_medicine(word.text):
        return False
    return word.unknown or word.telling


def _written(text: str, words: list[Word]) -> str:
    """The text with each run of name words as one placeholder."""
    pieces, last = [], 0
    at = 0
    while at < len(words):
        if not words[at].name:
            at += 1
            continue
        end = at
        while (
            end + 1 < len(words)
            and words[end + 1].name
            and _adjacent(text, words[end], words[end + 1])
        ):
            end += 1
        pieces += [text[last : words[at].start], NAME]
        last = words[end].end
        at = end + 1
    return "".join([*pieces, text[last:]])
