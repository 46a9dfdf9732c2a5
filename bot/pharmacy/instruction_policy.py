"""The rules of instructions that pharmacists write here: what is clinical, for how long they hold.

A text that is written here is served from rows of `instruction` whose ids begin with `w:`; the
pharmacy's feed has all other ids.
"""

from calendar import isleap
from datetime import date

from bot.pharmacy.instruction_topics import Topic

# In words for staff.
TOPICS: dict[Topic, str] = {
    "storage": "Storage",
    "disposal": "Disposal",
    "with_food": "With food",
    "missed_dose": "Missed dose",
    "device_use": "Using a device",
}
LANGUAGES = ("en", "es")
LONGEST_TEXT = 1500
# A text holds for at most so many years; then somebody has to look at it again.
YEARS_UNTIL_REVIEW = 2
# Said wrongly, these do harm: two pharmacists approve them.
CLINICAL_TOPICS: frozenset[Topic] = frozenset({"missed_dose", "with_food", "device_use"})
OWN = "w:"


def is_clinical(topic: str, flagged: bool) -> bool:
    """Whether a text needs two pharmacists: by its topic, or because its writer says so."""
    return flagged or topic in CLINICAL_TOPICS


def review_date_fits(review_due_on: date, today: date) -> bool:
    """Whether a text may be approved until then: in the future, at most two years ahead."""
    return today < review_due_on <= years_after(today, YEARS_UNTIL_REVIEW)


def plain_name(text: str | None) -> str:
    """A medicine's name or form, to be compared: small letters, single spaces."""
    return " ".join((text or "").casefold().split())


def years_after(day: date, years: int) -> date:
    """The same day so many years later; the last of February for a day that is not there."""
    year = day.year + years
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def served_id(series: int, language: str) -> str:
    """The id under which the active version of a series is served in a language."""
    return f"{OWN}{series}:{language}"


def is_own(instruction_id: str) -> bool:
    """Whether a served text was written here, and did not come with the feed."""
    return instruction_id.startswith(OWN)
