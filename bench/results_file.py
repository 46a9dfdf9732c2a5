"""bench/results/latest.json, the table, and latest_details.json, what it was made from."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.figures import PARTS, STOCK, Measured, Row, rows
from bot.places import ROOT

FOLDER = ROOT / "bench" / "results"
LATEST = "latest.json"
DETAILS = "latest_details.json"


@dataclass(frozen=True)
class Kept:
    """One part's figures by their keys, and what they were measured on and from.

    `seconds` is how long measuring took; `stock_sentences` is what the stock model was trained on.
    """

    figures: dict[str, Measured]
    commit: str
    machine: str
    at: str
    seconds: int
    stock_sentences: int | None
    details: dict[str, Any]


def read(folder: Path = FOLDER) -> dict[str, Kept]:
    """What earlier runs have found, by part."""
    path = folder / DETAILS
    if not path.is_file():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {part: _kept(content) for part, content in found.items()}


def write(kept: Mapping[str, Kept], folder: Path = FOLDER) -> list[Row]:
    """Write both files; returns the table's rows."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {part: asdict(kept[part]) for part in PARTS if part in kept}
    found = table_rows(kept)
    for name, content in ((DETAILS, known), (LATEST, [asdict(row) for row in found])):
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return found


def table_rows(kept: Mapping[str, Kept]) -> list[Row]:
    """Every row of the table, out of the parts that have been measured."""
    return rows({key: found for part in kept.values() for key, found in part.figures.items()})


def stock_heading(kept: Mapping[str, Kept]) -> str:
    """What heads stock Rasa's column: a reader must see what it was trained on."""
    sizes = {part.stock_sentences for part in kept.values() if part.stock_sentences}
    if not sizes:
        return STOCK
    return f"{STOCK} ({' and '.join(f'{size:,}' for size in sorted(sizes))} sentences)"


def _kept(content: dict[str, Any]) -> Kept:
    figures = {key: Measured(**found) for key, found in content["figures"].items()}
    return Kept(**{**content, "figures": figures})
