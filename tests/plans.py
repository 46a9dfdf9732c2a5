"""How a database would find what statements ask for: by an index, or by reading whole tables."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import Database

# What grows with patients and their chats. The others are small: products, stores, people.
LARGE = frozenset(
    "patient proxy prescription fill prior_authorization prescriber_request refill_request "
    "conversation event choice turn verification identity_failure escalation ready_notice "
    "question feedback staff_event audit_entry".split()
)
PLANNED = ("SELECT", "UPDATE", "DELETE", "WITH")


@dataclass
class Statements:
    """What was sent to a database, each statement once, with the values of its first time."""

    sent: dict[str, Any] = field(default_factory=dict)


@contextmanager
def overheard(database: Database) -> Iterator[Statements]:
    """Note the statements that are sent while the block runs."""
    heard = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, given: Any, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(PLANNED):
            heard.sent.setdefault(statement, given[0] if isinstance(given, list) else given)

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def whole_tables_read(database: Database, heard: Statements) -> dict[str, list[str]]:
    """The large tables that each statement would read as a whole, by statement."""
    found: dict[str, list[str]] = {}
    async with database.engine.connect() as connection:
        if database.backend == "postgresql":
            # Small tables are read as a whole for good reason. So only what has no index is.
            await connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, given in heard.sent.items():
            names = [name for name in await _read(connection, statement, given) if name in LARGE]
            if names:
                found[statement] = names
        await connection.rollback()
    return found


async def _read(connection: AsyncConnection, statement: str, given: Any) -> Sequence[str]:
    if connection.dialect.name == "sqlite":
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        steps = [str(row.detail).split() for row in rows]
        aliases = _aliases(statement)
        return [aliases.get(step[1], step[1]) for step in steps if step[0] == "SCAN"]
    rows = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given)
    plan = rows.scalar_one()
    return list(_unindexed((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))


def _aliases(statement: str) -> dict[str, str]:
    """The tables behind names of the form `turn_1`."""
    words = statement.replace(",", " ").replace("(", " ").replace(")", " ").split()
    at = [place for place, word in enumerate(words) if word.upper() == "AS"]
    return {words[place + 1]: words[place - 1] for place in at}


def _unindexed(node: dict[str, Any]) -> Iterator[str]:
    reads = node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan")
    if reads and "Index Cond" not in node:
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _unindexed(child)
