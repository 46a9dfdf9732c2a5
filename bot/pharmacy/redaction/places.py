"""Street addresses, post boxes and ZIP codes, English and Spanish."""

import re

from bot.pharmacy.redaction.marks import ADDRESS, replaced
from bot.pharmacy.redaction.words import is_common

_SUFFIX = (
    r"(?:street|st|avenue|ave|av|road|rd|drive|dr|lane|ln|boulevard|blvd|court|ct|place|pl|way"
    r"|terrace|ter|circle|cir|highway|hwy|parkway|pkwy|square|sq|trail|trl|alley|plaza|crescent"
    r"|turnpike|pike)\b\.?"
)
_SIDE = r"(?:(?:n|s|e|w|ne|nw|se|sw|north|south|east|west)\b\.?\s)"
_STREET_WORD = r"(?:\d{1,3}(?:st|nd|rd|th)|[^\W\d_][\w'’.-]{0,20})"
_FLAT = (
    r"(?i:,?\s(?:apt|apartment|unit|suite|ste|apto|apartamento|depto|departamento|interior|int|piso"
    r"|casa|room|rm|floor|lot)\b\.?\s?#?\s?[\w-]{1,6}|,?\s#\s?\w{1,6})"
)
_STATE = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM"
    "|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR|Ohio|Texas|Florida|California"
)
_TOWN = (
    rf"(?:,?\s(?:in\s|en\s)?(?:[A-Z][\w'-]{{2,15}}\s?){{1,3}},?\s(?:{_STATE})\b"
    rf"|,\s?(?:[A-Z][\w'-]{{2,15}}\s?){{1,3}}|,?\s(?:{_STATE})\b)?"
)
_ZIP = r"(?:,?\s\d{5}(?:-\d{4})?(?!\d))?"
_AFTER = rf"{_FLAT}{{0,2}}{_TOWN}{_ZIP}"
_STREETS = (
    re.compile(
        rf"(?<![\w$./-])\d{{1,6}}(?:-\d{{1,4}})?[A-Za-z]?\s(?i:{_SIDE})?(?P<words>(?:{_STREET_WORD}\s){{1,3}}?)"
        rf"(?i:{_SUFFIX})(?i:\s(?:n|s|e|w|ne|nw|se|sw)\b)?{_AFTER}"
    ),
)
_NUMBER_LAST = (
    re.compile(rf"\b(?:[A-Z][\w'-]{{2,15}}\s){{1,3}}(?i:{_SUFFIX})\s\d{{1,5}}\b{_AFTER}"),
)
_SPANISH = (
    re.compile(
        r"\b(?:calle|avenida|av\.?|ave\.?|carrera|cra\.?|camino|calzada|urb\.?|urbanización|"
        r"urbanizacion|bulevar|boulevard|paseo|colonia|col\.|callejón|callejon)\s"
        r"(?:\d{1,2}\sde\s[a-z]{4,10}\s)?(?:[\w'’.áéíóúñ-]{1,20},?\s){0,4}?(?:#|número\s|numero\s|núm\.?\s|num\.?\s|no\.?\s|n°\s?)?"
        rf"\d{{1,6}}(?:-\d{{1,4}})?\b{_AFTER}",
        re.I,
    ),
)
_BOXES = (
    re.compile(r"\bp\.?\s?o\.?\s?box\s#?\d{1,8}\b(?:,?\s\d{5}(?:-\d{4})?)?", re.I),
    re.compile(r"\b(?:apartado(?: postal)?|casilla)\s#?\d{1,8}\b", re.I),
    re.compile(
        r"\b(?:apt|apartment|suite|apto|apartamento|depto)\b\.?\s?#?\s?\d{1,5}[a-z]?\b", re.I
    ),
)
_ZIPS = (
    re.compile(
        r"(?P<cue>\b(?:zip(?:\s?code)?|postal code|c[oó]digo postal|c\.?p\.?)(?:\s(?:is|es))?"
        r"[:\s#]{1,2})\d{5}(?:-\d{4})?(?!\d)",
        re.I,
    ),
    re.compile(r"(?<![\w$./-])\d{5}-\d{4}(?![\w-])"),
    re.compile(rf"\b[A-Z][\w'-]{{2,15}},?\s(?:{_STATE})\s\d{{5}}(?:-\d{{4}})?\b"),
    re.compile(rf"\b(?:{_STATE})\s\d{{5}}(?:-\d{{4}})?\b"),
)
# Words that name a street, though they are everyday words.
_OF_STREETS = frozenset(
    """main oak pine maple elm cedar park lake hill church school high center central north south
    east west first second third fourth fifth sixth seventh eighth ninth tenth river spring springs
    water mill state union market front walnut cherry sunset college court green forest meadow
    ridge valley view old new garden rose king queen bridge bay beach ocean sun grand broad mountain
    winter summer fox deer bear eagle country club birch willow ash apple peach dogwood prospect
    railroad depot pleasant liberty independence commerce industrial airport hospital""".split()
)


def without_places(text: str) -> str:
    """Addresses become placeholders."""
    text = replaced(text, _STREETS, ADDRESS, _names_a_street)
    text = replaced(text, (*_NUMBER_LAST, *_SPANISH), ADDRESS)
    return replaced(replaced(text, _BOXES, ADDRESS), _ZIPS, ADDRESS)


def _names_a_street(found: re.Match[str]) -> bool:
    """Whether the words before "street" or "way" can be its name: not "2 pills a way"."""
    words = re.findall(r"[^\W\d_]+|\d+", found["words"])
    return all(
        not word[0].isalpha() or word.lower() in _OF_STREETS or not is_common(word)
        for word in words
        if word.lower()
        not in ("st", "nd", "rd", "th", "de", "la", "del", "los", "el", "san", "santa")
    )
