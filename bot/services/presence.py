"""Who of the staff speaks, as a patient's device is told."""

from datetime import datetime
from typing import Protocol

from bot.wording import Wording


class Person(Protocol):
    """Somebody of the staff: an account, or the actor of a request."""

    @property
    def display_name(self) -> str:
        """The name that patients read."""

    @property
    def role(self) -> str:
        """The role's code."""


def role_label(person: Person, wording: Wording, now: datetime) -> str:
    """What the patient reads behind the person's name."""
    return wording.render(f"role.{person.role}", now=now)


def presence(person: Person, wording: Wording, now: datetime) -> dict[str, str]:
    """The name, the role and what to call it in the patient's language."""
    label = role_label(person, wording, now)
    return {"name": person.display_name, "role": person.role, "role_label": label}
