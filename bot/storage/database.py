"""Opens the database: one engine for SQLite (WAL) or PostgreSQL, and its transactions."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util import await_only

from bot.storage.plain_rows import PlainRowsSession
from bot.storage.sqlite_driver import OneStepDriver

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
WRITES = "willcall_writes"
# Where a session keeps what `listeners` are told after its commit.
OCCURRED = "occurred"
BUSY_TIMEOUT = 15
"""Seconds that SQLite waits for another process's lock."""
RETRY_SECONDS = 0.01


class Database:
    """The engine, with `read()` and `write()` transactions as context managers."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        self.url = url
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend not in DRIVERS:
            raise ValueError(f"{backend} is not supported: use sqlite or postgresql")
        self.backend = backend
        options: dict[str, Any] = {
            "pool_size": pool_size, "max_overflow": 0, "pool_pre_ping": backend != "sqlite",
        }  # fmt: skip
        if backend == "postgresql":
            options["connect_args"] = {"connect_timeout": 5}
        else:
            options["module"] = OneStepDriver()
        self.engine: AsyncEngine = create_async_engine(
            parsed.set(drivername=DRIVERS[backend]), **options
        )
        self._writing = self.engine.execution_options(**{WRITES: True})
        # Told what a transaction has noted, once it is committed. They must not raise.
        self.listeners: list[Callable[[Sequence[Any]], None]] = []
        self._writers: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        if backend == "sqlite":
            _prepare_sqlite(self.engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A consistent view of the records; nothing is kept of what it changes."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        opened = AsyncSession(
            self._writing, sync_session_class=PlainRowsSession, expire_on_commit=False
        )
        async with self._in_turn(), opened as session, session.begin():
            yield session
            await session.flush()  # a commit flushes by itself only what has changed
        if occurred := session.info.get(OCCURRED):
            for listener in self.listeners:
                listener(occurred)

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        """Have the writers of this process wait for each other here: SQLite has one at a time.

        SQLite itself would have each sleep and look again, for a tenth of a second in the end, and
        let in whoever looks first. Raises OperationalError as SQLite does.
        """
        if self.backend != "sqlite":
            yield
            return
        loop = asyncio.get_running_loop()
        if loop not in self._writers:
            self._writers = {loop: asyncio.Lock()}
        writing = self._writers[loop]
        try:
            async with asyncio.timeout(BUSY_TIMEOUT):
                await writing.acquire()
        except TimeoutError:
            locked = sqlite3.OperationalError("database is locked")
            raise OperationalError("BEGIN IMMEDIATE", None, locked) from None
        try:
            yield
        finally:
            writing.release()

    def connections(self) -> Mapping[str, int]:
        """How many connections this process has, in use and idle."""
        pool = self.engine.pool
        if not isinstance(pool, QueuePool):
            return {}
        return {"in_use": pool.checkedout(), "idle": pool.checkedin()}

    async def ping(self) -> None:
        """Raise what the driver raises when the database cannot answer."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Make SQLite durable, concurrent and strict; take the write lock when writing begins.

    Without BEGIN IMMEDIATE a transaction that reads before it writes fails as soon as
    another process has written in between.
    """

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: ConnectionPoolEntry) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT * 1000}")
        _use_wal(cursor)
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get(WRITES, False)
        driver: Any = connection.connection.dbapi_connection  # a OneStepConnection
        driver.begin("BEGIN IMMEDIATE" if writes else "BEGIN")


def _use_wal(cursor: Any) -> None:
    """Switch to the write-ahead log, which needs the file alone for a moment.

    SQLite's busy timeout does not cover this switch: two processes that open a new file
    together would meet "database is locked" at once.
    """
    for _ in range(round(BUSY_TIMEOUT / RETRY_SECONDS)):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        await_only(asyncio.sleep(RETRY_SECONDS))
    cursor.execute("PRAGMA journal_mode = WAL")
