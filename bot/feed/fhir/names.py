"""Which of a person's names, phone numbers and languages counts."""

from collections.abc import Iterable
from datetime import datetime

from bot.feed.fhir.datatypes import ContactPoint, HumanName
from bot.feed.fhir.resources import Communication
from bot.pharmacy.identity_keys import name_key, phone_key

# The best first. Names of other uses (old, maiden, nickname, anonymous) are not those on a label.
NAME_USES = ("official", "usual", None, "temp")
PHONE_USES = ("mobile", "home", None, "temp", "work")
_UNRANKED = 1_000_000


def name_of(names: Iterable[HumanName], now: datetime) -> HumanName | None:
    """The name that a person goes by now; None without one that has a family name."""
    fit = [
        name
        for name in names
        if name.use in NAME_USES
        and (name.period is None or name.period.holds(now))
        and name_key(name.family or "")
    ]
    return min(fit, key=lambda name: NAME_USES.index(name.use), default=None)


def first_name(name: HumanName) -> str | None:
    """The first of the given names."""
    return next((given.strip() for given in name.given if given and given.strip()), None)


def spoken_name(names: Iterable[HumanName], now: datetime) -> str | None:
    """A name as it is said of somebody else: `Dr. Helen Park`."""
    name = name_of(names, now)
    if name is None:
        return next((name.text for name in names if name.text), None)
    parts = (*name.prefix[:1], first_name(name), name.family)
    return name.text or " ".join(part.strip() for part in parts if part)


def phone_of(points: Iterable[ContactPoint], now: datetime) -> str | None:
    """The phone number to know a person or a store by: by rank, then mobile before home."""
    fit = [
        point
        for point in points
        if point.system in ("phone", "sms")
        and point.use in PHONE_USES
        and (point.period is None or point.period.holds(now))
        and _is_phone(point.value)
    ]
    best = min(
        fit, key=lambda point: (point.rank or _UNRANKED, PHONE_USES.index(point.use)), default=None
    )
    return best.value if best else None


def language_of(spoken: Iterable[Communication]) -> str | None:
    """The code of the preferred language, or of the only one: `es` of `es-US`."""
    known = [(each.preferred, code) for each in spoken if (code := _language(each))]
    preferred = [code for wanted, code in known if wanted]
    if preferred:
        return preferred[0]
    return known[0][1] if len(known) == 1 else None


def _is_phone(value: str | None) -> bool:
    if value is None or len(value) > 40 or not value.isprintable():
        return False
    return len(phone_key(value)) >= 7


def _language(communication: Communication) -> str | None:
    codings = communication.language.coding if communication.language else ()
    for coding in codings:
        code = (coding.code or "").split("-")[0].lower()
        if code.isascii() and code.isalpha() and 2 <= len(code) <= 3:
            return code
    return None
