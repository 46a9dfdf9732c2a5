"""A yes with the request in it."""

import pytest

from bot.pharmacy.plain_answers import begins_with_yes


@pytest.mark.parametrize(
    "text",
    ["yes, cancel it", "Yeah please cancel", "ok cancel that", "Sí, cancélelo", "claro que sí"],
)
def test_a_yes(text: str) -> None:
    assert begins_with_yes(text)


@pytest.mark.parametrize(
    "text",
    ["", "cancel it", "don't cancel it", "no cancel it", "yes no wait", "ok don't cancel",
     "yes but not today", "sí pero no", "please don't"],
)  # fmt: skip
def test_not_a_yes(text: str) -> None:
    assert not begins_with_yes(text)
