"""The pages of the desk: files without any data in them; all they show comes from the interface."""

from aiohttp import web

from bot.gateway.pages import STATIC

routes = web.RouteTableDef()
STAFF = STATIC / "staff"
# A desk that is loaded again runs what is installed now.
HEADERS = {"Cache-Control": "no-cache"}
# Beside the desk itself: what pharmacists review and teach, what the admin looks after.
PAGES = ("questions", "instructions", "models", "numbers", "audit", "accounts", "retention")


@routes.get("/staff")
async def without_slash(_request: web.Request) -> web.Response:
    """What people type."""
    raise web.HTTPMovedPermanently("/staff/")


def _page(address: str, file: str) -> None:
    """Serve a file as the page of an address."""

    @routes.get(address)
    async def page(_request: web.Request) -> web.FileResponse:
        return web.FileResponse(STAFF / file, headers=HEADERS)


_page("/staff/", "index.html")
for _name in PAGES:
    _page(f"/staff/{_name}", f"{_name}.html")
