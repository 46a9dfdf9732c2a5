"""Decides whether words that match a rule are excused: negated, past, asked, or harmless.

Every guard is local to the clause that holds the match, because an excuse in one clause
must never hide an emergency in the next ("no fever but I can't breathe").
"""

from bisect import bisect_left

from bot.pharmacy.red_flags.patterns import Matcher, PhraseSet
from bot.pharmacy.red_flags.rules import Rule, RuleBook
from bot.pharmacy.red_flags.text import COMMA, NO_BREAK, SENTENCE, Word

NEGATION_REACH = 12  # words back; only words that carry a negation are walked over
QUESTION_REACH = 7
PAST_REACH = 9
PAST_OF_REACH = 2  # "after my first stroke", but not "after the pill my face swelled"
PRESENT_REACH = 5
UNLESS_REACH = 7


class Guards:
    """The excuses of one message. Places are word indexes; spans are half open."""

    def __init__(self, words: list[Word], matcher: Matcher, book: RuleBook) -> None:
        self._words = words
        self._matcher = matcher
        self._book = book
        self._or = self._covered(book.cues["or"])
        self._carries = self._covered(book.cues["carries"])
        self._symptoms = self._covered(book.cues["symptoms"])
        self._subjects = self._covered(book.cues["subjects"])
        self._turns = frozenset(matcher.spans(book.cues["turns"]))
        self._not_ends = self._cue_ends("negation", "not_negation")
        self._ask_ends = self._cue_ends("question", "not_question")
        self._past = sorted(self._covered(book.cues["past"]))
        self._past_of = self._cue_ends("past_of", "not_question")
        self._present = sorted(self._covered(book.cues["present"]))
        self._harmless: dict[str, frozenset[int]] = {}
        self._clause: list[int] = []
        for i, word in enumerate(words):
            new = word.pause != NO_BREAK or i in self._turns
            self._clause.append((self._clause[-1] if self._clause else 0) + int(new))

    def excuse(self, rule: Rule, start: int, end: int, *, denies: bool = False) -> bool:
        """Whether the match of `rule` at words start..end is not an emergency.

        `denies` says that the words hold a negation themselves, as "can not breathe" does.
        """
        harmless = self._harmless_words(rule.family)
        if "harmless" not in rule.despite and (start in harmless or end - 1 in harmless):
            return True
        negatable = not denies and "negation" not in rule.despite
        if negatable and (self._negated(start) or self._negated(end - 1)):
            return True
        if "question" not in rule.despite and self._asked(start):
            return True
        if "history" not in rule.despite and self._is_past(start, end):
            return True
        return self._unless(rule, start, end)

    def _covered(self, phrases: PhraseSet) -> frozenset[int]:
        spans = self._matcher.spans(phrases)
        return frozenset(i for s, ends in spans.items() for i in range(s, max(ends)))

    def _cue_ends(self, name: str, exceptions: str) -> frozenset[int]:
        """Where cues end (one past the last word), but for those inside an exception."""
        excepted = self._covered(self._book.cues[exceptions])
        spans = self._matcher.spans(self._book.cues[name])
        return frozenset(e for s, ends in spans.items() if s not in excepted for e in ends)

    def _harmless_words(self, family: str) -> frozenset[int]:
        if family not in self._harmless:
            self._harmless[family] = self._covered(self._book.harmless[family])
        return self._harmless[family]

    def _negated(self, start: int) -> bool:
        """A negation stands before this word, and only words that carry it lie between."""
        or_seen = False
        for i in range(start, max(start - NEGATION_REACH, 0), -1):
            pause = self._words[i].pause
            if pause == SENTENCE or (pause == COMMA and not or_seen):
                return False
            if i in self._not_ends:
                return True
            before = i - 1
            if before in self._or:
                or_seen = True
            elif before not in self._carries and not (or_seen and before in self._symptoms):
                return False
        return False

    def _asked(self, start: int) -> bool:
        """A hypothetical question or condition stands before the match in its clause."""
        or_seen = False
        if start + 1 in self._ask_ends:  # "can you have" + "have a stroke"
            return True
        for i in range(start, max(start - QUESTION_REACH, 0), -1):
            if i in self._ask_ends:
                return True
            pause = self._words[i].pause
            if pause == SENTENCE or i in self._turns or (pause == COMMA and not or_seen):
                return False
            if i - 1 in self._subjects:
                return False
            or_seen = or_seen or i - 1 in self._or
        return False

    def _is_past(self, start: int, end: int) -> bool:
        """The clause says that this was long ago, and nothing in it says that it is now."""
        if self._near(self._present, start, end, PRESENT_REACH):
            return False
        of = any(
            at - i in self._past_of for at in (start, end - 1) for i in range(PAST_OF_REACH + 1)
        )
        return of or self._near(self._past, start, end, PAST_REACH)

    def _near(self, places: list[int], start: int, end: int, reach: int) -> bool:
        clauses = {self._clause[start], self._clause[end - 1]}
        nearby = range(bisect_left(places, start - reach), bisect_left(places, end + reach))
        return any(self._clause[places[i]] in clauses for i in nearby)

    def _unless(self, rule: Rule, start: int, end: int) -> bool:
        spans = self._matcher.spans(rule.unless)
        low, high = start - UNLESS_REACH, end + UNLESS_REACH
        return any(low <= s < high and not self._sentence_between(s, start) for s in spans)

    def _sentence_between(self, one: int, other: int) -> bool:
        first, last = min(one, other), max(one, other)
        return any(self._words[i].pause == SENTENCE for i in range(first + 1, last + 1))
