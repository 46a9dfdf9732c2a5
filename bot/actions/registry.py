"""Which action answers an intent: for answers that continue an earlier question."""

from collections.abc import Iterator
from functools import cache
from inspect import isabstract
from typing import Any

from bot.actions.base import PatientAction


@cache
def _by_intent() -> dict[str, PatientAction]:
    kinds = [kind for kind in _below(PatientAction) if not isabstract(kind)]
    return {intent: kind() for kind in kinds for intent in kind.intents}


def action_for(intent: str) -> PatientAction:
    """The action that answers `intent`."""
    return _by_intent()[intent]


def _below(base: type[Any]) -> Iterator[type[Any]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)
