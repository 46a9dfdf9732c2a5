"""Numbers of telephones, accounts and documents, spelled and in figures; mail and web addresses."""

import re

from bot.pharmacy.identity_text import EMAIL, NUMBER, PHONE_NUMBER
from bot.pharmacy.redaction.marks import LINK, replaced

_DIGITS = (
    "zero oh one two three four five six seven eight nine cero uno dos tres cuatro cinco seis "
    "siete ocho nueve"
)
_TENS = (
    "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty "
    "forty fifty sixty seventy eighty ninety hundred double triple diez once doce trece catorce "
    "quince dieciseis dieciséis diecisiete dieciocho diecinueve veinte treinta cuarenta cincuenta "
    "sesenta setenta ochenta noventa cien ciento doscientos trescientos doble triple y"
)
_SPELLED = rf"(?:{'|'.join((_DIGITS + ' ' + _TENS).split())})"
_PIECE = rf"(?:{_SPELLED}|\d{{1,4}})"
# Seven pieces or more of a row of digits, with at least one in letters or all of them alone.
_ROW = re.compile(rf"(?<![\w$/.]){_PIECE}(?:[\s,.-]{{1,2}}{_PIECE}){{3,14}}(?![\w%/])", re.I)
_SINGLE = re.compile(r"(?<![\w$/.])\d(?:[\s.-]{1,2}\d){6,14}(?![\w%/])")

_LINKS = (
    re.compile(r"\b(?:https?://|www\.)\S{1,300}", re.I),
    re.compile(
        r"(?<![\w@.])[\w-]{2,63}(?:\.[\w-]{2,63}){0,3}\.(?:com|org|net|edu|gov|io|info|me|us|mx)"
        r"(?:/\S{0,200})?(?![\w@])",
        re.I,
    ),
)
_SPOKEN_EMAIL = (
    re.compile(
        r"\b[\w.+-]{1,40}(?:\s(?:dot|punto|underscore|guion bajo)\s[\w-]{1,40}){0,3}\s(?:at|arroba)"
        r"\s[\w-]{1,40}(?:\s(?:dot|punto)\s|\.)(?:com|net|org|edu|es|mx)\b",
        re.I,
    ),
    re.compile(
        r"\b[\w.+-]{1,64}\s?(?:@|\(at\)|\[at\])\s?[\w-]{1,63}(?:\s?\.\s?[\w-]{2,24}){1,3}", re.I
    ),
)
_HANDLE = (re.compile(r"(?<![\w@.])@[a-z]\w{2,30}\b", re.I),)
_PHONES = (
    re.compile(r"(?<![\w$/.-])[2-9]\d{2}[-.][0-9]{4}(?![\w-]|\.\d)(?!\s?(?:mg|mcg|ml|units?)\b)"),
    re.compile(
        r"(?P<cue>\b(?:call|text|reach|ring|phone|cell|mobile|number is|my number|extension|ext|fax"
        r"|ll[aá]m\w{0,6}|m[aá]r[cq]\w{0,6}|n[uú]mero es|mi n[uú]mero|mi cel\w{0,5}"
        r"|tel[eé]fono|whatsapp)"
        r"\b\.?(?:\s(?:me|us|my|mi|him|her|back|at|on|al|a|is|es|es el|el|number|n[uú]mero"
        r"|[a-z]{2,10}))"
        r"{0,3}[:\s#]{1,2})"
        r"(?:\+?\d[\d\s().-]{5,16}\d|\d{3,6})(?![\w%])(?!\s?(?:mg|mcg|ml|days?|times|d[ií]as)\b)",
        re.I,
    ),
    re.compile(r"(?<![\w$/.-])\+?\d{1,3}(?:[\s.-]\d{2}){4,5}(?![\w/])"),
    re.compile(r"(?<![\w$/.-])\d{3}/\d{3}[/-]\d{4}(?![\w/])"),
    re.compile(r"\[phone number\](?P<x>,?\s?(?:ext\.?|extension|x|extensión)\s?\d{1,6})\b", re.I),
)
_NAMED = (
    r"(?:member|policy|group|account|acct|subscriber|enrollee|identification|license|licence"
    r"|driver'?s|insurance|medicare|medicaid|medi-cal|beneficiary|card|credit card|debit card|visa"
    r"|mastercard|amex|mrn|chart|medical record|confirmation|tracking|case|ticket|claim|passport"
    r"|file|npi|dea|bin|pcn|rxbin|rxpcn|grp|rxgrp|id|ssn|social(?: security)?|itin|ein|badge"
    r"|student|p[oó]liza|miembro|afiliado|socio|cuenta|licencia|identificaci[oó]n|folio|tarjeta|pasaporte"
    r"|curp|cédula|cedula|seguro(?: social)?|expediente|grupo|matr[ií]cula|confirmaci[oó]n|cvv|cvc"
    r"|pin|passcode|password|contraseña|clave|code|c[oó]digo)"
)
_OF = (
    r"(?:number|num|no|nbr|n[uú]mero|n[uú]m|id|code|card|plate|de|del|la|mi|social|security|is|es"
    r"|ends in|ending in|termina en)"
)
_CODE = (
    r"(?:(?=[\w-]{0,24}\d[\w-]{0,24}\d)[a-z0-9]{1,20}(?:-[a-z0-9]{1,20}){0,5}"
    r"(?:\s\d{2,6}){0,4}|[a-z]{1,4}\d{1,4}(?:\s\d{2,6}){1,4}"
    r"|[a-z]{2,4}(?:\s\d{2,6}){2,4})"
)
_NAMED_CODES = (
    re.compile(
        rf"(?P<cue>\b{_NAMED}(?:[\s.:#]{{1,2}}{_OF}){{0,4}}[\s.:#=]{{1,3}})"
        rf"(?!\d+\s?(?:mg|mcg|ml|units?|days?|refills?|pills?|tablets?)\b){_CODE}(?!\w)",
        re.I,
    ),
    re.compile(
        r"(?P<cue>\b(?:last (?:four|4)|last (?:three|3)|[uú]ltimos (?:cuatro|4)|[uú]ltimas "
        r"(?:cuatro|4))\b[^.\d\[]{0,40})\d{3,4}(?!\w)",
        re.I,
    ),
)
_CODES = (
    # Medicare's number, and whatever else mixes letters with many figures.
    re.compile(r"\b[1-9][a-z][a-z0-9]\d-?[a-z][a-z0-9]\d-?[a-z]{2}\d{2}\b", re.I),
    re.compile(r"(?<![\w$])(?=[a-z-]{0,8}\d)[a-z]{1,5}-?\d{6,14}[a-z]?(?![\w%])", re.I),
    re.compile(r"(?<![\w$])\d{3,4}(?:[\s-]\d{4}){2,4}(?![\w%])"),
    re.compile(r"(?<![\w$])#\d{3,12}(?:-\d{1,6}){0,3}(?![\w%])"),
    re.compile(
        r"(?<![\w$./,:+-])\d{5}(?<!00)(?![\w%]|[.,:/-]\d)(?!\s?(?:mg|mcg|ml|units?|iu|ui|unidades)\b)"
    ),
)


def without_codes(text: str) -> str:
    """What is said to be the number of a card, a policy, a document becomes a placeholder."""
    return replaced(text, _NAMED_CODES, NUMBER)


def without_numbers(text: str) -> str:
    """Phone numbers, codes of all kinds, and addresses of mail and web become placeholders."""
    text = replaced(text, _SPOKEN_EMAIL, EMAIL)
    text = replaced(text, _LINKS, LINK)
    text = replaced(text, _HANDLE, LINK)
    text = replaced(text, (_SINGLE,), PHONE_NUMBER)
    text = replaced(text, (_ROW,), PHONE_NUMBER, _is_row_of_digits)
    text = replaced(text, _PHONES, PHONE_NUMBER)
    return replaced(text, _CODES, NUMBER)


def _is_row_of_digits(found: re.Match[str]) -> bool:
    """Whether pieces spell one long number: seven figures or more, some of them as words."""
    pieces = re.findall(r"[^\W\d_]+|\d+", found.group())
    words = [piece for piece in pieces if not piece.isdigit() and piece.lower() != "y"]
    figures = sum(len(piece) if piece.isdigit() else 1 for piece in pieces if piece.lower() != "y")
    figures += sum(piece.lower() in _TENS.split() for piece in words)
    return len(words) >= 2 and figures >= 7
