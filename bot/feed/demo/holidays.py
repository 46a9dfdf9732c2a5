"""The days on which a US pharmacy keeps other hours, computed for any year."""

from datetime import date, timedelta

THURSDAY = 3


def holidays(year: int) -> dict[str, date]:
    """The holidays of a year by the names that stores.yml uses."""
    return {
        "new_year": date(year, 1, 1),
        "independence_day": date(year, 7, 4),
        "thanksgiving": thanksgiving(year),
        "christmas_eve": date(year, 12, 24),
        "christmas": date(year, 12, 25),
    }


def thanksgiving(year: int) -> date:
    """The fourth Thursday of November."""
    first = date(year, 11, 1)
    days_to_thursday = (THURSDAY - first.weekday()) % 7
    return first + timedelta(days=days_to_thursday, weeks=3)
