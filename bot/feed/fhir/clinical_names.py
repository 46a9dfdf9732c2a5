"""Reads names of medicines in the way that RxNorm writes them: name, strength, form, brand."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

_WORDS = yaml.safe_load((Path(__file__).parent / "clinical_names.yml").read_text("utf-8"))
# "extended release oral tablet" → "extended-release tablet"
_FORMS: dict[str, str] = _WORDS["forms"]
_UNITS: dict[str, str] = _WORDS["units"]
_COUNTED: dict[str, str] = _WORDS["counted"]

_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_PER = "|".join(re.escape(word) for word in sorted(_COUNTED, key=len, reverse=True))
_STRENGTH = re.compile(
    rf"(?P<number>{_NUMBER})\s?(?P<unit>{_UNIT})"
    rf"(?:/(?P<per_number>{_NUMBER})?\s?(?P<per>{_UNIT}|{_PER}))?(?![\w/])",
    re.IGNORECASE,
)
# How long it works, how much is in the pack, who holds the approval: not part of the name.
_BEFORE = re.compile(rf"^(?:NDA\d+\s+)?(?:{_NUMBER}\s(?:HR|ML|ACTUAT|MG)\s+)*", re.IGNORECASE)
_BRAND = re.compile(r"\s*\[([^\[\]]+)\]\s*$")
_PLAIN = re.compile(r"[^\W\d_][\w\s,.'()+-]*", re.ASCII)
_FORM = re.compile(r"[A-Za-z][A-Za-z -]*")


@dataclass(frozen=True)
class ClinicalName:
    """`lisinopril`, `10 mg`, `tablet`, and a brand where the name has one."""

    generic_name: str
    strength: str
    form: str
    brand: str | None = None


def read_name(text: str) -> ClinicalName | None:
    """The parts of `lisinopril 10 MG Oral Tablet [Zestril]`; None when any of it is not clear."""
    found = _BRAND.search(text)
    brand = found[1].strip() if found else None
    rest = _BEFORE.sub("", " ".join(text[: found.start() if found else None].split()))
    strengths = list(_STRENGTH.finditer(rest))
    if not strengths or "{" in rest:
        return None
    names = [_name(rest[start:end]) for start, end in _between(strengths)]
    form = form_of(rest[strengths[-1].end() :])
    if form is None or not all(names):
        return None
    return ClinicalName(
        " and ".join(name for name in names if name),
        "/".join(_strength(each) for each in strengths),
        form,
        brand,
    )


def form_of(words: str) -> str | None:
    """A dose form in the words of the feed: known ones shortened, others in small letters."""
    plain = " ".join(words.replace("-", " ").split()).lower()
    if not plain or not _FORM.fullmatch(plain):
        return None
    return _FORMS.get(plain, plain)


def strength_of(number: float, unit: str, per_number: float, per: str | None) -> str | None:
    """`10 mg` in 1 tablet, `100 units/mL`; None when a unit is not known."""
    amount, over = _UNITS.get(unit.lower()), _per(per) if per else None
    if amount is None or over is None or per_number <= 0:
        return None
    if over in ("tablet", "capsule"):
        return f"{number:g} {amount}" if per_number == 1 else None
    return f"{number:g} {amount}/" + (over if per_number == 1 else f"{per_number:g} {over}")


def _between(strengths: list[re.Match[str]]) -> list[tuple[int, int]]:
    """Where the name before each strength stands."""
    starts = [0, *(each.end() for each in strengths)]
    return [(start, each.start()) for start, each in zip(starts, strengths, strict=False)]


def _name(words: str) -> str | None:
    plain = words.strip().removeprefix("/").strip().lower()
    return plain if _PLAIN.fullmatch(plain) else None


def _strength(found: re.Match[str]) -> str:
    unit = _UNITS[found["unit"].lower()]
    amount = found["number"].replace(",", "") + ("" if unit == "%" else " ") + unit
    if found["per"] is None:
        return amount
    number = f"{found['per_number']} " if found["per_number"] not in (None, "1") else ""
    return f"{amount}/{number}{_per(found['per'])}"


def _per(unit: str) -> str | None:
    return _UNITS.get(unit.lower()) or _COUNTED.get(unit.lower())
