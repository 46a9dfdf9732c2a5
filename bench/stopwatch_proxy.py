"""Stands between the gateway and Rasa and notes how long each answer took.

What a turn takes at the gateway itself is the whole turn less this. The way from the gateway to
here counts as the gateway's.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.stack import serving

FORWARDED = ("Content-Type", "X-Request-ID")


@dataclass
class StopwatchProxy:
    """Passes every request on to `target`; `taken` has the seconds of each message, in order."""

    session: aiohttp.ClientSession
    target: str
    url: str
    taken: list[float] = field(default_factory=list)

    async def forward(self, request: web.Request) -> web.Response:
        """One request and its answer."""
        started = time.perf_counter()
        body = await request.read()
        headers = {
            name: value for name, value in request.headers.items() if name in FORWARDED
        }  # fmt: skip
        async with self.session.request(
            request.method, self.target + str(request.rel_url), data=body or None, headers=headers
        ) as response:
            answer = web.Response(
                status=response.status, body=await response.read(),
                content_type=response.content_type,
            )  # fmt: skip
        if request.path.startswith("/webhooks/"):
            self.taken.append(time.perf_counter() - started)
        return answer


@asynccontextmanager
async def stopwatch(
    session: aiohttp.ClientSession, target: str, port: int
) -> AsyncIterator[StopwatchProxy]:
    """The proxy, listening on a port of the loopback interface."""
    proxy = StopwatchProxy(session, target, f"http://127.0.0.1:{port}")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", proxy.forward)
    async with serving(app, port):
        yield proxy
