"""Rows that are written once and not changed by their transaction, without the unit of work.

Events, buttons and turns are most of what is written. A mapped object for each, watched attribute
by attribute and sorted at the flush, costs several times the statement. They are kept as plain
values and written by one INSERT for each table, with every flush, after what they belong to.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bot.storage.base import Base

ROWS = "plain_rows"


def add_row(session: AsyncSession, kind: type[Base], /, **values: Any) -> None:
    """Write a row with the next flush; a query after this finds it.

    `values` name the same columns for every row of a kind. What is left out is empty.
    """
    rows: dict[type[Base], list[dict[str, Any]]] = session.info.setdefault(ROWS, {})
    rows.setdefault(kind, []).append(values)


class PlainRowsSession(Session):
    """A session that writes the plain rows with each flush."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what has changed, then the new plain rows, which may refer to it."""
        super().flush(objects)
        rows: dict[type[Base], list[dict[str, Any]]] = self.info.pop(ROWS, {})
        for kind, values in rows.items():
            self.connection().execute(_insert(kind), values)


@cache
def _insert(kind: type[Base]) -> Insert:
    table: Any = kind.__table__
    return insert(table)
