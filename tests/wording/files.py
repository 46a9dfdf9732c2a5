"""The wording files as they are written, and typical values to fill their sentences with."""

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from bot.wording import Wording

FOLDER = Path(__file__).parents[2] / "bot" / "wording"
NOW = datetime(2026, 5, 4, 16, 0, tzinfo=UTC)
ZONE = "America/New_York"

# Short names, so that a reading grade measures our sentences and not the pharmacy's records.
_NAMES: dict[str, dict[str, Any]] = {
    "en": {
        "store_name": "Oak Pharmacy",
        "week": "Monday to Friday: 9:00 AM to 7:00 PM",
        "team": "A pharmacist",
        "directions": "Take one pill.",
        "text": "Keep it cold.",
        "title": "Ready",
        "rules": "Please bring a photo ID.",
        "times": "9:00 AM to 1:00 PM",
        "role_label": "pharmacist",
    },
    "es": {
        "store_name": "Farmacia Sol",
        "week": "Lunes a viernes: 9:00 a. m. a 7:00 p. m.",
        "team": "Un farmacéutico",
        "directions": "Take one pill.",
        "text": "Va en frío.",
        "title": "Lista",
        "rules": "Venga con una foto suya.",
        "times": "9:00 a. m. a 1:00 p. m.",
        "role_label": "farmacéutico",
    },
}
_SHARED: dict[str, Any] = {
    "medicine": "Advil",
    "words": "advil",
    "strength": "10 mg",
    "notes": "",
    "phone": "555-0100",
    "address": "1 Oak Street",
    "store_address": "1 Oak Street",
    "area": "Oak Hill",
    "limit": 500,
    "tracking_url": "a.co/1",
    "transferred_to": "Elm Drugs",
    "approved_by": "Ann Lee",
    "source": "Label",
    "ending": "42",
    "name": "Ann Lee",
    "place": 2,
    "holder": "Ann Lee",
    "reviewer": "Ann Lee",
    "patient_name": "Ana",
    "staff_name": "Ann Lee",
    "time": "noon",
}
_BY_FORMAT: dict[str, Any] = {
    "date": "2026-05-05",
    "when": "2026-05-05T18:05:00+00:00",
    "time": "2026-05-05T18:05:00+00:00",
    "money": 1000,
    "number": 3,
    "list": ["Advil", "Tylenol"],
}
# The emergency numbers, which the wording brings itself.
CONSTANTS = frozenset({"emergency", "crisis", "poison"})


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that is there twice: YAML would silently keep the second sentence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        assert not twice, f"{node.start_mark}: there twice: {twice}"
        return super().construct_mapping(node, deep=deep)


def sentences(locale: str) -> dict[str, list[str]]:
    """Every response of a language with its sentences, as written."""
    responses: dict[str, list[str]] = {}
    for file in sorted((FOLDER / locale).glob("*.yml")):
        for name, text in _flat("", yaml.load(file.read_text("utf-8"), _StrictLoader)):
            assert name not in responses, f"{name} is in two files"
            responses[name] = text
    return responses


def _flat(prefix: str, node: Any) -> list[tuple[str, list[str]]]:
    if isinstance(node, dict):
        return [
            item
            for key, value in node.items()
            for item in _flat(f"{prefix}.{key}" if prefix else key, value)
        ]
    return [(prefix, node if isinstance(node, list) else [node])]


def placeholders(sentence: str) -> list[str]:
    """The values a sentence names, with their formats, sorted: languages differ in their order."""
    return sorted(
        f"{field}:{spec}" for _, field, spec, _ in Formatter().parse(sentence) if field is not None
    )


def typical(wording: Wording, name: str) -> dict[str, Any]:
    """A value for every field of a response. A new field without a format needs one above."""
    known = _SHARED | _NAMES[wording.locale]
    values: dict[str, Any] = {}
    for field in wording.fields(name):
        key, _, spec = field.partition(":")
        if key not in CONSTANTS:
            values[key] = _BY_FORMAT[spec] if spec else known[key]
    return values
