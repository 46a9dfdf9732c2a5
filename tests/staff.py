"""People at the desk, for tests: accounts with a cheap hash, and consoles that speak as they do.

    await add_staff(database, "paul", "pharmacist")
    async with Console(address) as paul:
        await paul.sign_in("paul")
        status, body = await paul.get("escalations")
        async with paul.stream() as stream:
            change = await stream.next("change")

or, shorter, `async with at_the_desk(database, address, "paul", "pharmacist") as paul:`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
from argon2 import PasswordHasher

from bot.pharmacy.desk import Role
from bot.services import passwords
from bot.storage.database import Database
from bot.storage.staff import StaffAccount
from tests import contract

PASSWORD = "correct horse battery"
COOKIE = "willcall_staff"
CREATED = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# For the whole test process: tests sign in hundreds of times.
passwords.HASHER = CHEAP


async def add_staff(
    database: Database,
    username: str,
    role: Role,
    *,
    password: str = PASSWORD,
    display_name: str | None = None,
    totp_secret: str | None = None,
    demo: bool = False,
) -> None:
    """Write an account, without the audit entry that a real one leaves."""
    async with database.write() as session:
        session.add(
            StaffAccount(
                username=username,
                display_name=display_name or username.title(),
                role=role,
                password_hash=CHEAP.hash(password),
                totp_secret=totp_secret,
                totp_step=0,
                demo=demo,
                created_at=CREATED,
                disabled_at=None,
            )
        )


@dataclass(frozen=True)
class StreamEvent:
    """One server-sent event; `id` is empty for those that are not repeated."""

    event: str
    data: Any
    id: str | None = None


class Stream:
    """An open stream of events: iterate over it, or ask for the next one of a kind."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.seen: list[StreamEvent] = []

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> StreamEvent:
        """The next event; ends when the gateway closes the stream."""
        fields: dict[str, str] = {}
        while line := await self.response.content.readline():
            text = line.decode().rstrip("\r\n")
            if text and not text.startswith(":"):
                name, _, value = text.partition(":")
                value = value.removeprefix(" ")
                fields[name] = f"{fields[name]}\n{value}" if name in fields else value
            elif not text and "data" in fields:
                event = StreamEvent(
                    fields.get("event", "message"), json.loads(fields["data"]), fields.get("id")
                )
                contract.check_stream_event(event.event, event.data)
                self.seen.append(event)
                return event
        raise StopAsyncIteration

    async def next(self, event: str | None = None, seconds: float = 5, **data: Any) -> StreamEvent:
        """The next event of this name with these data, passing over others."""
        async with asyncio.timeout(seconds):
            async for found in self:
                if event in (None, found.event) and data.items() <= found.data.items():
                    return found
        raise AssertionError(f"the stream ended before {event}; it said {self.seen}")

    async def ends(self, seconds: float = 5) -> list[StreamEvent]:
        """What still comes before the gateway closes the stream."""
        async with asyncio.timeout(seconds):
            return [event async for event in self]


class Console:
    """A browser of somebody at the desk, with cookies of its own. Paths follow `/staff/api/`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.csrf = ""
        self.session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.session.close()

    @property
    def cookie(self) -> str | None:
        """The token that the browser holds."""
        for cookie in self.session.cookie_jar:
            if cookie.key == COOKIE:
                return cookie.value
        return None

    async def sign_in(
        self, username: str, password: str = PASSWORD, code: str | None = None, **headers: str
    ) -> tuple[int, Any]:
        """Sign in; status and body. Keeps the CSRF token."""
        body = {"username": username, "password": password} | ({"code": code} if code else {})
        status, answer = await self.request("POST", "login", body, **headers)
        if status == 200:
            self.csrf = answer["csrf"]
        return status, answer

    async def get(
        self, path: str, headers: dict[str, str] | None = None, **query: Any
    ) -> tuple[int, Any]:
        """Read something; status and body."""
        return await self.request("GET", path, query=query, **(headers or {}))

    async def post(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Change something, with the CSRF token unless `headers` brings another one."""
        return await self.request(
            "POST", path, body, **{"X-CSRF-Token": self.csrf, **(headers or {})}
        )

    async def request(
        self, method: str, path: str, body: Any = None, query: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Any request, with these headers and no others; the body as JSON, text or None."""
        async with self.session.request(
            method, f"{self.address}/staff/api/{path}", json=body, params=query, headers=headers
        ) as response:
            if response.content_type == "application/json":
                return response.status, await response.json()
            return response.status, await response.text() or None

    @asynccontextmanager
    async def stream(self, last_event_id: int | str | None = None) -> AsyncIterator[Stream]:
        """The live events."""
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        async with self.session.get(
            f"{self.address}/staff/api/events",
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=None),
        ) as response:
            assert response.status == 200, await response.text()
            yield Stream(response)


@asynccontextmanager
async def at_the_desk(
    database: Database, address: str, username: str, role: Role
) -> AsyncIterator[Console]:
    """A new account, signed in."""
    await add_staff(database, username, role)
    async with Console(address) as console:
        status, body = await console.sign_in(username)
        assert status == 200, body
        yield console
