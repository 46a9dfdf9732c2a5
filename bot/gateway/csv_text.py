"""Tables as CSV that every spreadsheet shows as they are."""

import csv
import json
from collections.abc import Iterable
from io import StringIO
from typing import Any

# What makes a spreadsheet compute a cell instead of showing it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Any) -> str:
    """A value as the text of a cell; a quotation mark before what would be a formula."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def lines(rows: Iterable[Iterable[Any]]) -> bytes:
    """Rows of cells in UTF-8, each line ended by CR LF."""
    text = StringIO()
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def headers(filename: str) -> dict[str, str]:
    """What makes a browser keep the answer as a file of this name."""
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{filename}"',
    }
