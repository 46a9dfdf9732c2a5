"""The urgent notice: fixed, reviewed text with the numbers to call, which stays on the screen."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.emergency import phones_for
from bot.services.event_log import append
from bot.storage.conversations import Conversation
from bot.wording import Wording

# When several families fit, the texts come in this order, at most two of them.
ORDER = (
    "anaphylaxis",
    "breathing",
    "consciousness",
    "chest_stroke",
    "bleeding",
    "self_harm",
    "ingestion",
    "overdose",
    "glucose",
)


def say_urgent(
    session: AsyncSession,
    conversation: Conversation,
    families: Sequence[str],
    wording: Wording,
    country: str,
    now: datetime,
) -> None:
    """Append the urgent notice for the families, with the numbers to call."""
    told = [family for family in ORDER if family in families]
    if "ingestion" in told and "overdose" in told:
        told.remove("overdose")  # the same steps, and the first text has one more
    names = [f"urgent.{family}" for family in told[:2]] or ["urgent.general"]
    phones = phones_for(frozenset(families), country)
    append(
        session,
        conversation,
        "notice",
        "system",
        " ".join(wording.render(name, now=now) for name in names),
        at=now,
        urgent=True,
        families=list(families),
        phones=[
            {"label": wording.render(f"phone_label.{phone.label}", now=now), "number": phone.number}
            for phone in phones
        ],
    )
