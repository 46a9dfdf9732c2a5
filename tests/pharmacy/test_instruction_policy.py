"""What of instructions is clinical, and until when one may hold."""

from datetime import date
from typing import get_args

import pytest

from bot.pharmacy.instruction_policy import (
    CLINICAL_TOPICS,
    TOPICS,
    is_clinical,
    is_own,
    plain_name,
    review_date_fits,
    served_id,
    years_after,
)
from bot.pharmacy.instruction_topics import Topic

TODAY = date(2026, 11, 23)


def test_every_topic_has_a_name_for_staff() -> None:
    assert tuple(TOPICS) == get_args(Topic)
    assert TOPICS.keys() > CLINICAL_TOPICS


def test_what_is_clinical() -> None:
    assert [name for name in TOPICS if is_clinical(name, flagged=False)] == [
        "with_food", "missed_dose", "device_use",
    ]  # fmt: skip
    assert all(is_clinical(name, flagged=True) for name in TOPICS)


@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (date(2026, 11, 22), False),
        (TODAY, False),
        (date(2026, 11, 24), True),
        (date(2028, 11, 23), True),
        (date(2028, 11, 24), False),
    ],
)
def test_until_when_a_text_may_hold(day: date, fits: bool) -> None:
    assert review_date_fits(day, TODAY) is fits


def test_the_last_day_of_february() -> None:
    assert years_after(date(2028, 2, 29), 2) == date(2030, 2, 28)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_what_was_written_here_is_known_by_its_id() -> None:
    assert is_own(served_id(12, "es"))
    assert not is_own("lisinopril-storage")
    # No series' ids begin with another's.
    assert not served_id(12, "en").startswith(served_id(1, ""))


def test_names_are_compared_without_case_and_spaces() -> None:
    assert plain_name(" Oral  Suspension ") == plain_name("oral suspension")
    assert plain_name(None) == ""
