"""The pages of the desk: files without any data in them; all they show comes from the interface."""

from aiohttp import web

from bot.gateway.pages import STATIC

routes = web.RouteTableDef()
STAFF = STATIC / "staff"
# A desk that is loaded again runs what is installed now.
HEADERS = {"Cache-Control": "no-cache"}


@routes.get("/staff")
async def without_slash(_request: web.Request) -> web.Response:
    """What people type."""
    raise web.HTTPMovedPermanently("/staff/")


@routes.get("/staff/")
async def desk(_request: web.Request) -> web.FileResponse:
    """The queue, the conversation and the record; the sign-in before them."""
    return web.FileResponse(STAFF / "index.html", headers=HEADERS)


@routes.get("/staff/audit")
async def audit(_request: web.Request) -> web.FileResponse:
    """Who did what, for the admin."""
    return web.FileResponse(STAFF / "audit.html", headers=HEADERS)


@routes.get("/staff/accounts")
async def accounts(_request: web.Request) -> web.FileResponse:
    """Who may sign in, for the admin."""
    return web.FileResponse(STAFF / "accounts.html", headers=HEADERS)
