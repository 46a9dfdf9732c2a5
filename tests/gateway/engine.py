"""A stand-in for Rasa that does what a test says, and remembers what it was told."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from bot import directives as d

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
        self.reply: Reply = lambda _text: [say()]
        self.status = 200
        self.delay = 0.0
        self.gate: asyncio.Event | None = None

    def application(self) -> web.Application:
        web_app = web.Application()
        web_app.router.add_post("/webhooks/rest/webhook", self._answer)
        web_app.router.add_get("/status", self._ready)
        return web_app

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.heard.append(body["message"])
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(self.delay)
        answer = self.reply(body["message"])
        if isinstance(answer, str):
            return web.Response(text=answer, status=self.status, content_type="application/json")
        return web.json_response(answer, status=self.status)

    async def _ready(self, _request: web.Request) -> web.Response:
        return web.json_response({"model_file": "x"})
