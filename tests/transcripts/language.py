"""The language of transcripts: a conversation as a readable file, and what each line means.

docs/transcripts.md describes it for people who write them.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

DEFAULT_NOW = "2026-11-23 14:00 America/New_York"
SPEAKERS = (
    "patient",
    "bot",
    "staff sees",
    "pharmacy gets",
    "given",
    "now",
    "language",
    "situation",
)
SITUATIONS = range(1, 31)


class TranscriptError(ValueError):
    """A line that the language does not know; the message names file and line."""


@dataclass(frozen=True)
class Line:
    """One step: who, and what is said or done."""

    number: int
    speaker: str
    text: str


@dataclass
class Transcript:
    """A file: the moment, the records, and the steps in order."""

    path: Path
    title: str
    now: datetime
    language: str = "en"
    situations: tuple[int, ...] = ()
    given: list[Line] = field(default_factory=list)
    steps: list[Line] = field(default_factory=list)


def read(path: Path) -> Transcript:
    """Parse a transcript. Raises TranscriptError."""
    transcript = Transcript(path, path.stem, _moment(DEFAULT_NOW, path, 0))
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = raw.rstrip()
        if raw.startswith("  ") and transcript.steps:
            # An indented line goes on with the one before it.
            last = transcript.steps[-1]
            transcript.steps[-1] = Line(last.number, last.speaker, f"{last.text}\n{text.strip()}")
        elif text.startswith("#"):
            transcript.title = text.lstrip("# ")
        elif text:
            _take(transcript, path, number, text)
    if not transcript.steps:
        raise TranscriptError(f"{path.name}: nobody says anything")
    return transcript


def _take(transcript: Transcript, path: Path, number: int, text: str) -> None:
    speaker, colon, rest = text.partition(":")
    if text.startswith("patient ") and not text.startswith("patient:"):
        transcript.steps.append(Line(number, "act", text.removeprefix("patient ")))
        return
    if not colon or speaker not in SPEAKERS:
        raise TranscriptError(f"{path.name}, line {number}: {text!r} is not understood")
    rest = rest.strip()
    if speaker == "now":
        transcript.now = _moment(rest, path, number)
    elif speaker == "language":
        transcript.language = rest
    elif speaker == "situation":
        transcript.situations = _situations(rest, path, number)
    elif speaker == "given":
        transcript.given.append(Line(number, speaker, rest))
    else:
        transcript.steps.append(Line(number, speaker, rest))


def _situations(text: str, path: Path, number: int) -> tuple[int, ...]:
    """Which of the thirty situations a conversation shows: '18, 19'."""
    named = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() and int(part) in SITUATIONS for part in named):
        raise TranscriptError(f"{path.name}, line {number}: situations are numbers from 1 to 30")
    return tuple(int(part) for part in named)


def _moment(text: str, path: Path, number: int) -> datetime:
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d \d\d:\d\d) (\S+)", text)
    if not found:
        raise TranscriptError(
            f"{path.name}, line {number}: a moment is written 2026-11-23 14:00 America/New_York"
        )
    return datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(found[2]))


def matches(expected: str, said: str) -> bool:
    """Whether a text is the expected one; `…` stands for any words."""
    pattern = ".*".join(re.escape(_spaced(part)) for part in expected.split("…"))
    return re.fullmatch(pattern, _spaced(said), flags=re.DOTALL) is not None


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)
