"""The FHIR data types, as far as they are read. What is not declared here is not looked at.

Everything is a tuple or a slotted object, so that a hundred thousand resources fit in memory.
"""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Strict
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as validated
from pydantic_core import PydanticCustomError

from bot.feed.fields import invalid, parse_day, parse_instant

SHAPE = ConfigDict(alias_generator=to_camel, extra="ignore", hide_input_in_errors=True)
WHEN = "must be a FHIR date or dateTime, such as 2026-05-04 or 2026-05-04T17:00:00-04:00"
_PARTIAL = re.compile(r"\d{4}(?:-(?:0[1-9]|1[0-2]))?")
# A date without a time stands for this moment of it where an order of events is needed.
NOON = time(12, tzinfo=UTC)


def _when(text: str) -> str:
    if not _PARTIAL.fullmatch(text) and moment_of(text) is None:
        raise invalid(WHEN)
    return text


def _listed(value: Any) -> Any:
    """Null is no list in FHIR, yet some systems write it for an empty one."""
    return () if value is None else value


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict()]
Decimal = Annotated[float, Strict()]
When = Annotated[str, AfterValidator(_when)]
type Many[Item] = Annotated[tuple[Item, ...], BeforeValidator(_listed)]


def day_of(text: str | None) -> date | None:
    """The calendar date of a FHIR date or dateTime as it is written; None for a year or a month."""
    try:
        return parse_day(text[:10]) if text else None
    except PydanticCustomError:
        return None


def instant_of(text: str | None) -> datetime | None:
    """The moment (UTC) of a dateTime that has a time; None for a plain or partial date."""
    try:
        return parse_instant(text) if text and len(text) > 10 else None
    except PydanticCustomError:
        return None


def moment_of(text: str | None) -> datetime | None:
    """The moment, a plain date taken for its noon in UTC; None for a year or a month."""
    if text and len(text) > 10:
        return instant_of(text)
    day = day_of(text)
    return datetime.combine(day, NOON) if day else None


@validated(slots=True, frozen=True, config=SHAPE)
class Coding:
    """A code of a code system."""

    system: str | None = None
    code: str | None = None
    display: str | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class CodeableConcept:
    """Something in words, in codes or in both."""

    coding: Many[Coding] = ()
    text: str | None = None

    @property
    def words(self) -> str | None:
        """The text, or else the first name that a code comes with."""
        return self.text or next((each.display for each in self.coding if each.display), None)


@validated(slots=True, frozen=True, config=SHAPE)
class Period:
    """From when until when; either may be open."""

    start: When | None = None
    end: When | None = None

    def holds(self, now: datetime) -> bool:
        """Whether `now` lies in it, to the precision that it is written with."""
        after = self.start is None or not _before(now, self.start)
        return after and (self.end is None or not _after(now, self.end))


def _before(now: datetime, edge: str) -> bool:
    moment = instant_of(edge)
    return now < moment if moment else now.date().isoformat()[: len(edge)] < edge


def _after(now: datetime, edge: str) -> bool:
    moment = instant_of(edge)
    return now > moment if moment else now.date().isoformat()[: len(edge)] > edge


@validated(slots=True, frozen=True, config=SHAPE)
class Identifier:
    """A number of a numbering system."""

    system: str | None = None
    value: str | None = None
    type: CodeableConcept | None = None
    use: str | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class Reference:
    """Another resource: by address, or only by its name."""

    reference: str | None = None
    display: str | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class HumanName:
    """A name of a person."""

    use: str | None = None
    text: str | None = None
    family: str | None = None
    given: Many[str | None] = ()
    prefix: Many[str | None] = ()
    suffix: Many[str | None] = ()
    period: Period | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class ContactPoint:
    """A phone number, or another way to reach somebody."""

    system: str | None = None
    value: str | None = None
    use: str | None = None
    rank: Whole | None = None
    period: Period | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class Address:
    """A postal address."""

    text: str | None = None
    line: Many[str | None] = ()
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class Quantity:
    """An amount; also a duration."""

    value: Decimal | None = None
    unit: str | None = None
    code: str | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class Ratio:
    """One amount in another: 10 mg in 1 mL."""

    numerator: Quantity | None = None
    denominator: Quantity | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class Extension:
    """What a profile adds; only those with a code for a value are read."""

    url: str | None = None
    value_code: str | None = None


@validated(slots=True, frozen=True, config=SHAPE)
class Meta:
    """When a resource was changed last, and how confidential it is."""

    last_updated: When | None = None
    security: Many[Coding] = ()


def line_of(text: str | None, longest: int = 200) -> str | None:
    """A text as one line of what can be printed, cut where it is too long; None when empty."""
    shown = "".join(char if char.isprintable() else " " for char in text or "")
    return " ".join(shown.split())[:longest].rstrip() or None


def codes(concepts: Iterable[CodeableConcept | None]) -> set[str]:
    """All codes of some concepts, whatever their systems."""
    found = (coding.code for concept in concepts if concept for coding in concept.coding)
    return {code for code in found if code}
