"""A scripted gateway: the patient interface of the architecture, without anything behind it.

The tests of the widget use it to do what the real one does rarely and never on demand: drop a
socket between `message` and `ack`, refuse sockets, forget a conversation, answer with markup.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

type Event = dict[str, Any]
type Script = Callable[[str], Iterable[Event]]

STATIC = Path(__file__).parents[2] / "bot" / "gateway" / "static"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'self'"
)
ORIGINS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}


@dataclass
class Conversation:
    """What the server knows of one conversation; `seq` is the position in `events`, from 1."""

    conversation_id: str
    secret: str
    locale: str
    events: list[Event] = field(default_factory=list)
    stored: dict[str, int] = field(default_factory=dict)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    # The place in line that a welcome tells now, in place of the one of the last owner event.
    place: int | None = None

    def presence(self) -> Event:
        """Who answers, as the last change of owner told it."""
        names = ("owner", "place", "name", "role", "role_label")
        last = next((event for event in reversed(self.events) if event["kind"] == "owner"), {})
        told = {"owner": "bot"} | {name: last[name] for name in names if name in last}
        return told | ({"place": self.place} if self.place else {})

    def append(self, event: Event) -> Event:
        stored = {"author": "bot", **event, "seq": len(self.events) + 1}
        stored["at"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        self.events.append(stored)
        self.changed.set()
        self.changed = asyncio.Event()
        return stored


class FakeGateway:
    """Serves the real static files and a scripted conversation on a free port of this machine."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.conversations: dict[str, Conversation] = {}
        self.drop_before_ack = 0
        self.ignore_messages = 0
        self.refuse_sockets = False
        self.refuse: dict[str, str] = {}
        self.identity: tuple[int, Event] = (
            200,
            {"verified": True, "until": "2030-01-01T00:00:00Z"},
        )
        self.identity_posts: list[Event] = []
        self.received: list[Event] = []
        self.hellos: list[Event] = []
        self.url = ""
        self._runner = web.AppRunner(self._app(), shutdown_timeout=0.1)

    async def start(self, port: int = 0) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{bound}/"

    async def stop(self) -> None:
        await self.drop_sockets()
        await self._runner.cleanup()

    async def drop_sockets(self) -> None:
        for conversation in self.conversations.values():
            for socket in list(conversation.sockets):
                await socket.close()

    @property
    def only(self) -> Conversation:
        """The conversation of a test that has exactly one."""
        (conversation,) = self.conversations.values()
        return conversation

    async def send(self, frame: Event) -> None:
        """Sends a passing frame to the sockets of the only conversation."""
        await self._frame(self.only, frame)

    async def emit(self, event: Event) -> None:
        """Stores an event in the only conversation and sends it to its sockets."""
        await self._emit(self.only, event)

    async def _emit(self, conversation: Conversation, event: Event) -> None:
        await self._frame(conversation, {"type": "event", **conversation.append(event)})

    async def _frame(self, conversation: Conversation, frame: Event) -> None:
        for socket in list(conversation.sockets):
            if not socket.closed:
                await socket.send_json(frame)
                if frame.get("kind") == "closed":
                    await socket.close()

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._with_headers])
        conversation = "/api/v1/conversations/{id}"
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/widget.js", self._loader),
                web.static("/static", STATIC),
                web.post("/api/v1/conversations", self._create),
                web.get(conversation + "/socket", self._socket),
                web.get(conversation + "/events", self._events),
                web.post(conversation + "/messages", self._post),
                web.post(conversation + "/choices", self._post),
                web.post(conversation + "/feedback", self._feedback),
                web.post(conversation + "/identity", self._identity),
                web.delete(conversation, self._delete),
                web.route("OPTIONS", "/{any:.*}", self._preflight),
            ]
        )
        return app

    @web.middleware
    async def _with_headers(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Any],
    ) -> web.StreamResponse:
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as error:
            response = error
        if not response.prepared:
            response.headers.update({"Content-Security-Policy": POLICY, **ORIGINS})
            response.headers["Cache-Control"] = "no-store"
        return response

    async def _index(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _loader(self, request: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "widget.js")

    async def _preflight(self, request: web.Request) -> web.Response:
        return web.Response(headers={"Access-Control-Allow-Methods": "GET, POST, DELETE"})

    async def _create(self, request: web.Request) -> web.Response:
        locale = (await request.json())["locale"]
        made = Conversation(f"c{len(self.conversations) + 1}", secrets.token_hex(8), locale)
        self.conversations[made.conversation_id] = made
        body = {"conversation_id": made.conversation_id, "secret": made.secret, "locale": locale}
        return web.json_response(body, status=201)

    def _known(self, request: web.Request) -> Conversation | None:
        found = self.conversations.get(request.match_info["id"])
        bearer = request.headers.get("Authorization")
        return found if found and bearer == f"Bearer {found.secret}" else None

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        found = self.conversations.get(request.match_info["id"])
        if self.refuse_sockets or found is None:
            return problem(403 if found else 404, "not_found", "No such conversation.")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        hello = await socket.receive_json()
        self.hellos.append(hello)
        if any(event["kind"] == "closed" for event in found.events):
            ended = {"type": "error", "code": "conversation_ended", "message": "It has ended."}
            await socket.send_json(ended)
            await socket.close(code=4401)
            return socket
        welcome = {"type": "welcome", "conversation_id": found.conversation_id}
        await socket.send_json({**welcome, **found.presence(), "last_seq": len(found.events)})
        for event in found.events[hello["after"] :]:
            await socket.send_json({"type": "event", **event})
        found.sockets.add(socket)
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._on_frame(found, socket, message.json())
        found.sockets.discard(socket)
        return socket

    async def _on_frame(
        self, found: Conversation, socket: web.WebSocketResponse, frame: Event
    ) -> None:
        self.received.append(frame)
        if frame["type"] not in ("message", "choice"):
            return
        client_id = frame["client_id"]
        if code := self.refuse.pop(frame.get("text", ""), None):
            error = {
                "type": "error",
                "code": code,
                "message": "Server words.",
                "client_id": client_id,
            }
            await socket.send_json(error)
            return
        if self.ignore_messages:
            self.ignore_messages -= 1
            return
        known = client_id in found.stored
        seq = self._store(found, frame)
        if self.drop_before_ack:
            self.drop_before_ack -= 1
            await socket.close()
        else:
            await socket.send_json({"type": "ack", "client_id": client_id, "seq": seq})
        if not known:
            await self._answer(found, seq, client_id)

    def _store(self, found: Conversation, frame: Event) -> int:
        client_id = frame["client_id"]
        if client_id not in found.stored:
            text = frame.get("text") or self._label(found, frame["choice_id"])
            event = {"kind": "message", "author": "patient", "text": text, "client_id": client_id}
            found.stored[client_id] = found.append(event)["seq"]
        return found.stored[client_id]

    def _label(self, found: Conversation, choice_id: str) -> str:
        offered = [choice for event in found.events for choice in event.get("choices", [])]
        return next(str(each["label"]) for each in offered if each["choice_id"] == choice_id)

    async def _answer(self, found: Conversation, seq: int, client_id: str) -> None:
        turn = {"type": "turn", "in_reply_to": client_id}
        await self._frame(found, {**turn, "state": "started"})
        for event in self.script(found.events[seq - 1]["text"]):
            await self._emit(found, event)
        await self._frame(found, {**turn, "state": "finished"})

    async def _post(self, request: web.Request) -> web.Response:
        found = self._known(request)
        if found is None:
            return problem(401, "unauthorized", "No such conversation.")
        frame = await request.json()
        self.received.append({"type": "post", **frame})
        known = frame["client_id"] in found.stored
        seq = self._store(found, frame)
        if not known:
            await self._answer(found, seq, frame["client_id"])
        return web.json_response({"seq": seq}, status=202)

    async def _events(self, request: web.Request) -> web.Response:
        found = self._known(request)
        if found is None:
            return problem(404, "not_found", "No such conversation.")
        after, wait = int(request.query["after"]), float(request.query.get("wait", "0"))
        if wait and len(found.events) <= after:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(found.changed.wait(), wait)
        return web.json_response({"events": found.events[after:]})

    async def _feedback(self, request: web.Request) -> web.Response:
        if self._known(request) is None:
            return problem(401, "unauthorized", "No such conversation.")
        self.received.append({"type": "feedback", **await request.json()})
        return web.Response(status=204)

    async def _identity(self, request: web.Request) -> web.Response:
        found = self._known(request)
        if found is None:
            return problem(401, "unauthorized", "No such conversation.")
        self.identity_posts.append(await request.json())
        status, body = self.identity
        if status == 200:
            text = "Thank you. Your identity is confirmed."
            await self._emit(
                found, {"kind": "identity_result", "author": "system", "text": text, **body}
            )
        return web.json_response(body, status=status)

    async def _delete(self, request: web.Request) -> web.Response:
        found = self._known(request)
        if found is None:
            return problem(404, "not_found", "No such conversation.")
        del self.conversations[found.conversation_id]
        return web.Response(status=204)


def problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
