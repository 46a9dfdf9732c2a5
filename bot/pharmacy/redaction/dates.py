"""Dates in figures and words, English and Spanish. Weekdays, times and bare months stay."""

import re

from bot.pharmacy.identity_text import DATE_OF_BIRTH
from bot.pharmacy.redaction.marks import DATE, replaced

_ONES = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth thirtieth "
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety "
    "hundred thousand oh and "
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciseis "
    "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintidós veintitres "
    "veintitrés veinticuatro veinticinco veintiseis veintiséis veintisiete veintiocho veintinueve "
    "treinta cuarenta cincuenta sesenta setenta ochenta noventa cien ciento novecientos mil y "
    "primero"
)
_WORD = rf"(?:{'|'.join(sorted(_ONES.split(), key=len, reverse=True))})"
_WORDS = rf"(?!(?:and|y|oh|hundred|thousand|mil)\b){_WORD}(?:[\s-]{_WORD}){{0,4}}"
_MONTH = (
    r"(?:january|jan|february|feb|march|mar|april|apr|may|june|jun|july|jul|august|aug|september|"
    r"sept|sep|october|oct|november|nov|december|dec|enero|ene|febrero|marzo|abril|abr|mayo|junio|"
    r"julio|agosto|ago|septiembre|setiembre|octubre|noviembre|diciembre|dic)\b\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|ro|º)?"
_YEAR = r"(?:(?:19|20)\d\d|'\d\d)"
_NOT_MORE = r"(?![\w/%]|[.,:-]\d)"
_NO_AMOUNT = r"(?!\s?(?:mg|mcg|ml|g|units?|pills?|tablets?|tabs?|times|refills?|days?|am|pm)\b)"
_YEAR_AFTER = rf"(?:,?\s(?:of\s|de\s|del\s)?(?:{_YEAR}|{_WORD}(?:[\s-]{_WORD}){{0,4}}))?"

_DATES = (
    re.compile(rf"(?<![\w./-])(?:19|20)\d\d[-/.]\d\d?[-/.]\d\d?{_NOT_MORE}"),
    re.compile(rf"(?<![\w./-])\d\d?([-/.])\d\d?\1(?:\d{{4}}|\d\d){_NOT_MORE}{_NO_AMOUNT}"),
    re.compile(rf"\b{_MONTH}\s(?:the\s)?{_DAY}{_NOT_MORE}{_NO_AMOUNT}(?:,?\s{_YEAR}\b)?", re.I),
    re.compile(rf"\b{_MONTH}\s(?:the\s)?{_WORDS}\b{_YEAR_AFTER}", re.I),
    re.compile(
        rf"(?<![\w./-]){_DAY}[\s-](?:of\s|de\s|(?!(?:may|mar|ago|sep|dec)\b\s[a-z]))"
        rf"{_MONTH}{_NOT_MORE}(?:,?[\s-](?:de\s|del\s)?{_YEAR})?",
        re.I,
    ),
    re.compile(rf"\b(?:the\s)?{_WORDS}\s(?:of|de)\s{_MONTH}{_YEAR_AFTER}", re.I),
    re.compile(rf"\b{_MONTH}\s(?:de\s|del\s|of\s)?(?:19|20)\d\d\b", re.I),
)
# A day and a month alone are a date only where something says so: 1/2 is half a tablet as well.
_CUED = (
    re.compile(
        r"(?P<cue>\b(?:on|by|since|before|until|til|till|after|due|dated|from|exp|expires|expired"
        r"|expira|vence|desde|antes del?|hasta|para el|el|fecha|del)\s(?:the\s|el\s)?)"
        rf"(?:0?[1-9]|1[0-2]|[12]\d|3[01])[/-](?:0?[1-9]|[12]\d|3[01]){_NOT_MORE}{_NO_AMOUNT}",
        re.I,
    ),
    re.compile(
        r"(?<![\w./-])(?:0?[1-9]|1[0-2])/(?:[12]\d|3[01]|0?[1-9])"
        r"(?=\s(?:order|fill|refill|delivery|appointment|visit|pickup|prescription)\b)",
        re.I,
    ),
)
_EVENTS = (
    re.compile(
        r"(?P<cue>\b(?:started|filled|refilled|ordered|delivered|shipped|appointment|surgery|sent|mailed"
        r"|picked (?:it|them) up|period|empec[eé]|surtid[ao]|cita)\s)"
        rf"(?!1/[234]\b|2/3\b|3/4\b)(?:0?[1-9]|1[0-2])/(?:[12]\d|3[01]|0?[1-9]){_NOT_MORE}{_NO_AMOUNT}",
        re.I,
    ),
)
_BORN = (
    re.compile(
        r"(?P<cue>\b(?:born|birth(?:day|date)?|dob|d\.o\.b\.?|bday|naci[oóó]?|nac[ií]|nacimiento"
        r"|cumpleaños|cumple)\b[^.\d\[]{0,20}?)"
        rf"(?:(?:19|20)\d\d\b|(?:{_MONTH}\s)?\d\d?[\s/-]\d\d?(?:[\s/-]\d\d(?:\d\d)?)?\b)",
        re.I,
    ),
)


def without_dates(text: str) -> str:
    """Every date becomes a placeholder; a year or a short date near "born" is one of birth."""
    text = replaced(text, _BORN, DATE_OF_BIRTH)
    return replaced(text, (*_DATES, *_CUED, *_EVENTS), DATE)
