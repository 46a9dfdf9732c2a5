"""What a feed brings: records read and checked one by one, and what was wrong with them.

A batch holds its rows as tuples in the order of the table's columns, so that a million of them
fit in memory. Values of patients never appear in errors or warnings: both end up in logs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it came from, and its values in the order of the table's columns."""

    line: int
    values: Values


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
    contradict each other are a mistake.
    """

    def __init__(self) -> None:
        self.warnings: Findings[FeedWarning] = Findings()
        self._decisions: list[Decision] = []
        self._rows: dict[str, dict[Key, Row]] = {name: {} for name in RECORD_TABLES}

    def add(self, record_type: str, line: int, values: Mapping[str, object]) -> None:
        """Take one record; `values` has every column of its table. KeyError if one is missing."""
        table = RECORD_TABLES[record_type]
        key = tuple(values[column] for column in table.key)
        row = Row(line, tuple(values[column] for column in table.columns))
        self._rows[record_type][key] = row

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
