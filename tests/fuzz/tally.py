"""What a run of fuzzing has thrown, and what came of it; `make fuzz` writes it to a file."""

import json
import os
from collections import Counter
from typing import Any

from bench.machine import commit, machine
from bot.places import ROOT

RESULT = ROOT / "bench" / "results" / "fuzz.json"
# How many times as much as in `make test`; above 1 the result is written.
FACTOR = int(os.environ.get("FUZZ_FACTOR", "1"))
KINDS = ("requests", "examples", "frames", "feeds", "raw requests", "5xx", "hangs", "undescribed")
THROWN: Counter[str] = Counter()
STATUSES: Counter[int] = Counter()
GROWTH: dict[str, float] = {}


def answered(status: int, path: str = "") -> None:
    """Count a request and its answer."""
    THROWN["requests"] += 1
    STATUSES[status] += 1
    # No action server stands behind this gateway, and /readyz has to say so.
    if status >= 500 and path != "/readyz":
        THROWN["5xx"] += 1


def summary() -> str:
    """One line for the end of the tests."""
    parts = [f"{kind} {THROWN[kind]}" for kind in KINDS]
    grown = [f"{name} {value:+.3f}" for name, value in GROWTH.items()]
    return ", ".join(parts + grown)


def write() -> None:
    """Write the counts with the commit and the machine."""
    found: dict[str, Any] = {
        "commit": commit(),
        "machine": machine(),
        "factor": FACTOR,
        **{kind: THROWN[kind] for kind in KINDS},
        "statuses": {str(status): many for status, many in sorted(STATUSES.items())},
        "growth_a_request": GROWTH,
    }
    RESULT.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
