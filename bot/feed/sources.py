"""Several files as one feed: JSON Lines and FHIR, told apart by what is in them."""

import io
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TextIO

from bot.feed import json_lines
from bot.feed.fhir.options import Options
from bot.feed.fhir.outcome import Outcome
from bot.feed.fhir.reader import Reader
from bot.feed.fhir.stream import HEAD, entries, is_fhir
from bot.feed.intake import Intake
from bot.services.feed_batch import Batch, FeedError, FeedRejected, Finding

type Format = Literal["jsonl", "fhir"]

SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})


@dataclass(frozen=True)
class Source:
    """A text of the feed, by its name for people: a file, or what was read already."""

    name: str
    path: Path | None = None
    text: str = ""

    def open(self) -> AbstractContextManager[TextIO]:
        """The text, from its beginning. OSError when there is no such file."""
        return self.path.open(encoding="utf-8-sig") if self.path else io.StringIO(self.text)


@dataclass
class Places:
    """Which line or resource of which source a number of the feed is."""

    _firsts: list[int] = field(default_factory=list)
    _names: list[tuple[str, Format]] = field(default_factory=list)

    def begin(self, first: int, name: str, form: Format) -> None:
        """From here on the numbers are of this source."""
        self._firsts.append(first)
        self._names.append((name, form))

    def tell(self, finding: Finding) -> str:
        """A finding with the place it was made at."""
        at = max(0, bisect_right(self._firsts, finding.line) - 1)
        name, form = self._names[at] if self._names else ("", "jsonl")
        number = finding.line - (self._firsts[at] if self._firsts else 1) + 1
        what = "line" if form == "jsonl" else "resource"
        where = f"{name}, " if len(self._names) > 1 else ""
        field_name = f", {finding.field}" if finding.field else ""
        return f"{where}{what} {number}{field_name}: {finding.message}"


class Feed:
    """One feed out of several sources. `outcome` says what of its FHIR could not be mapped."""

    def __init__(self, options: Options, now: datetime) -> None:
        self.places = Places()
        self._intake = Intake()
        self._reader = Reader(self._intake, options, now)
        self._next = 1

    @property
    def outcome(self) -> Outcome:
        """What was read of FHIR, and what was not."""
        return self._reader.outcome

    def take(self, source: Source, form: Format | None = None) -> None:
        """Read a source; without `form` its content tells what it is. Raises OSError."""
        if form is None:
            form = form_of(source)
        self.places.begin(self._next, source.name, form)
        with source.open() as text:
            if form == "fhir":
                self._next = self._reader.take(entries(text), self._next)
            else:
                self._next = self._lines(text)

    def done(self) -> Batch:
        """All records. Raises FeedRejected when anything of any source is wrong."""
        self._reader.map()
        return self._intake.done()

    def _lines(self, text: TextIO) -> int:
        try:
            return json_lines.take(self._intake, text, self._next)
        except UnicodeDecodeError:
            self._intake.errors.add(FeedError(self._next, "", "is not UTF-8 text"))
            return self._next + 1


def form_of(source: Source) -> Format:
    """What a source is: FHIR says `resourceType`, a record of the feed says `type`."""
    try:
        with source.open() as text:
            return "fhir" if is_fhir(text.read(HEAD)) else "jsonl"
    except UnicodeDecodeError:
        return "jsonl"


def sources(paths: Iterable[Path]) -> Sequence[Source]:
    """The files, and those with records in folders, in the order of their names."""
    found: list[Source] = []
    for path in paths:
        inside = [each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES]
        files = sorted(each for each in inside if each.is_file()) if path.is_dir() else [path]
        found += [Source(str(each), each) for each in files]
    return found


def explain(rejected: FeedRejected, places: Places) -> str:
    """Why nothing was kept, with the place of each mistake."""
    lines = [places.tell(error) for error in rejected.errors]
    if rejected.total > len(rejected.errors):
        lines.append(f"and {rejected.total - len(rejected.errors)} more")
    return "\n".join(lines)
