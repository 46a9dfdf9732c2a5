"""SQLite for the event loop with one change of thread for a statement.

aiosqlite runs each connection in a thread of its own, and SQLAlchemy asks it there for a cursor, to
execute, to fetch, and to close: four changes of thread, each dearer than the statement. Here all of
that is one piece of work, and the BEGIN of a transaction goes along with its first statement.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util import EMPTY_DICT

Work = Callable[[sqlite3.Connection], sqlite3.Cursor]


class OneStepCursor(AsyncAdapt_aiosqlite_cursor):
    """A cursor that executes and fetches everything in one change of thread."""

    __slots__ = ()

    def __init__(self, adapt_connection: "OneStepConnection") -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._soft_closed_memoized = EMPTY_DICT
        self._rows = deque()
        self._cursor = _NOTHING  # until something has been executed

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        given = () if parameters is None else parameters
        return await self._do(lambda connection: connection.execute(operation, given))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        return await self._do(
            lambda connection: connection.executemany(operation, seq_of_parameters)
        )

    async def _async_soft_close(self) -> None:
        """It is closed already: what it has found is in `_rows`."""

    def close(self) -> None:
        """Drop what was not fetched."""
        self._rows.clear()

    async def _do(self, work: Work) -> Any:
        adapted: Any = self._adapt_connection
        async with adapted._execute_mutex:
            begin, adapted.begun_by = adapted.begun_by, None
            self._cursor, rows = await adapted.in_its_thread(
                lambda connection: _step(connection, begin, work)
            )
        self._rows = deque(rows)
        return self._cursor


class OneStepConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose transactions begin with their first statement."""

    __slots__ = ("begun_by",)

    _cursor_cls: Any = OneStepCursor
    begun_by: str | None

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self.begun_by = None

    def begin(self, statement: str) -> None:
        """Begin a transaction by this statement as soon as there is something to do in it."""
        self.begun_by = statement

    def commit(self) -> None:
        """Commit; a transaction in which nothing was done has not begun."""
        if self.begun_by is None:
            super().commit()
        self.begun_by = None

    def rollback(self) -> None:
        """Roll back, likewise."""
        if self.begun_by is None:
            super().rollback()
        self.begun_by = None

    async def in_its_thread[Result](self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        """Do some work in the thread of this connection. Raises what it raises."""
        driver: Any = self._connection
        # aiosqlite has no public way to do several things at once; its own methods use this one.
        done: Result = await driver._execute(lambda: work(driver._conn))
        return done


class OneStepDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver that `create_async_engine` is given as `module`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> OneStepConnection:
        """A connection, in a thread that has been started."""
        return OneStepConnection(self, super().connect(*arg, **kw)._connection)


class _Nothing:
    """What a cursor knows before it has executed anything."""

    description = None
    rowcount = -1
    lastrowid = None
    arraysize = 1


_NOTHING: Any = _Nothing()


def _step(
    connection: sqlite3.Connection, begin: str | None, work: Work
) -> tuple[sqlite3.Cursor, Sequence[Any]]:
    if begin is not None:
        connection.execute(begin)
    cursor = work(connection)
    rows = cursor.fetchall() if cursor.description else ()
    cursor.close()
    return cursor, rows
