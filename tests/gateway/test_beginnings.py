"""Whatever takes long to read is read before the first patient comes."""

from typing import Any

import pytest
import yaml

from bot import directives as d
from bot.gateway.beginnings import read_ahead
from bot.pharmacy.redaction import words
from bot.pharmacy.taught_sentences import taught
from bot.wording import catalogue
from tests.gateway.conftest import House
from tests.gateway.engine import custom, say


async def test_no_word_list_is_read_while_patients_wait(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kept in (taught, words._names, words._everyday, words._medicines, catalogue._load):
        kept.cache_clear()
    read_ahead(house.app)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a file is read while a patient waits")

    monkeypatch.setattr(yaml, "load", refuse)
    monkeypatch.setattr(yaml, "safe_load", refuse)
    unanswered = custom(d.Unanswered(intent="ask_price", confidence=0.1))
    house.engine.reply = lambda _text: [*unanswered, say()]
    for locale, text in (("en", "does Maria Lopez know"), ("es", "hola, quiero saber mas")):
        device = await house.opened(locale)
        events = await device.say(text)
        assert [event["kind"] for event in events] == ["message"]
