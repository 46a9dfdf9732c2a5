"""The patient interface over a WebSocket: JSON frames, resumable at any point."""

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from typing import Annotated, Any

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway.addresses import origin_allowed
from bot.gateway.errors import ApiError
from bot.gateway.hub import Signal
from bot.gateway.keys import APP, DESK, HUB, METRICS, SOCKETS
from bot.gateway.loops import finish
from bot.gateway.patient_api import Patient, read
from bot.gateway.patient_http import API
from bot.request_ids import identified, new_request_id
from bot.services import admission, conversations
from bot.services.conversations import Ended
from bot.services.erasure import is_erased
from bot.services.event_log import AT_ONCE, LoggedEvent, read_after
from bot.wording import load

log = logging.getLogger(__name__)
routes = web.RouteTableDef()
# Each socket has a pulse of its own: thousands that connect again together would beat together.
HEARTBEAT_SECONDS = (20.0, 25.0)
# aiohttp drops the connection above this; what is between this and the limit gets an error.
HARD_LIMIT = 1024 * 1024
CLOSED_BY_RULE = 4401


class Hello(BaseModel):
    """The first frame: the secret, and the last event that the device has."""

    model_config = ConfigDict(extra="ignore")

    secret: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    after: int = Field(0, ge=0, lt=2**31)


class Seen(BaseModel):
    """The last event that the widget has shown."""

    seq: int = Field(ge=0, lt=2**31)


@routes.get(API + "/{id}/socket")
async def socket(request: web.Request) -> web.StreamResponse:
    """Serve one socket until either side closes it."""
    settings = request.app[APP].settings
    if not origin_allowed(request, settings.allowed_origins, settings.trusted_proxies):
        raise ApiError("origin_not_allowed")
    ws = web.WebSocketResponse(
        heartbeat=random.uniform(*HEARTBEAT_SECONDS),  # noqa: S311 - no secret
        max_msg_size=HARD_LIMIT,
        compress=False,  # frames are small, and its buffers are 100 KB for each open chat
    )
    if not ws.can_prepare(request).ok:
        raise ApiError("bad_request")
    await ws.prepare(request)
    request.app[SOCKETS].add(ws)
    try:
        patient, after = await _welcome(request, ws)
    except ApiError as error:
        request.app[METRICS].errors.labels(error.code).inc()
        await ws.send_json(error.frame())
        await ws.close(code=CLOSED_BY_RULE, message=error.code.encode())
        return ws
    await _Connection(request, ws, patient, after).serve()
    return ws


async def _welcome(request: web.Request, ws: web.WebSocketResponse) -> tuple[Patient, int]:
    app = request.app[APP]
    try:
        async with asyncio.timeout(app.settings.hello_seconds):
            message = await ws.receive()
    except TimeoutError:
        raise ApiError("hello_timeout") from None
    if message.type is not WSMsgType.TEXT:
        raise ApiError("hello_expected")
    frame = _frame(message.data, app.settings.max_frame_bytes, "en")
    if frame.get("type") != "hello":
        raise ApiError("hello_expected")
    hello = read(Hello, frame, "en", "hello_expected")
    found = await admission.authenticate(
        app.database, request.match_info["id"], hello.secret, app.now()
    )
    if found is None:
        raise ApiError("unauthorized")
    if isinstance(found, Ended):
        raise ApiError("conversation_ended")
    return Patient(request.app, found), hello.after


class _Connection:
    """One welcomed socket. `_cursor` is the last event that the device has or is being sent."""

    def __init__(
        self, request: web.Request, ws: web.WebSocketResponse, patient: Patient, after: int
    ) -> None:
        self._web_app = request.app
        self._ws = ws
        self._patient = patient
        self._conversation_id = patient.standing.conversation_id
        self._cursor = after
        self._own: set[str] = set()
        self._leaving = False

    async def serve(self) -> None:
        """Send what the device lacks, then both ways until it leaves."""
        standing = self._patient.standing
        await self._ws.send_json(
            {
                "type": "welcome",
                "conversation_id": standing.conversation_id,
                "owner": standing.owner,
                "last_seq": standing.last_seq,
                "locale": standing.locale,
                **standing.presence,
            }
        )
        with self._web_app[HUB].listen(self._conversation_id) as signals:
            signals.put_nowait(None)
            sender = asyncio.create_task(self._send(signals))
            try:
                await self._receive()
            finally:
                self._leaving = True
                if not signals.full():
                    signals.put_nowait(None)
                await finish(sender)

    async def _send(self, signals: asyncio.Queue[Signal]) -> None:
        """Send events and passing frames in the order of the signals."""
        try:
            while not self._ws.closed:
                signal = await signals.get()
                if self._leaving:
                    return
                if isinstance(signal, dict):
                    await self._ws.send_json(signal)
                elif signal is not None and signal[0].seq <= self._cursor + 1:
                    await self._send_new(signal)
                else:
                    await self._send_events()
        except (ConnectionError, SQLAlchemyError):
            # The device resumes from where it was, on a new connection.
            await self._ws.close()

    async def _send_events(self) -> None:
        before = self._cursor
        while True:
            async with self._web_app[APP].database.read() as session:
                events = await read_after(session, self._conversation_id, self._cursor)
                nothing_new = not events and self._cursor == before
                erased = nothing_new and await is_erased(session, self._conversation_id)
            if erased:
                await self._end_erased()
            await self._send_new(events)
            if len(events) < AT_ONCE or self._ws.closed:
                return

    async def _send_new(self, events: Sequence[LoggedEvent]) -> None:
        """Send what of the next events the device does not have."""
        for event in events:
            if event.seq <= self._cursor:
                continue
            self._cursor = event.seq
            if event.client_id in self._own:
                # The sender has the message and its acknowledgement.
                self._own.discard(event.client_id)
                continue
            await self._ws.send_json({"type": "event", **event.public()})
        if events and events[-1].kind == "closed":
            await self._ws.close()

    async def _end_erased(self) -> None:
        """Say that the chat has ended: its log, which would say so, is gone."""
        now = self._web_app[APP].now()
        text = load(self._patient.locale).render("closed", now=now)
        closed = LoggedEvent(self._cursor + 1, now, "closed", "system", text, {}, None)
        await self._ws.send_json({"type": "event", **closed.public()})
        await self._ws.close()

    async def _receive(self) -> None:
        limit = self._web_app[APP].settings.max_frame_bytes
        async for message in self._ws:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                break
            client_id = None
            try:
                if message.type is WSMsgType.BINARY:
                    raise ApiError("unsupported_frame", self._patient.locale)
                frame = _frame(message.data, limit, self._patient.locale)
                client_id = _client_id(frame)
                with identified(new_request_id()):
                    await self._take(frame)
            except ApiError as error:
                self._web_app[METRICS].errors.labels(error.code).inc()
                await self._ws.send_json(error.frame(client_id))
            except ConnectionError:
                break
            except Exception as error:
                # Nothing is acknowledged, so the device keeps the message and sends it again.
                log.exception("a frame could not be taken: %s", type(error).__name__)
                away = ApiError("unavailable", self._patient.locale)
                await self._ws.send_json(away.frame(client_id))

    async def _take(self, frame: dict[str, Any]) -> None:
        match frame.get("type"):
            case "message" | "choice" as kind:
                client_id = _client_id(frame)
                if client_id:
                    self._own.add(client_id)
                send = (
                    self._patient.send_message if kind == "message" else self._patient.send_choice
                )
                stored, sent_id = await send(frame)
                if stored.seq == self._cursor + 1:
                    self._cursor = stored.seq  # its own message is all that is new to this device
                if stored.seq <= self._cursor:
                    self._own.discard(sent_id)
                try:
                    await self._ws.send_json(
                        {"type": "ack", "client_id": sent_id, "seq": stored.seq}
                    )
                finally:
                    # It is answered, whether or not the device is still there to be told.
                    self._patient.pass_on(stored, sent_id)
            case "seen":
                seen = read(Seen, frame, self._patient.locale, "bad_request")
                database = self._web_app[APP].database
                await conversations.mark_seen(database, self._conversation_id, seen.seq)
                self._web_app[DESK].pass_on("seen", self._conversation_id, seq=seen.seq)
            case "feedback":
                await self._patient.send_feedback(frame)
            case "typing":
                self._web_app[DESK].pass_on("typing", self._conversation_id)
            case _:
                raise ApiError("unsupported_frame", self._patient.locale)


def _frame(data: str, limit: int, locale: str) -> dict[str, Any]:
    if len(data.encode("utf-8", "surrogatepass")) > limit:
        raise ApiError("frame_too_large", locale)
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        raise ApiError("bad_request", locale) from None
    if not isinstance(frame, dict):
        raise ApiError("bad_request", locale)
    return frame


def _client_id(frame: dict[str, Any]) -> str | None:
    value = frame.get("client_id")
    return value if isinstance(value, str) and len(value) <= 64 else None
