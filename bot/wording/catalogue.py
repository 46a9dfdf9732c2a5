"""Loads the wording of all languages and renders responses from it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.pharmacy.emergency import NUMBERS
from bot.wording.formats import MissingValueError, SentenceFormatter, format_list, format_span

LOCALES = ("en", "es")
Text = str | list[str]


class WordingError(LookupError):
    """A response that no language file has; a mistake of ours, never of a patient."""


class Wording:
    """The sentences of one language."""

    def __init__(
        self, locale: str, responses: Mapping[str, Text], constants: Mapping[str, str]
    ) -> None:
        self.locale = locale
        self._responses = responses
        self._constants = constants

    def names(self) -> frozenset[str]:
        """All response names; those inside a group carry its name: `state.ready.title`."""
        return frozenset(self._responses)

    def has(self, name: str) -> bool:
        """Whether there is such a response."""
        return name in self._responses

    def fields(self, name: str) -> frozenset[str]:
        """The values that a response can name, with their formats (`kept_until:date`)."""
        sentences = self._sentences(name)
        return frozenset(
            f"{field}:{spec}" if spec else field
            for sentence in sentences
            for _, field, spec, _ in Formatter().parse(sentence)
            if field
        )

    def render(
        self,
        name: str,
        values: Mapping[str, Any] | None = None,
        *,
        now: datetime,
        timezone: str = "UTC",
    ) -> str:
        """The text of a response.

        `values` hold ISO 8601 dates and datetimes, cents, numbers and names; times are told in
        `timezone`. Raises WordingError when there is no such response.
        """
        return self.fill(self._sentences(name), values, now=now, timezone=timezone)

    def fill(
        self,
        sentences: Text,
        values: Mapping[str, Any] | None = None,
        *,
        now: datetime,
        timezone: str = "UTC",
    ) -> str:
        """Fill sentences that come from elsewhere, under the same rules as `render`."""
        formatter = SentenceFormatter(self.locale, ZoneInfo(timezone), now)
        known = {**self._constants, **(values or {})}
        spoken: list[str] = []
        for sentence in [sentences] if isinstance(sentences, str) else sentences:
            try:
                spoken.append(formatter.vformat(sentence, (), known))
            except MissingValueError:
                continue
        return _join(spoken)

    def times(self, spans: Sequence[tuple[datetime, datetime]]) -> str:
        """Opening times of one day, of local datetimes: '9:00 AM to 1:00 PM and …'."""
        return format_list(
            [format_span(start, end, self.locale) for start, end in spans], self.locale
        )

    def _sentences(self, name: str) -> list[str]:
        try:
            text = self._responses[name]
        except KeyError:
            raise WordingError(f"no response {name!r} in {self.locale}") from None
        return [text] if isinstance(text, str) else text


def _join(sentences: list[str]) -> str:
    paragraphs: list[list[str]] = [[]]
    for sentence in sentences:
        if sentence:
            paragraphs[-1].append(sentence.strip())
        else:
            paragraphs.append([])
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs if paragraph)


def _flatten(prefix: str, node: Any) -> dict[str, Text]:
    if isinstance(node, dict):
        flat: dict[str, Text] = {}
        for key, value in node.items():
            flat |= _flatten(f"{prefix}.{key}" if prefix else str(key), value)
        return flat
    return {prefix: node}


def supported(locale: str) -> str:
    """The language of LOCALES that a locale asks for: 'es' for 'es-MX' and 'es_US', else 'en'."""
    language = re.split("[-_]", locale, maxsplit=1)[0].lower()
    return language if language in LOCALES else "en"


def load(locale: str, country: str = "US") -> Wording:
    """The wording of a language, also of 'es-MX'; any other than those of LOCALES gets English.

    `country` decides which emergency numbers the sentences give.
    """
    return _load(supported(locale), country)


@cache
def _load(locale: str, country: str) -> Wording:
    responses: dict[str, Text] = {}
    folder = files("bot.wording") / locale
    for file in sorted(folder.iterdir(), key=lambda item: item.name):
        if file.name.endswith(".yml"):
            responses |= _flatten("", yaml.safe_load(file.read_text(encoding="utf-8")))
    numbers = NUMBERS[country]
    constants = {
        phone.label: phone.number for phone in (numbers.emergency, numbers.crisis, numbers.poison)
    }
    return Wording(locale, responses, constants)
