"""Finds and redacts identity details that a patient typed into the chat.

Identity belongs in the identity form. What is typed into the chat all the same is replaced
here before it is stored, logged or sent to Rasa. The numbers of prescriptions are handed
back, in memory only, so that "refill RX-104233" can still be understood.

Every pattern is bounded, so the time is linear in the length of the text.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

DATE_OF_BIRTH = "[date of birth]"
PHONE_NUMBER = "[phone number]"
RX_NUMBER = "[rx number]"
EMAIL = "[email]"
NUMBER = "[number]"

CUE_REACH = 40  # characters before a date in which "born" or "dob" makes it a date of birth

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero ene",
            "february feb febrero",
            "march mar marzo",
            "april apr abril abr",
            "may mayo",
            "june jun junio",
            "july jul julio",
            "august aug agosto ago",
            "september sept sep septiembre setiembre",
            "october oct octubre",
            "november nov noviembre",
            "december dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_YEAR = r"(?:(?:19|20)\d\d|'?\d\d)"
_UNITS = (
    r"mg|mcg|µg|g|kg|ml|mls|l|units?|iu|ui|meq|tabs?|tablets?|caps?|capsules?|pills?|pastillas?|"
    r"tabletas?|capsulas?|cápsulas?|unidades|doses?|dosis|days?|dias|días|dollars?|usd|dolares|"
    r"dólares|count|ct|refills?|am|pm|a\.m|p\.m|o'?clock|people|times"
)
_NOT_MEASURED = rf"(?!\s?(?:%|(?:{_UNITS})\b))"
_FREE = r"(?<![\w$#.])"  # nothing before it that makes it part of something longer
_END = rf"(?![\w%]|[.:/-]\d){_NOT_MEASURED}"

_CUE = re.compile(
    r"\b(?:d\.?\s?o\.?\s?b|born|birth\w{0,6}(?!\w|\])|b-?day|naci\w{0,7}|nac|cumple\w{0,6})\b", re.I
)
_DATES = (
    re.compile(rf"{_FREE}(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d\d?)[-/.](?P<d>\d\d?){_END}"),
    re.compile(
        rf"{_FREE}(?P<m>\d\d?)\s?(?P<sep>[-/.])\s?(?P<d>\d\d?)\s?(?P=sep)\s?(?P<y>{_YEAR}){_END}"
    ),
    re.compile(rf"{_FREE}(?P<m>\d\d?) (?P<d>\d\d?) (?P<y>(?:19|20)\d\d){_END}"),
    re.compile(
        rf"\b(?P<m>{_MONTH})\.?\s{{0,3}}(?P<d>{_DAY})(?:st|nd|rd|th)?"
        rf"(?:\s{{0,2}},\s{{0,2}}|\s{{1,3}}(?:(?:of|del?)\s)?)(?P<y>{_YEAR}){_END}",
        re.I,
    ),
    re.compile(
        rf"{_FREE}(?P<d>{_DAY})(?:st|nd|rd|th|ro|º)?[\s-](?:(?:of|de)\s)?(?P<m>{_MONTH})\.?"
        rf",?[\s-](?:(?:of|del?)\s)?(?P<y>{_YEAR}){_END}",
        re.I,
    ),
)
_CUED_DATES = (
    re.compile(
        rf"{_FREE}(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?P<y>(?:19|20)?\d\d){_END}"
    ),
    re.compile(rf"{_FREE}(?P<m>\d\d?)[ ](?P<d>\d\d?)[ ](?P<y>\d\d){_END}"),
)
_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b")
_SSN = re.compile(rf"{_FREE}\d{{3}}([- ])\d{{2}}\1\d{{4}}{_END}")
_SSN_CUED = re.compile(
    r"(?P<cue>\b(?:ssn|social(?: security)?(?: number| no\.?| #)?|seguro social)"
    r"\W{0,3}(?:is\s|es\s)?)"
    r"(?P<number>\d{9}|\d{3}\D?\d{2}\D?\d{4})(?!\d)",
    re.I,
)
_CARD = re.compile(r"(?<![\w$])\d(?:[ -]?\d){12,18}(?!\w)")
_PHONE = re.compile(
    r"(?<![\w$#])(?:\+?1[\s.-]{0,2})?(?:\(\s?\d{3}\s?\)[\s.-]{0,2}|\d{3}(?:\s?[-./]\s?|\s))"
    r"\d{3}(?:\s?[-.]\s?|\s)?\d{4}(?!\w|-\d)"
)
_PHONE_LOCAL = re.compile(
    r"(?P<cue>\b(?:phone|cell|mobile|telefono|teléfono|celular|call me|text me|reach me|home)"
    r"\W{0,3}(?:number(?!\])|numero|número|#|no\.?)?\W{0,3}(?:is\s|es\s|at\s|on\s|al\s)?)"
    r"(?P<number>\d{3}[\s.-]?\d{4})(?!\w)",
    re.I,
)
_RX_CUE = (
    r"(?P<cue>(?<!\w)(?:rx|r/x|prescription|script|refill|order|recetas?|orden|resurtido)"
    r"(?:\s?(?:number|numero|número|num|núm|no|id|#)\.?)?"
    r"(?:\s(?:is|es|for|for rx))?\s?[:#-]{0,2}\s?#?)"
)
_RX = re.compile(
    r"(?P<glued>(?<![\w$])rx-?\d{4,12}(?![\w-]))"
    rf"|{_RX_CUE}(?P<cued>(?:[a-z]{{1,3}}[- ]?)?\d{{5,12}}(?:-\d{{1,3}})?|[a-z]{{1,3}}-?\d{{3,12}})"
    rf"(?![\w-]){_NOT_MEASURED}"
    r"|(?P<phone>(?<![\w$#])(?:(?:\+1|1)?[2-9]\d{2}[2-9]\d{6}|\+\d{8,15})(?!\w))"
    r"|(?P<coded>(?<![\w$])[a-z]{1,2}-?\d{6,10}"
    rf"(?!\w){_NOT_MEASURED})"
    rf"|(?P<plain>(?<![\w$.:/+-])(?<!\d,)#?\d{{6,12}}(?![\w%]|[.,:/]\d|-\d){_NOT_MEASURED})",
    re.I,
)


@dataclass(frozen=True)
class Redaction:
    """The text with placeholders, what kinds were replaced, and the Rx numbers, in order."""

    text: str
    kinds: frozenset[str]
    rx_numbers: tuple[str, ...]


def redact(text: str, today: date) -> Redaction:
    """Replaces identity details. `today` decides which dates are long enough ago."""
    work = _Work(text)
    if not any(c.isdigit() or c == "@" for c in text):
        return work.done()
    # What is replaced can uncover what stood beside it, so until nothing changes.
    while _replace_all(work, today):
        pass
    return work.done()


def _replace_all(work: "_Work", today: date) -> bool:
    before = work.text
    work.replace(_EMAIL, "email", EMAIL)
    work.replace(_SSN_CUED, "ssn", NUMBER)
    work.replace(_SSN, "ssn", NUMBER)
    work.replace(_CARD, "card_number", NUMBER, lambda found: _is_card(found.group()))
    for pattern in _DATES:
        work.replace(pattern, "date_of_birth", DATE_OF_BIRTH, lambda m: _is_birth(m, today))
    for pattern in _CUED_DATES:
        work.replace(pattern, "date_of_birth", DATE_OF_BIRTH, lambda m: _is_cued(m, today))
    work.replace(_PHONE, "phone_number", PHONE_NUMBER)
    work.replace(_PHONE_LOCAL, "phone_number", PHONE_NUMBER)
    work.replace_numbers()
    return work.text != before


class _Work:
    """A text on its way through the patterns."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._kinds: set[str] = set()
        self._rx: list[str] = []

    def replace(
        self,
        pattern: re.Pattern[str],
        kind: str,
        placeholder: str,
        accept: Callable[[re.Match[str]], bool] = lambda _: True,
    ) -> None:
        """Replaces what matches (but for its cue) and is accepted."""

        def put(found: re.Match[str]) -> str:
            if not accept(found):
                return found.group()
            self._kinds.add(kind)
            return _cue(found) + placeholder

        self.text = pattern.sub(put, self.text)

    def replace_numbers(self) -> None:
        """Replaces prescription numbers, and phone numbers written without punctuation."""

        def put(found: re.Match[str]) -> str:
            if found["phone"]:
                self._kinds.add("phone_number")
                return PHONE_NUMBER
            number = found["glued"] or found["cued"] or found["coded"] or found["plain"]
            self._kinds.add("rx_number")
            self._rx.append(number.strip().lstrip("#"))
            return _cue(found) + RX_NUMBER

        self.text = _RX.sub(put, self.text)

    def done(self) -> Redaction:
        return Redaction(self.text, frozenset(self._kinds), tuple(self._rx))


def _cue(found: re.Match[str]) -> str:
    return str(found.groupdict().get("cue") or "")


def _is_birth(found: re.Match[str], today: date) -> bool:
    """A real date, at least a year ago or said to be a birth date; never in the future."""
    when = _date(found, today)
    if when is None or when > today:
        return False
    return when.year < today.year or _has_cue(found)


def _is_cued(found: re.Match[str], today: date) -> bool:
    return _has_cue(found) and _is_birth(found, today)


def _has_cue(found: re.Match[str]) -> bool:
    return _CUE.search(found.string, max(found.start() - CUE_REACH, 0), found.start()) is not None


def _date(found: re.Match[str], today: date) -> date | None:
    month, day = found["m"].lower(), int(found["d"])
    number = _MONTHS.get(month) or (int(month) if month.isdigit() else 0)
    year = _full_year(found["y"].lstrip("'"), today)
    for m, d in ((number, day), (day, number)):  # 31/12/1980 is how Spanish speakers write it
        try:
            return date(year, m, d)
        except ValueError:
            continue
    return None


def _full_year(written: str, today: date) -> int:
    """Two digits mean the latest such year that is not in the future."""
    if len(written) > 2:
        return int(written)
    year = today.year - today.year % 100 + int(written)
    return year if year <= today.year else year - 100


def _is_card(written: str) -> bool:
    """The Luhn check that every payment card number passes (ISO/IEC 7812-1)."""
    total = 0
    for i, digit in enumerate(int(c) for c in reversed(written) if c.isdigit()):
        doubled = digit * 2 if i % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
