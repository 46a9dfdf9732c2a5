"""The accounts of staff, for the admin."""

from typing import Any

from aiohttp import web

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, DESK
from bot.gateway.staff_access import endpoint, wake
from bot.services import account_list, accounts
from bot.services.account_list import Account
from bot.services.accounts import Done, OwnAccount, Unknown, is_username
from bot.services.audit import Actor
from bot.services.instants import instant

routes = web.RouteTableDef()
ACCOUNT = "/accounts/{username}"


@endpoint(routes, "GET", "/accounts", "admin")
async def get_accounts(request: web.Request, _actor: Actor) -> web.Response:
    """Every account, without its secrets."""
    app = request.app[APP]
    found = await account_list.listed(app.database, app.sign_in_rules, app.now())
    return web.json_response({"accounts": [_public(account) for account in found]})


@endpoint(routes, "POST", f"{ACCOUNT}/disable", "admin")
async def post_disable(request: web.Request, actor: Actor) -> web.Response:
    """Shut an account; whoever uses it is out at once."""
    app = request.app[APP]
    outcome = await accounts.disable(app.database, _username(request), actor, app.now(), app.let_go)
    return await _answer(request, outcome)


@endpoint(routes, "POST", f"{ACCOUNT}/enable", "admin")
async def post_enable(request: web.Request, actor: Actor) -> web.Response:
    """Open an account again."""
    app = request.app[APP]
    return await _answer(
        request, await accounts.enable(app.database, _username(request), actor, app.now())
    )


@endpoint(routes, "POST", f"{ACCOUNT}/unlock", "admin")
async def post_unlock(request: web.Request, actor: Actor) -> web.Response:
    """Forget the failed sign-ins of an account."""
    app = request.app[APP]
    return await _answer(
        request, await accounts.unlock(app.database, _username(request), actor, app.now())
    )


@endpoint(routes, "POST", f"{ACCOUNT}/logout", "admin")
async def post_logout_account(request: web.Request, actor: Actor) -> web.Response:
    """End the sessions of an account."""
    app = request.app[APP]
    outcome = await accounts.sign_out_everywhere(
        app.database, _username(request), actor, app.now(), app.let_go
    )
    return await _answer(request, outcome)


def _username(request: web.Request) -> str:
    """The name in the address, if an account could have it. Raises ApiError."""
    username = request.match_info["username"]
    if not is_username(username):
        raise ApiError("not_found")
    return username


async def _answer(request: web.Request, outcome: Done | Unknown | OwnAccount) -> web.Response:
    """The account as it is now. Raises ApiError."""
    app = request.app[APP]
    match outcome:
        case Unknown():
            raise ApiError("not_found")
        case OwnAccount():
            raise ApiError("own_account")
        case Done(conversations=changed):
            wake(request.app, changed)
            request.app[DESK].signed_out(_username(request))
    found = await account_list.found(app.database, _username(request), app.sign_in_rules, app.now())
    if found is None:
        raise ApiError("not_found")
    return web.json_response(_public(found))


def _public(account: Account) -> dict[str, Any]:
    return {
        "username": account.username,
        "display_name": account.display_name,
        "role": account.role,
        "second_factor": account.second_factor,
        "demo": account.demo,
        "created_at": instant(account.created_at),
        "disabled_at": instant(account.disabled_at) if account.disabled_at else None,
        "locked": account.locked,
        "sessions": account.sessions,
    }
