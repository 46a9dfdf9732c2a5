"""PostgreSQL's LISTEN and NOTIFY: short messages between the processes of one database.

They are not kept: who does not listen at that moment does not get them. A pooler that shares
connections between transactions (PgBouncer's transaction mode) does not carry them.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import make_url

NAME = "willcall"
LARGEST = 7900
"""Bytes of one message; PostgreSQL takes less than 8000."""
# A connection that is only listened to would not notice for hours that the other side is gone.
KEEPALIVE: dict[str, Any] = {
    "connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}  # fmt: skip
WORK_SECONDS = 5.0


class Channel:
    """Two connections of its own: one listens, one sends. Raises ConnectionError (an OSError)."""

    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql")
        self._url = plain.render_as_string(hide_password=False)
        self._sending: psycopg.AsyncConnection[Any] | None = None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[AsyncIterator[str]]:
        """The messages from now on, also those that this process sends itself."""
        connection = await self._connect("willcall listens")
        try:
            await _guarded(connection.execute(f"LISTEN {NAME}"))
            yield _messages(connection)
        finally:
            await connection.close()

    async def send(self, messages: Sequence[str]) -> None:
        """Send messages in order, each `LARGEST` bytes at most; they come together or not at all.

        A connection that was lost since the last time is opened anew, once.
        """
        if self._sending is not None:
            with suppress(ConnectionError):
                await self._send(self._sending, messages)
                return
            await self.close()
        self._sending = await self._connect("willcall tells")
        await self._send(self._sending, messages)

    async def close(self) -> None:
        """Close the connection that sends."""
        connection, self._sending = self._sending, None
        if connection is not None:
            await connection.close()

    async def _send(
        self, connection: psycopg.AsyncConnection[Any], messages: Sequence[str]
    ) -> None:
        statement = "SELECT pg_notify(%s, message) FROM unnest(%s::text[]) AS message"
        await _guarded(connection.execute(statement, (NAME, list(messages))))

    async def _connect(self, name: str) -> psycopg.AsyncConnection[Any]:
        return await _guarded(
            psycopg.AsyncConnection.connect(
                self._url, autocommit=True, application_name=name, **KEEPALIVE
            )
        )


async def _messages(connection: psycopg.AsyncConnection[Any]) -> AsyncIterator[str]:
    try:
        async for notice in connection.notifies():
            yield notice.payload
    except psycopg.Error as error:
        raise ConnectionError(type(error).__name__) from None
    raise ConnectionError("the connection was closed")


async def _guarded[Found](work: Awaitable[Found]) -> Found:
    """What `work` finds; without the driver's own texts, which may name the server's address."""
    try:
        async with asyncio.timeout(WORK_SECONDS):
            return await work
    except (psycopg.Error, TimeoutError) as error:
        raise ConnectionError(type(error).__name__) from None
