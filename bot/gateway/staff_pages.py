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


@routes.get("/staff/questions")
async def questions(_request: web.Request) -> web.FileResponse:
    """What patients asked and got no good answer to, for pharmacists."""
    return web.FileResponse(STAFF / "questions.html", headers=HEADERS)


@routes.get("/staff/instructions")
async def instructions(_request: web.Request) -> web.FileResponse:
    """What patients are told about using a medicine, for pharmacists."""
    return web.FileResponse(STAFF / "instructions.html", headers=HEADERS)


@routes.get("/staff/models")
async def models(_request: web.Request) -> web.FileResponse:
    """What the assistant has learned, for pharmacists."""
    return web.FileResponse(STAFF / "models.html", headers=HEADERS)


@routes.get("/staff/numbers")
async def numbers(_request: web.Request) -> web.FileResponse:
    """How the assistant does, for pharmacists."""
    return web.FileResponse(STAFF / "numbers.html", headers=HEADERS)


@routes.get("/staff/retention")
async def retention(_request: web.Request) -> web.FileResponse:
    """What is kept for how long, for the admin."""
    return web.FileResponse(STAFF / "retention.html", headers=HEADERS)
