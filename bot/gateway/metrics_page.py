"""`/metrics`: for the Prometheus of the house, and for nobody who comes from outside."""

import hmac
from collections.abc import AsyncIterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from prometheus_client import (
    CONTENT_TYPE_PLAIN_0_0_4,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from bot.gateway.keys import APP, DESK, METRICS, RASA, SOCKETS, STATE
from bot.gateway.metrics import Metrics
from bot.gateway.metrics_state import Here, State

routes = web.RouteTableDef()

# What a proxy adds: with any of these, the peer is not the one who asks.
FORWARDED = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """The figures in Prometheus' text form; to everybody else there is no such page."""
    if not may_read(request):
        raise web.HTTPNotFound
    await request.app[STATE].refresh()
    body = generate_latest(request.app[METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})


def add_metrics(web_app: web.Application) -> None:
    """Give a gateway its metrics; they count from its start to its end."""
    app, metrics = web_app[APP], Metrics()

    async def rasas_up() -> Mapping[str, bool]:
        names = (urlsplit(url).netloc for url in app.settings.rasas)
        return dict(zip(names, await web_app[RASA].answering(), strict=True))

    here = Here(
        sockets=lambda: sum(not socket.closed for socket in web_app[SOCKETS]),
        consoles=lambda: web_app[DESK].consoles,
    )
    web_app[METRICS] = metrics
    web_app[STATE] = State(app, here, rasas_up)
    for collector in (web_app[STATE], ProcessCollector(registry=None), PlatformCollector(None)):
        metrics.registry.register(collector)
    web_app.cleanup_ctx.append(_counted)


async def _counted(web_app: web.Application) -> AsyncIterator[None]:
    """Have the database tell what its transactions have done."""
    listeners, listener = web_app[APP].database.listeners, web_app[METRICS].occurred
    listeners.append(listener)
    yield
    listeners.remove(listener)


def may_read(request: web.Request) -> bool:
    """Who has the token, or, where no proxy stands in front, who asks from this machine."""
    settings = request.app[APP].settings
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        token = settings.metrics_token
        sent = given.strip().encode("utf-8", "surrogateescape")
        fits = token is not None and hmac.compare_digest(sent, token.encode())
        return fits and scheme.lower() == "bearer"
    if settings.trusted_proxies or any(name in request.headers for name in FORWARDED):
        return False
    return _is_loopback(request.remote)


def _is_loopback(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False
