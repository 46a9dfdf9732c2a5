"""The demonstration page, the widget's files, and what operators ask for."""

import asyncio
from pathlib import Path

import aiohttp
from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.keys import APP, RASA

routes = web.RouteTableDef()
STATIC = Path(__file__).parent / "static"
CHECK_SECONDS = 3


@routes.get("/")
async def demonstration(_request: web.Request) -> web.FileResponse:
    """A pharmacy's page with the widget on it."""
    return web.FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


@routes.get("/widget.js")
async def widget(_request: web.Request) -> web.FileResponse:
    """The one script that embeds the widget."""
    return web.FileResponse(STATIC / "widget.js")


@routes.get("/healthz")
async def alive(_request: web.Request) -> web.Response:
    """Whether this process runs."""
    return web.json_response({"status": "ok"})


@routes.get("/readyz")
async def ready(request: web.Request) -> web.Response:
    """Whether a message would be answered: database, one Rasa and one action server.

    `each` tells which of several do not answer, in the order of the settings: this page is public,
    their addresses are not.
    """
    app = request.app[APP]
    database, rasas, actions = await asyncio.gather(
        _database_answers(app),
        request.app[RASA].answering(),
        asyncio.gather(*(_action_server_answers(url) for url in app.settings.action_servers)),
    )
    parts = {"database": database, "rasa": any(rasas), "actions": any(actions)}
    each = {"rasa": rasas, "actions": actions}
    status = 200 if all(parts.values()) else 503
    return web.json_response({"ready": status == 200, "parts": parts, "each": each}, status=status)


async def _database_answers(app: Application) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await app.database.ping()
    except (SQLAlchemyError, OSError, TimeoutError):
        return False
    return True


async def _action_server_answers(url: str) -> bool:
    timeout = aiohttp.ClientTimeout(total=CHECK_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{url}/health") as response,
        ):
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
