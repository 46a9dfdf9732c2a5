"""Strengths as catalogues and patients write them: "500 mg", ".5mg", "20-12.5", "the 40"."""

import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from bot.pharmacy.spelling import fold

_WORDS = yaml.safe_load((Path(__file__).parent / "strength_words.yml").read_text("utf-8"))
_UNIT_OF: dict[str, str] = {
    word: unit for unit, words in _WORDS["units"].items() for word in words.split()
}
_UNIT_OF["%"] = "%"
_COUNTED = frozenset(_WORDS["counted"].split())
_COUNTED_ONCE = frozenset(_WORDS["counted_once"].split())
_NOT_BEFORE = frozenset(_WORDS["not_before"].split())
_NEGATIONS = frozenset(_WORDS["negations"].split())
_MILLIGRAMS = {"g": Decimal(1000), "mcg": Decimal("0.001"), "mg": Decimal(1)}

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?|(?<!\S)[.,]\d+"
_UNIT = r"%|[^\W\d_]+"
_QUANTITY = re.compile(
    rf"(?<!\d)(?<!\d[.,:])(?<![$#])(?P<first>{_NUMBER})"
    rf"(?P<more>(?:\s?(?:{_UNIT})?\s?[-/]\s?(?:{_NUMBER}))*)"
    rf"[\s-]?(?P<unit>{_UNIT})?(?:\s?(?:/|per|por)\s?(?P<per>[^\W\d_]+))?"
)
_U100 = re.compile(r"\bu-?(100|200|300|500)\b", re.IGNORECASE)
_AMOUNT = re.compile(rf"({_NUMBER})\s?({_UNIT})?")
_VITAMIN = re.compile(r"\b[bdk][\s-]?\d{1,2}\b(?![.,]\d)", re.IGNORECASE)
_GLUED = re.compile(r"(?<=[^\W\d_]{5})(?=\d)")
_GLUED_AFTER = re.compile(r"[\w:%/$-]*\w")
# Without a unit, more than this is an Rx number or a year, unless in whole thousands (of units).
_LARGEST_BARE = 1500
_LARGEST_THOUSANDS = 50_000
# Fewer units than this are a dose of insulin, not the strength of anything.
_FEWEST_UNITS = 100
_YEARS = range(1900, 2101)


@dataclass(frozen=True)
class Amount:
    """`value` is milligrams where `unit` is "mg"; `typed` is the number as it was written."""

    value: Decimal
    unit: str
    typed: Decimal


@dataclass(frozen=True)
class Strength:
    """One amount for each ingredient, and what they are per (5 mL, an actuation), if anything."""

    amounts: tuple[Amount, ...]
    per: Amount | None
    text: str

    def fits(self, product: "Strength") -> bool:
        """Whether a product of that strength is one that this, as stated, can mean."""
        if self.per is not None and product.per is not None and self.per.unit == product.per.unit:
            mine = [amount.value / (self.per.value or 1) for amount in self.amounts]
            theirs = [amount.value / (product.per.value or 1) for amount in product.amounts]
            return mine == theirs
        pool = list(product.amounts)
        if len(self.amounts) > len(pool) and product.per is not None:
            pool.append(product.per)
        for amount in self.amounts:
            same = next((other for other in pool if _same(amount, other)), None)
            if same is None:
                return False
            pool.remove(same)
        return True


def _same(stated: Amount, product: Amount) -> bool:
    if stated.unit:
        return stated.unit == product.unit and stated.value == product.value
    return stated.value in (product.typed, product.value)


def product_strength(text: str) -> Strength:
    """A catalogue's strength; one without numbers has no amounts and fits nothing."""
    amounts: list[Amount] = []
    per: Amount | None = None
    for piece in re.split(r"\s*\(|\)", text):
        match = _QUANTITY.search(piece)
        if match is not None:
            strength = _strength(match)
            amounts += strength.amounts
            per = per or strength.per
    return Strength(tuple(amounts), per, text)


def stated_strengths(text: str) -> tuple[Strength, ...]:
    """Every strength in a patient's text; not its counts, dates, prices or Rx numbers."""
    text = _GLUED.sub(" ", _VITAMIN.sub(" ", _U100.sub(r"\1 units", text)))
    return tuple(
        _strength(match)
        for match in _QUANTITY.finditer(text)
        if _is_strength(match, text) and not _is_denied(text[: match.start()])
    )


def stated_strength(text: str) -> str | None:
    """The first strength as words for a reply: "40 mg", "20-12.5 mg", "40" without a unit."""
    found = stated_strengths(text)
    return found[0].text if found else None


def _strength(match: re.Match[str]) -> Strength:
    """The numbers of "20-12.5 mg" take the unit that follows; "250 mg/5 mL" is per 5 mL."""
    whole = match["first"] + match["more"]
    unit = _unit(match["unit"])
    pairs = [(number, _unit(word)) for number, word in _AMOUNT.findall(whole)]
    pairs[-1] = (pairs[-1][0], unit)
    separators = re.findall(r"[-/]", re.sub(_NUMBER, "", whole))
    per: Amount | None = None
    if len(pairs) > 1 and separators[-1] == "/" and pairs[-1][1] in ("ml", "hour", "actuation"):
        per = _amount(*pairs.pop())
    elif _unit(match["per"]):
        per = _amount("1", _unit(match["per"]))
    shared = pairs[-1][1]
    amounts = tuple(_amount(number, own or shared) for number, own in pairs)
    return Strength(amounts, per, _words(amounts, pairs, per))


def _words(amounts: tuple[Amount, ...], pairs: list[tuple[str, str]], per: Amount | None) -> str:
    numbers = "-".join(f"{amount.typed.normalize():f}" for amount in amounts)
    unit = {"unit": "units", "ml": "mL", "meq": "mEq"}.get(pairs[-1][1], pairs[-1][1])
    if per is None:
        return f"{numbers} {unit}".strip()
    size = "" if per.typed == 1 else f"{per.typed.normalize():f} "
    return f"{numbers} {unit}/{size}{'mL' if per.unit == 'ml' else per.unit}"


def _amount(number: str, unit: str) -> Amount:
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}\.000", number):
        number = number.replace(",", "").replace(".000", "000")
    typed = Decimal(number.replace(",", "."))
    if unit in _MILLIGRAMS:
        return Amount(typed * _MILLIGRAMS[unit], "mg", typed)
    return Amount(typed, unit, typed)


def _unit(word: str | None) -> str:
    if not word:
        return ""
    # Both micro signs would be lost in folding, and micrograms become grams.
    return _UNIT_OF.get(word if word == "%" else fold(re.sub("[µμ]", "u", word)), "")


def _is_strength(match: re.Match[str], text: str) -> bool:
    unit = _unit(match["unit"])
    if unit in ("ml", "hour", "actuation"):
        return "/" in match["more"]
    if unit == "unit" and not match["per"]:
        return _amount(match["first"], "").typed >= _FEWEST_UNITS
    return bool(unit) or (_can_be_bare(match) and not _is_counted_or_dated(match, text))


def _can_be_bare(match: re.Match[str]) -> bool:
    """Whether numbers without a unit can be a strength, by themselves."""
    numbers = re.findall(_NUMBER, match["first"] + match["more"])
    values = [_amount(number, "").typed for number in numbers]
    if len(values) == 1:
        thousands = values[0] % 1000 == 0 and values[0] <= _LARGEST_THOUSANDS
        return 0 < values[0] <= _LARGEST_BARE or thousands
    is_date = values[0] <= 12 and values[1] <= 31 and all(value % 1 == 0 for value in values)
    if is_date and ("/" in match["more"] or len(values) > 2):
        return False
    return not any(
        value in _YEARS or (len(number) > 1 and number[0] == "0" and number.isdigit())
        for number, value in zip(numbers, values, strict=True)
    )


def _is_counted_or_dated(match: re.Match[str], text: str) -> bool:
    """Whether the words around a bare number say that it is no strength."""
    if match["unit"] is None and _GLUED_AFTER.match(text, match.end()):
        return True
    rest = text[match.start("unit") if match["unit"] else match.end() :]
    # Two words on, too: "20 lisinopril pills".
    following = [fold(word) for word in rest.split()[:2] if word[0].isalpha()]
    before = [fold(word) for word in re.findall(r"[\w$#]+", text[: match.start()])][-1:]
    counted = _COUNTED | (_COUNTED_ONCE if match["first"] == "1" else frozenset())
    return any(word in counted for word in following) or any(
        word in _NOT_BEFORE or word.isdigit() for word in before
    )


def _is_denied(before: str) -> bool:
    """Whether "not", with no clause ending in between, comes shortly before."""
    clause = re.split(r"[,.;:!?\n]", before.replace("'", "").replace("’", ""))[-1]
    return any(fold(word) in _NEGATIONS for word in clause.split()[-5:])
