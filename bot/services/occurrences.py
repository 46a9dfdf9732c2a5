"""What has happened, for whoever counts it: told after the commit, and not at all without one.

Nothing here names a person, a medicine or a conversation.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.database import OCCURRED

# Who a message of a patient's was given to. `settled` is a button that needs nobody.
GivenTo = Literal["bot", "queue", "staff", "red_flag", "other_language", "settled"]
Net = Literal["screen", "second_net"]


@dataclass(frozen=True)
class MessageTaken:
    """A message or a tap of a patient's was stored."""

    given_to: GivenTo


@dataclass(frozen=True)
class OwnerChanged:
    """Somebody else speaks now: bot, queue, staff, or nobody (closed)."""

    to: str


@dataclass(frozen=True)
class Escalated:
    """Something new waits for people."""

    queue: str
    priority: str
    reason: str


@dataclass(frozen=True)
class Claimed:
    """Somebody took an escalation, so many seconds after it was opened."""

    queue: str
    priority: str
    seconds: float


@dataclass(frozen=True)
class RedFlagRaised:
    """An urgent notice was shown. Without families the second net has named none."""

    found_by: Net
    families: tuple[str, ...]


@dataclass(frozen=True)
class RefillPlaced:
    """A patient was told that a request is placed: refill or renewal."""

    kind: str


Occurrence = MessageTaken | OwnerChanged | Escalated | Claimed | RedFlagRaised | RefillPlaced


def note(session: AsyncSession, occurrence: Occurrence) -> None:
    """Have an occurrence told once the transaction is committed."""
    session.info.setdefault(OCCURRED, []).append(occurrence)
