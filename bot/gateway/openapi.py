"""The description of the interfaces, for programs and for whoever writes them."""

import json
from collections.abc import Iterable
from functools import lru_cache

from aiohttp import web

from bot.gateway.api_schema.document import Route, build
from bot.gateway.keys import APP

routes = web.RouteTableDef()
# What of the settings an integrator has to know.
LIMITS = (
    "max_text_chars",
    "max_frame_bytes",
    "messages_per_minute",
    "new_conversations_per_minute",
    "hello_seconds",
    "verified_minutes",
    "identity_failures_per_conversation",
    "sign_ins_per_minute",
    "max_feed_bytes",
)


@routes.get("/api/v1/openapi.json")
async def get_document(request: web.Request) -> web.Response:
    """This document: the interfaces of patients, staff and the pharmacy's system."""
    settings = request.app[APP].settings
    limits = tuple((name, getattr(settings, name)) for name in LIMITS)
    body = _written(tuple(routes_of(request.app)), limits)
    return web.Response(body=body, content_type="application/json")


def routes_of(web_app: web.Application) -> Iterable[Route]:
    """What the gateway serves."""
    for route in web_app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        yield Route(route.method, path, route.handler.__doc__ or "")


@lru_cache(maxsize=4)
def _written(routes: tuple[Route, ...], limits: tuple[tuple[str, int | float], ...]) -> bytes:
    """Made once: everybody may ask for it, and it takes a while."""
    return json.dumps(build(routes, dict(limits)), ensure_ascii=False).encode()
