"""A stand-in for Rasa that does what a test says, and remembers what it was told."""

import asyncio
import base64
import re
import struct
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from aiohttp import web

from bot import directives as d

WORD = re.compile(r"\w+")
SIZE = 8  # of the vectors here
Reply = Callable[[str], Any]


def say(response: str = "greet", **values: str) -> dict[str, Any]:
    """One message of Rasa's answer."""
    return {"recipient_id": "x", "custom": d.dump(d.Say(response=response, values=dict(values)))}


def custom(*directives: d.Directive) -> list[dict[str, Any]]:
    """Rasa's answer with these directives."""
    return [{"recipient_id": "x", "custom": d.dump(item)} for item in directives]


class Engine:
    """Rasa's REST channel. `reply` makes the body of an answer from the text it was given."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.request_ids: list[str | None] = []
        self.reply: Reply = lambda _text: [say()]
        self.status = 200
        self.delay = 0.0
        self.gate: asyncio.Event | None = None
        # The file that it serves, those it was told to serve, and what it answers to that.
        self.model = "x"
        self.models: list[str] = []
        self.load_status = 204
        self.load_delay = 0.0
        self.loading = False
        # Whether it answers nobody.
        self.away = False
        # What sentences mean, by their first word that is known here; None is an engine away.
        self.meanings: dict[str, int] | None = {}
        self.asked_vectors: list[str] = []

    def application(self) -> web.Application:
        web_app = web.Application()
        web_app.router.add_post("/webhooks/rest/webhook", self._answer)
        web_app.router.add_get("/status", self._ready)
        web_app.router.add_put("/model", self._load)
        web_app.router.add_post("/willcall/vectors", self._vectors)
        return web_app

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.heard.append(body["message"])
        self.request_ids.append(request.headers.get("X-Request-ID"))
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(self.delay)
        answer = self.reply(body["message"])
        if isinstance(answer, str):
            return web.Response(text=answer, status=self.status, content_type="application/json")
        return web.json_response(answer, status=self.status)

    async def _ready(self, _request: web.Request) -> web.Response:
        if self.away:
            return web.Response(status=503)
        return web.json_response({"model_file": self.model})

    async def _load(self, request: web.Request) -> web.Response:
        self.loading = True
        await asyncio.sleep(self.load_delay)
        self.loading = False
        if self.load_status == 204:
            self.model = PurePath((await request.json())["model_file"]).name
            self.models.append(self.model)
        return web.Response(status=self.load_status)

    async def _vectors(self, request: web.Request) -> web.Response:
        if self.meanings is None:
            return web.Response(status=503)
        texts = (await request.json())["texts"]
        self.asked_vectors += texts
        rows = [self._vector(text) for text in texts]
        data = base64.b64encode(b"".join(struct.pack(f"<{SIZE}f", *row) for row in rows)).decode()
        return web.json_response({"vectors": data, "size": SIZE})

    def _vector(self, text: str) -> list[float]:
        """A direction of its own for each known word; all other sentences share the last one."""
        meanings = self.meanings or {}
        known = [meanings[word] for word in WORD.findall(text.lower()) if word in meanings]
        return [float(at == (known[0] if known else SIZE - 1)) for at in range(SIZE)]
