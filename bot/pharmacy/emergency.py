"""The numbers that the urgent notice gives, by country and by family of red flag."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phone:
    """A number to call; `label` names the button's wording."""

    label: str
    number: str


@dataclass(frozen=True)
class EmergencyNumbers:
    """What to call in a country."""

    emergency: Phone
    crisis: Phone
    poison: Phone


NUMBERS = {
    "US": EmergencyNumbers(
        Phone("emergency", "911"), Phone("crisis", "988"), Phone("poison", "1-800-222-1222")
    )
}

_POISON_FAMILIES = frozenset({"overdose", "ingestion"})
_CRISIS_FAMILIES = frozenset({"self_harm"})


def phones_for(families: frozenset[str], country: str) -> tuple[Phone, ...]:
    """The numbers that fit the families, the most urgent first; the emergency number always.

    An intentional overdose can look like an accidental one, so both lines are given for both.
    """
    numbers = NUMBERS[country]
    phones = [numbers.emergency]
    if families & _CRISIS_FAMILIES:
        phones += [numbers.crisis, numbers.poison]
    elif families & _POISON_FAMILIES:
        phones += [numbers.poison, numbers.crisis]
    return tuple(phones)
