"""Around every request: its id, one line about it in the log, and its figures.

The line has the route's pattern, never the path: paths carry ids, and queries what was looked for.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.gateway.errors import ERROR_CODE
from bot.gateway.keys import APP, METRICS
from bot.gateway.metrics import METHODS, OTHER
from bot.logs import fields
from bot.request_ids import HEADER, identified, new_request_id, taken

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

REQUEST_ID = web.RequestKey("request_id", str)
# nginx's status for a client that has gone before the answer.
CLIENT_GONE = 499
# Asked again and again by machines: a line each would bury the others.
PROBES = ("/healthz", "/readyz", "/metrics")
SIDES = (("/api/", "patient"), ("/staff/api/", "staff"), ("/feed/", "feed"))


@web.middleware
async def accounted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request its id, and leave a line and figures behind."""
    request_id = _request_id(request)
    request[REQUEST_ID] = request_id
    started = time.perf_counter()
    with identified(request_id):
        try:
            response = await handler(request)
        except asyncio.CancelledError:
            _account(request, CLIENT_GONE, None, time.perf_counter() - started)
            raise
        code = response.get(ERROR_CODE)
        _account(request, response.status, code, time.perf_counter() - started)
        return response


def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Tell the client the id, also where the answer begins before the handler has ended."""
    if REQUEST_ID in request:
        response.headers[HEADER] = request[REQUEST_ID]


def _request_id(request: web.Request) -> str:
    """The one that a trusted proxy has given, or a new one."""
    if request.app[APP].settings.trusted_proxies:
        return taken(request.headers.get(HEADER))
    return new_request_id()


def _account(request: web.Request, status: int, code: str | None, seconds: float) -> None:
    method = request.method if request.method in METHODS else OTHER
    route = _route(request)
    level = logging.DEBUG if route in PROBES else logging.INFO
    if log.isEnabledFor(level):
        ms = round(seconds * 1000, 1)
        told = fields(method=method, route=route, status=status, ms=ms, error=code)
        log.log(level, "request", extra=told)
    metrics = request.app[METRICS]
    metrics.requests.labels(method, route, str(status)).inc()
    if code is not None:
        metrics.errors.labels(code).inc()
    if not _lasts(request, status):
        metrics.request_seconds.labels(_side(route)).observe(seconds)


def _route(request: web.Request) -> str:
    """`/api/v1/conversations/{id}/events`; `other` for what there is no route for."""
    resource = request.match_info.route.resource
    return OTHER if resource is None else resource.canonical


def _side(route: str) -> str:
    if route in PROBES:
        return "probes"
    return next((side for start, side in SIDES if route.startswith(start)), "pages")


def _lasts(request: web.Request, status: int) -> bool:
    """Whether a request is open as long as somebody wants: its time says nothing."""
    if status in (101, CLIENT_GONE) or "wait" in request.query:
        return True
    return _route(request) == "/staff/api/events"
