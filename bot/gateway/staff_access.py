"""Who may use the staff interface: the one door that every request of a console passes.

Every endpoint names its roles here and nowhere else; a test walks through all of them.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from bot.gateway.addresses import client_address, origin_allowed, over_https
from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, HUB
from bot.gateway.patient_api import read
from bot.gateway.patient_http import body_of
from bot.pharmacy import typed_text
from bot.pharmacy.desk import Role
from bot.services import sessions
from bot.services.audit import Actor, record
from bot.services.sessions import Current

STAFF = "/staff/api"
COOKIE = "willcall_staff"
# Over TLS. Browsers take a cookie of this prefix only from this very host, never from a
# neighbouring one, and only for all of its paths.
SECURE_COOKIE = f"__Host-{COOKIE}"
COOKIE_PATH = {COOKIE: "/staff", SECURE_COOKIE: "/"}
READING = ("GET", "HEAD")
_CURRENT = web.RequestKey("staff_session", Current)

OpenHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request, Actor], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Endpoint:
    """One endpoint; `path` is the whole. Without roles it is open to everybody: signing in."""

    method: str
    path: str
    roles: frozenset[Role]


ENDPOINTS: list[Endpoint] = []


def endpoint(
    routes: web.RouteTableDef, method: str, path: str, *roles: Role
) -> Callable[[Handler], Handler]:
    """Register a handler for signed-in people of these roles; `path` follows `/staff/api`."""
    if not roles:
        raise ValueError(f"{method} {path} names no role")
    entry = Endpoint(method, STAFF + path, frozenset(roles))

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            _check_origin(request)
            return await handler(request, await _admitted(request, entry))

        _register(routes, entry, guarded)
        return handler

    return decorate


def open_endpoint(
    routes: web.RouteTableDef, method: str, path: str
) -> Callable[[OpenHandler], OpenHandler]:
    """Register a handler for people who are not signed in."""
    entry = Endpoint(method, STAFF + path, frozenset())

    def decorate(handler: OpenHandler) -> OpenHandler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            _check_origin(request)
            return await handler(request)

        _register(routes, entry, guarded)
        return handler

    return decorate


async def session_alive(request: web.Request) -> bool:
    """Whether the session of a long request still lives; its idle time goes on."""
    return await _session(request, active=False) is not None


def current_of(request: web.Request) -> Current:
    """The session with which a request was admitted."""
    return request[_CURRENT]


def cookie_name(request: web.Request) -> str:
    """The cookie of a session, as the browser is connected."""
    over_tls = over_https(request, request.app[APP].settings.trusted_proxies)
    return SECURE_COOKIE if over_tls else COOKIE


def address_of(request: web.Request) -> str:
    """The address for the audit."""
    return client_address(request, request.app[APP].settings.trusted_proxies)


async def read_body[Body: BaseModel](request: web.Request, kind: type[Body]) -> Body:
    """The body as `kind`. Raises ApiError `bad_request`."""
    data = await body_of(request)
    return read(kind, {name: storable(value) for name, value in data.items()}, "en", "bad_request")


def wake(web_app: web.Application, conversations: Iterable[str]) -> None:
    """Have the devices of conversations read what has changed in them."""
    for conversation_id in conversations:
        web_app[HUB].log_grew(conversation_id)


def _register(routes: web.RouteTableDef, entry: Endpoint, handler: OpenHandler) -> None:
    routes.route(entry.method, entry.path)(handler)
    ENDPOINTS.append(entry)


def _check_origin(request: web.Request) -> None:
    """Refuse what another site's page has sent. Programs that are no browsers say no origin."""
    if request.method in READING:
        return
    proxies = request.app[APP].settings.trusted_proxies
    cross_site = request.headers.get("Sec-Fetch-Site") == "cross-site"
    if cross_site or not origin_allowed(request, (), proxies):
        raise ApiError("origin_not_allowed")


async def _admitted(request: web.Request, entry: Endpoint) -> Actor:
    """The person who may do this. Raises ApiError."""
    current = await _session(request, active=request.headers.get("X-Background") != "1")
    if current is None:
        raise ApiError("sign_in_required")
    given = request.headers.get("X-CSRF-Token", "")
    if request.method not in READING and not sessions.csrf_fits(current.token, given):
        raise ApiError("csrf_failed")
    actor = current.actor(address_of(request))
    if current.role not in entry.roles:
        await _note_denial(request, actor, entry)
        raise ApiError("forbidden")
    request[_CURRENT] = current
    return actor


async def _session(request: web.Request, *, active: bool) -> Current | None:
    app = request.app[APP]
    token = request.cookies.get(cookie_name(request))
    if not token:
        return None
    return await sessions.current(app.database, token, app.sign_in_rules, app.now(), active=active)


async def _note_denial(request: web.Request, actor: Actor, entry: Endpoint) -> None:
    app = request.app[APP]
    async with app.database.write() as session:
        record(
            session, "denied", app.now(), actor=actor, outcome="forbidden",
            method=entry.method, path=entry.path,
        )  # fmt: skip


def storable(value: Any) -> Any:
    """A value of a body; a text without what no database stores."""
    return typed_text.storable(value) if isinstance(value, str) else value
