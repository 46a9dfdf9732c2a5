"""Signing in and out at the desk."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, DESK, METRICS, SIGN_INS
from bot.gateway.staff_access import (
    COOKIE,
    COOKIE_PATH,
    address_of,
    cookie_name,
    current_of,
    endpoint,
    open_endpoint,
    read_body,
    wake,
)
from bot.pharmacy.desk import ROLES
from bot.services import accounts, own_password, sessions, sign_in
from bot.services.accounts import Done
from bot.services.audit import Actor
from bot.services.instants import instant
from bot.services.own_password import Change, Changed, Weak, Wrong
from bot.services.passwords import LONGEST
from bot.services.sign_in import Attempt, CodeRequired, Failed, Locked, SignedIn

routes = web.RouteTableDef()


class SentSignIn(BaseModel):
    """Name, password and, for accounts with a second factor, the code."""

    username: Annotated[str, StringConstraints(max_length=200)]
    password: Annotated[str, StringConstraints(max_length=LONGEST)]
    code: Annotated[str, StringConstraints(max_length=20)] | None = None


@open_endpoint(routes, "POST", "/login")
async def post_login(request: web.Request) -> web.Response:
    """Begin a session; its token is in the cookie and nowhere else."""
    app = request.app[APP]
    if not await request.app[SIGN_INS].allows(address_of(request)):
        raise ApiError("rate_limited")
    sent = await read_body(request, SentSignIn)
    attempt = Attempt(
        sent.username,
        sent.password,
        sent.code,
        address_of(request),
        request.cookies.get(cookie_name(request)),
    )
    outcome = await sign_in.sign_in(app.database, attempt, app.sign_in_rules, app.now(), app.let_go)
    request.app[METRICS].signed_in(outcome)
    match outcome:
        case SignedIn():
            return _signed_in(request, outcome)
        case CodeRequired():
            raise ApiError("code_required")
        case Failed():
            raise ApiError("sign_in_failed")
        case Locked(seconds=seconds):
            raise _locked(seconds)


class SentPassword(BaseModel):
    """The password that one has, and the one to have from now on."""

    present: Annotated[str, StringConstraints(max_length=LONGEST)]
    new: Annotated[str, StringConstraints(max_length=2 * LONGEST)]


@endpoint(routes, "POST", "/password", *ROLES)
async def post_password(request: web.Request, actor: Actor) -> web.Response:
    """Change one's own password; this session goes on, the others of the account end."""
    app = request.app[APP]
    if not await request.app[SIGN_INS].allows(address_of(request)):
        raise ApiError("rate_limited")
    sent = await read_body(request, SentPassword)
    outcome = await own_password.change(
        app.database, current_of(request), Change(sent.present, sent.new), actor,
        app.sign_in_rules, app.now(),
    )  # fmt: skip
    match outcome:
        case Changed():
            request.app[DESK].signed_out(actor.username)
            return web.Response(status=204)
        case Weak(reason=reason):
            raise ApiError(reason)
        case Wrong():
            raise ApiError("password_wrong")
        case Locked(seconds=seconds):
            raise _locked(seconds)


@endpoint(routes, "GET", "/session", *ROLES)
async def get_session(request: web.Request, actor: Actor) -> web.Response:
    """Who is signed in, for a page that was loaded again."""
    current = current_of(request)
    return web.json_response(
        {
            **_person(current.token, actor.username, actor.display_name, actor.role),
            "idle_minutes": request.app[APP].sign_in_rules.idle_minutes,
            "expires_at": instant(current.expires_at),
            "second_factor": current.second_factor,
        }
    )


@endpoint(routes, "POST", "/logout", *ROLES)
async def post_logout(request: web.Request, actor: Actor) -> web.Response:
    """End this session."""
    app = request.app[APP]
    changed = await sessions.sign_out(
        app.database, current_of(request), actor, app.sign_in_rules, app.now(),
        app.let_go,
    )  # fmt: skip
    wake(request.app, changed)
    request.app[DESK].signed_out(actor.username)
    return _signed_out(request)


@endpoint(routes, "POST", "/logout_everywhere", *ROLES)
async def post_logout_everywhere(request: web.Request, actor: Actor) -> web.Response:
    """End every session of one's own account."""
    app = request.app[APP]
    outcome = await accounts.sign_out_everywhere(
        app.database, actor.username, actor, app.now(), app.let_go
    )
    if isinstance(outcome, Done):
        wake(request.app, outcome.conversations)
    request.app[DESK].signed_out(actor.username)
    return _signed_out(request)


def _locked(seconds: int) -> ApiError:
    error = ApiError("sign_in_locked")
    error.retry_after = seconds
    return error


def _signed_in(request: web.Request, outcome: SignedIn) -> web.Response:
    wake(request.app, outcome.conversations)
    body = _person(outcome.token, outcome.username, outcome.display_name, outcome.role)
    response = web.json_response(body)
    name = cookie_name(request)
    response.set_cookie(
        name, outcome.token, path=COOKIE_PATH[name], httponly=True, samesite="Strict",
        secure=name != COOKIE,
    )  # fmt: skip
    return response


def _signed_out(request: web.Request) -> web.Response:
    response = web.Response(status=204)
    name = cookie_name(request)
    # A browser takes no change of a `__Host-` cookie that is not secure.
    response.del_cookie(name, path=COOKIE_PATH[name], secure=name != COOKIE)
    return response


def _person(token: str, username: str, display_name: str, role: str) -> dict[str, Any]:
    return {
        "csrf": sessions.csrf_of(token),
        "role": role,
        "username": username,
        "display_name": display_name,
    }
