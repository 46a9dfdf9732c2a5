"""Screens every patient message for emergencies, before anything else reads it.

Rules with a reason each find what somebody has thought of; the likeness to known emergencies finds
what is told in other words (`likeness`), and throws out a rule's finding in a message that is
nothing like one ("choked on my coffee when I saw the bill"). Deterministic: the same text always
gives the same answer, in about a millisecond for what people type. A false alarm costs a minute; a
miss can cost a life.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from bot.pharmacy.red_flags.guards import Guards
from bot.pharmacy.red_flags.likeness import weights
from bot.pharmacy.red_flags.patterns import Matcher
from bot.pharmacy.red_flags.rules import FAMILIES, Phrases, Rule, rule_book
from bot.pharmacy.red_flags.text import words_of

LIKENESS = "likeness"  # stands where a rule's id would


@dataclass(frozen=True)
class RedFlag:
    """A sign of an emergency. `matched` holds patient words: for staff, never for logs."""

    family: str
    rule: str
    matched: str


def families() -> tuple[str, ...]:
    """The families of red flags, in the order in which they are reported."""
    return FAMILIES


def screen(text: str) -> tuple[RedFlag, ...]:
    """The red flags in a message, at most one for each rule; empty when there is none."""
    found = by_rules(text)
    learned = weights()
    like = learned.likeness(text)
    if like.score < learned.alarm:
        return _certain(found) if found and learned.ordinary(text) else found
    told = {flag.family for flag in found}
    # A guess at the family decides which numbers are shown: two texts help more than a wrong one.
    guessed = like.families[: 1 if found else 2]
    return found + tuple(
        RedFlag(family, LIKENESS, like.words) for family in guessed if family not in told
    )


def _certain(found: tuple[RedFlag, ...]) -> tuple[RedFlag, ...]:
    """The findings that stand in a message that is nothing like an emergency."""
    certain = {rule.id for rule in rule_book().rules if "likeness" in rule.despite}
    return tuple(flag for flag in found if flag.rule in certain)


def by_rules(text: str) -> tuple[RedFlag, ...]:
    """What the rules find, whatever the rest of the message is like."""
    book = rule_book()
    words = words_of(text, book.spelling)
    if not words:
        return ()
    matcher = Matcher(words, book.lists)
    guards = Guards(words, matcher, book)
    found: list[RedFlag] = []
    for rule in book.rules:
        match = _first_match(rule, matcher, guards)
        if match is not None:
            matched = " ".join(word.typed for word in words[match[0] : match[1]])
            found.append(RedFlag(rule.family, rule.id, matched))
    return tuple(found)


def _first_match(rule: Rule, matcher: Matcher, guards: Guards) -> tuple[int, int] | None:
    """The first words that match the rule and that nothing excuses."""
    if len(rule.groups) == 1:
        return next(_unexcused(rule, rule.groups[0], matcher, guards), None)
    groups = [sorted(_unexcused(rule, group, matcher, guards)) for group in rule.groups]
    if not all(groups):
        return None
    others = [[start for start, _ in group] for group in groups[1:]]
    for start, end in groups[0]:
        if all(_within(start, places, rule.within) for places in others):
            return start, end
    return None


def _unexcused(
    rule: Rule, phrases: Phrases, matcher: Matcher, guards: Guards
) -> Iterator[tuple[int, int]]:
    for denies, some in ((False, phrases.plain), (True, phrases.denying)):
        for start, ends in sorted(matcher.spans(some).items()):
            if not guards.excuse(rule, start, min(ends), denies=denies):
                yield start, min(ends)


def _within(start: int, places: list[int], reach: int) -> bool:
    at = bisect_left(places, start - reach)
    return at < len(places) and places[at] <= start + reach
