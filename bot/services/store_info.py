"""What can be told about the stores without knowing who asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rapidfuzz import fuzz
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.hours import DayHours
from bot.services.stores import OpenStore, all_stores

# How alike words of the text and a store's own name have to be, 0..100.
NAMED = 85
COMMON = {"pharmacy", "street", "st", "store", "the", "drug", "drugs", "farmacia"}


async def stores_meant(session: AsyncSession, text: str) -> Sequence[OpenStore]:
    """The stores that a text names by name or address; all of them when it names none."""
    stores = await all_stores(session)
    named = [store for store in stores if _is_named(store, text)]
    return named or stores


def _is_named(store: OpenStore, text: str) -> bool:
    words = text.casefold().replace(",", " ").split()
    others = store.record.name.casefold().split()
    telling = [word for word in others if word not in COMMON and len(word) > 3]
    return any(fuzz.ratio(word, mine) >= NAMED for word in words for mine in telling)


def coming_exceptions(store: OpenStore, now: datetime) -> list[DayHours]:
    """The days of the next two weeks with other hours than usual."""
    today = now.astimezone(store.hours.zone).date()
    weeks = [*store.hours.week(today), *store.hours.week(today + timedelta(days=7))]
    return [day for day in weeks if day.exceptional]
