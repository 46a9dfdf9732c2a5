"""Tells apart the questions of one message, so that the second is not lost.

Careful on purpose: a question that is cut in two is answered wrongly, one that is not cut is
only answered in part. A message is cut after a question mark or at words such as "also", and
only where each part begins like a question of its own.
"""

import re
from pathlib import Path

import yaml

from bot.pharmacy.folding import plain_words

MOST_PARTS = 3
FEWEST_WORDS = 2
# What is asked later has to say more: "is it covered? who says" is one question.
FEWEST_WORDS_LATER = 3
# Longer parts are a story, not a question.
LONGEST_PART = 200

_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text("utf-8"))


def _any(name: str) -> str:
    return "|".join(f"(?:{pattern})" for pattern in _WORDS[name])


_STARTS = re.compile(rf"(?:{_any('starts')})\b")
_GOES_ON = re.compile(rf"(?:{_any('goes_on')})\b")
_AND = re.compile(r"(?:and|y|oh|ok|okay)\s+")
_CONNECTOR = re.compile(rf"(?:(?:and|y)\s+)?(?:{_any('connectors')})\b\s*")
_OPENERS = re.compile(rf"(?:(?:{_any('openers')})(?:\s|$))+")
_LED_IN = re.compile(rf"(?:{_CONNECTOR.pattern}|{_AND.pattern})[\s,:;.-]*", re.IGNORECASE)
_AFTER_MARK = re.compile(r"(?<=\?)(?!\?)[\s)\]\"'’]*(?=\S)")
_WORD = re.compile(r"\S+")
_PLACEHOLDER = re.compile(r"\[[a-z ]+\]")


def split(text: str) -> tuple[str, ...]:
    """The questions of a message in order, one to three, each without the word that led to it.

    A message whose later part names an identity detail that was taken out stays whole: the
    detail belongs to all of it.
    """
    parts = [part for piece in _AFTER_MARK.split(text) for part in _at_connectors(piece)]
    joined = _joined([part.strip() for part in parts if part.strip()])
    if len(joined) > MOST_PARTS:
        joined = [*joined[: MOST_PARTS - 1], " ".join(joined[MOST_PARTS - 1 :])]
    later = joined[1:]
    if not later or any(len(part) > LONGEST_PART for part in later):
        return (text,)
    if any(_PLACEHOLDER.search(part) for part in later):
        return (text,)
    return (joined[0], *(_without_lead(part) for part in later))


def _without_lead(part: str) -> str:
    """ "also do you deliver?" asks "do you deliver?"."""
    match = _LED_IN.match(part)
    return part[match.end() :] if match else part


def _at_connectors(piece: str) -> list[str]:
    """Cut where a connector is followed by the beginning of a question."""
    for word in list(_WORD.finditer(piece))[FEWEST_WORDS:]:
        before, rest = piece[: word.start()], piece[word.start() :]
        if _CONNECTOR.match(plain_words(rest)) and _asks(rest) and _asks(before):
            return [before.rstrip(" ,;-"), *_at_connectors(rest)]
    return [piece]


def _joined(parts: list[str]) -> list[str]:
    """Join what cannot stand alone to its neighbour."""
    joined: list[str] = []
    for part in parts:
        if joined and (_is_opener(joined[-1]) or not _asks(part)):
            joined[-1] = f"{joined[-1]} {part}"
        else:
            joined.append(part)
    return joined


def _asks(part: str) -> bool:
    """Whether a part begins like a question of its own, whatever leads to it."""
    words = plain_words(part)
    for led_in in (_OPENERS, _CONNECTOR, _AND):
        match = led_in.match(words)
        words = words[match.end() :] if match else words
    if _GOES_ON.match(words):
        return False
    return len(words.split()) >= FEWEST_WORDS_LATER and _STARTS.match(words) is not None


def _is_opener(part: str) -> bool:
    """Whether a part is no question yet: "hello, are you there?"."""
    words = plain_words(part)
    return len(words.split()) < FEWEST_WORDS or _OPENERS.fullmatch(words) is not None
