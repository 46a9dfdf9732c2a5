"""What the fault tests have found, for the table at the end of a run and for bench/results."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.machine import commit, machine

PROMISED_SECONDS = 15


@dataclass(frozen=True)
class Row:
    """One fault under load. Times are seconds after the recovery; None where none is measured."""

    fault: str
    database: str
    injected: int
    survived: int
    conversations: int
    messages: int
    apologies: int
    lost: int
    doubled: int
    out_of_order: int
    unanswered: int
    escalations: int
    escalations_lost: int
    seconds: float | None


ROWS: list[Row] = []


def summary() -> list[str]:
    """The table, a line for each fault."""
    names = (
        "fault", "database", "injected", "survived", "chats", "messages", "apologies", "lost",
        "doubled", "disordered", "unanswered", "tickets", "tickets lost", "seconds",
    )  # fmt: skip
    lines = [[*names]]
    for row in ROWS:
        cells = [str(value) for value in asdict(row).values()]
        cells[-1] = "" if row.seconds is None else f"{row.seconds:.1f}"
        lines.append(cells)
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    return [
        "  ".join(
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def write(path: Path) -> None:
    """Write the rows, with the commit and the kind of machine."""
    body = {
        "commit": commit(),
        "machine": machine(),
        "promised_seconds": PROMISED_SECONDS,
        "faults": [asdict(row) for row in ROWS],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=2) + "\n", encoding="utf-8")
