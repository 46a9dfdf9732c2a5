"""What is kept for how long, a copy of a chat for its patient, and erasing one: for the admin."""

from dataclasses import asdict
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP
from bot.gateway.staff_access import endpoint, read_body, wake
from bot.services import erasure, retention
from bot.services.audit import Actor
from bot.services.erasure import Erased, NotFound
from bot.services.instants import instant

routes = web.RouteTableDef()
Id = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,64}$")]


class Chosen(BaseModel):
    """A chat, by its id."""

    conversation_id: Id


class Erasing(Chosen):
    """A chat that is to be erased, and why."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


@endpoint(routes, "GET", "/retention", "admin")
async def get_retention(request: web.Request, _actor: Actor) -> web.Response:
    """The rules, what is due by them, and the last runs."""
    app = request.app[APP]
    due = await retention.due(app.database, app.keeping, app.now())
    runs = await retention.runs(app.database)
    return web.json_response(
        {
            "rules": asdict(app.keeping),
            "due": asdict(due),
            "runs": [asdict(run) | {"at": instant(run.at)} for run in runs],
        }
    )


@endpoint(routes, "POST", "/retention/export", "admin")
async def post_export(request: web.Request, actor: Actor) -> web.Response:
    """A copy of a chat, as a file."""
    app = request.app[APP]
    sent = await read_body(request, Chosen)
    found = await erasure.export(app.database, actor, sent.conversation_id, app.now())
    if isinstance(found, NotFound):
        raise ApiError("not_found")
    name = f'attachment; filename="conversation-{sent.conversation_id}.json"'
    return web.json_response(found, headers={"Content-Disposition": name})


@endpoint(routes, "POST", "/retention/erase", "admin")
async def post_erase(request: web.Request, actor: Actor) -> web.Response:
    """Erase a chat; a device that is in it sees that it has ended."""
    app = request.app[APP]
    sent = await read_body(request, Erasing)
    conversation_id = sent.conversation_id
    done: Any = await erasure.erase(app.database, actor, conversation_id, sent.reason, app.now())
    if not isinstance(done, Erased):
        raise ApiError("not_found" if isinstance(done, NotFound) else "still_open")
    wake(request.app, [conversation_id])
    return web.Response(status=204)
