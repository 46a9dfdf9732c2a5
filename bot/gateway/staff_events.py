"""The live stream of the console: server-sent events, resumable with `Last-Event-ID`."""

import asyncio
import json
from typing import Any, cast

from aiohttp import web

from bot.gateway.desk_feed import Signal
from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, DESK
from bot.gateway.news import ForConsoles, SignedOut
from bot.gateway.staff_access import endpoint, session_alive
from bot.pharmacy.desk import QUEUES, Role
from bot.services import staff_events
from bot.services.audit import Actor
from bot.services.instants import instant
from bot.services.staff_events import Change

routes = web.RouteTableDef()
HEARTBEAT_SECONDS = 5.0
RETRY_MS = 2000
PAGE = 500
HEADERS = {"Content-Type": "text/event-stream; charset=utf-8", "X-Accel-Buffering": "no"}


@endpoint(routes, "GET", "/events", "technician", "pharmacist")
async def events(request: web.Request, actor: Actor) -> web.StreamResponse:
    """Tell a console every change, in order and once, until its session ends."""
    after = _last_event_id(request)
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    stream = _Stream(request, response, actor)
    with request.app[DESK].listen() as signals:
        try:
            await stream.catch_up(after)
            await stream.follow(signals)
        except ConnectionError:
            pass  # the console has gone, and resumes elsewhere
    return response


class _Stream:
    """One open stream. `_cursor` is the last change that the console was told."""

    def __init__(self, request: web.Request, response: web.StreamResponse, actor: Actor) -> None:
        self._request = request
        self._response = response
        self._actor = actor
        self._cursor = 0
        self._own_queues = QUEUES[cast(Role, actor.role)]

    async def catch_up(self, after: int | None) -> None:
        """Greet, then tell what was missed since `after`; None has missed nothing."""
        app = self._request.app[APP]
        async with app.database.read() as session:
            newest = await staff_events.last_id(session)
            kept = after is None or await staff_events.is_kept(session, after)
        self._cursor = newest if after is None or not kept else after
        await self._write("hello", {"last_id": newest, "now": instant(app.now())}, retry=RETRY_MS)
        if not kept:
            await self._write("reset", {})
        while self._cursor < newest:
            async with app.database.read() as session:
                changes = await staff_events.read_after(session, self._cursor, PAGE)
            for change in changes:
                await self._tell(change)
            if not changes:
                break

    async def follow(self, signals: asyncio.Queue[Signal]) -> None:
        """Tell what changes, with a sign of life in between, while the session lives."""
        loop = asyncio.get_running_loop()
        check_at = loop.time() + HEARTBEAT_SECONDS
        while True:
            if loop.time() >= check_at:
                if not await session_alive(self._request):
                    return
                await self._response.write(b": alive\n\n")
                check_at = loop.time() + HEARTBEAT_SECONDS
            try:
                async with asyncio.timeout_at(check_at):
                    signal = await signals.get()
            except TimeoutError:
                continue
            if signal is None:
                return
            if isinstance(signal, SignedOut):
                if signal.username == self._actor.username:
                    check_at = loop.time()
            elif isinstance(signal, ForConsoles):
                data = {"conversation_id": signal.conversation_id, **signal.data}
                await self._write(signal.event, data)
            elif signal.event_id > self._cursor:
                await self._tell(signal)

    async def _tell(self, change: Change) -> None:
        """Tell a change, or only move on when it is about a queue of others."""
        self._cursor = change.event_id
        seen_by = {change.queue, change.data.get("before")} - {None}
        if not seen_by or seen_by & set(self._own_queues):
            await self._write("change", change.public(), id_=change.event_id)

    async def _write(
        self, event: str, data: Any, *, id_: int | None = None, retry: int | None = None
    ) -> None:
        lines = [f"event: {event}", f"data: {json.dumps(data, ensure_ascii=False)}"]
        if id_ is not None:
            lines.insert(0, f"id: {id_}")
        if retry is not None:
            lines.insert(0, f"retry: {retry}")
        await self._response.write("\n".join([*lines, "", ""]).encode())


def _last_event_id(request: web.Request) -> int | None:
    given = request.headers.get("Last-Event-ID") or request.query.get("after")
    if not given:
        return None
    if not given.isdecimal() or len(given) > 18:
        raise ApiError("bad_request")
    return int(given)
