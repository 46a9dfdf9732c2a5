"""The messages that every candidate is tested with: data/gate, made by tools/gate_messages.py."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.places import ROOT

FOLDER = ROOT / "data" / "gate"
KEPT_BACK = "kept_back"
RED_FLAGS = "red_flags"
TRANSCRIPTS = "transcripts"
# Of RED_FLAGS; the other sets expect an intent.
MUST_ALARM = "emergency"
MUST_NOT = "ordinary"


@dataclass(frozen=True)
class GateMessage:
    """A message; `expected` is an intent or, for red flags, `emergency` or `ordinary`."""

    set: str
    text: str
    expected: str


def gate_messages(folder: Path = FOLDER) -> tuple[GateMessage, ...]:
    """All messages, in the order of the files. Raises FileNotFoundError if there are none."""
    found = tuple(
        GateMessage(name, text, expected)
        for name in (KEPT_BACK, RED_FLAGS, TRANSCRIPTS)
        for expected, texts in _content(folder / f"{name}.yml").items()
        for text in texts
    )
    if not found:
        raise FileNotFoundError(f"{folder} holds no messages")
    return found


def _content(path: Path) -> dict[str, list[str]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, list[str]] = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - safe
    return content
