"""What a feed brings: records read and checked one by one, and what was wrong with them.

A batch holds its rows as tuples in the order of the table's columns, so that a million of them
fit in memory. Values of patients never appear in errors or warnings: both end up in logs.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from bot.storage.record_tables import RECORD_TABLES

LISTED = 50

type Values = tuple[object, ...]
type Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a line. `line` counts from 1; `field` is empty for the line as a whole."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        where = f"line {self.line}, {self.field}" if self.field else f"line {self.line}"
        return f"{where}: {self.message}"


class FeedError(Finding):
    """Why a line was refused."""


class FeedWarning(Finding):
    """Something that was kept although Willcall has no words for it."""


class FeedRejected(Exception):  # noqa: N818 - an outcome that is expected, not a fault
    """Nothing of the feed was kept. At most 50 errors are listed; `total` counts them all."""

    def __init__(self, errors: tuple[FeedError, ...], total: int | None = None) -> None:
        self.errors = errors[:LISTED]
        self.total = len(errors) if total is None else total
        super().__init__(self.errors, self.total)

    def __str__(self) -> str:
        lines = [str(error) for error in self.errors]
        if self.total > len(self.errors):
            lines.append(f"and {self.total - len(self.errors)} more")
        return "\n".join(lines)


class Findings[F: Finding]:
    """Collects errors or warnings: keeps the first 50 and counts the others."""

    def __init__(self) -> None:
        self.total = 0
        self._listed: list[F] = []

    def add(self, finding: F) -> None:
        """Note one finding."""
        self.total += 1
        if len(self._listed) < LISTED:
            self._listed.append(finding)

    @property
    def listed(self) -> tuple[F, ...]:
        """The first findings, in the order of the lines."""
        return tuple(self._listed)


class Keep(Enum):
    """When a record is written: always, or only if the database has none of its key, or one."""

    ALWAYS = "always"
    IF_NEW = "if new"
    IF_KNOWN = "if known"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it came from, and its values in the order of the table's columns."""

    line: int
    values: Values
    keep: Keep = Keep.ALWAYS


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often a prescription may be filled again, and how many fills of it the feed has."""

    allowed: int
    fills: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What the pharmacy says to a refill request; `status` is accepted or rejected."""

    line: int
    refill_request_id: int
    status: str
    reason: str | None
    decided_at: datetime


class Batch:
    """The records of one feed. The same record given twice counts once: the last one wins.

    Decisions are kept apart and all of them: they belong to rows that Willcall owns, and two that
    contradict each other are a mistake. `repeats` has, by Rx number, the prescriptions of which
    the feed says how many refills were allowed, and not how many are left.
    """

    def __init__(self) -> None:
        self.warnings: Findings[FeedWarning] = Findings()
        self.repeats: dict[object, Repeats] = {}
        self._decisions: list[Decision] = []
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in RECORD_TABLES}

    def add(
        self,
        record_type: str,
        line: int,
        values: Mapping[str, object],
        keep: Keep = Keep.ALWAYS,
    ) -> None:
        """Take one record; `values` has every column of its table. KeyError if one is missing."""
        table = RECORD_TABLES[record_type]
        key = tuple(values[column] for column in table.key)
        row = Row(line, tuple(values[column] for column in table.columns), keep)
        rows = self._rows[record_type]
        if keep is not Keep.IF_NEW or key not in rows:
            rows[key] = row

    def conditional(self, record_type: str, keep: Keep) -> Collection[object]:
        """The keys of the records that are written on this condition; of one column each."""
        rows = self._rows[record_type]
        return [key[0] for key, row in rows.items() if row.keep is keep]

    def drop(self, record_type: str, keys: Iterable[object]) -> None:
        """Leave out records, by their key of one column."""
        for key in keys:
            self._rows[record_type].pop((key,), None)

    def decide(self, decision: Decision) -> None:
        """Take the decision on a refill request."""
        self._decisions.append(decision)

    @property
    def decisions(self) -> Sequence[Decision]:
        """The decisions, in the order of the lines."""
        return self._decisions

    def rows(self, record_type: str) -> Collection[Row]:
        """The records of one type."""
        return self._rows[record_type].values()

    def find(self, record_type: str, *key: object) -> Values | None:
        """The values of one record of this batch, if it has it."""
        row = self._rows[record_type].get(key)
        return row.values if row else None

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._rows.values()) + len(self._decisions)
