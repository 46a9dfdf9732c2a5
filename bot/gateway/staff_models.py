"""The language models over HTTP: teaching, switching one on, going back."""

from typing import Any

from aiohttp import web

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, JOBS, SWAP
from bot.gateway.staff_access import endpoint
from bot.services import active_model, model_cards, models, taught
from bot.services.active_model import Model, NotFound, NothingBefore, RefusedByGate
from bot.services.audit import Actor
from bot.services.models import AlreadyTraining
from bot.teaching import reviewed_file
from bot.teaching.installed import ensure_installed, path_of

routes = web.RouteTableDef()


@endpoint(routes, "GET", "/models", "pharmacist")
async def listed(request: web.Request, _actor: Actor) -> web.Response:
    """Every card, newest first."""
    app = request.app[APP]
    cards = await model_cards.listed(app.database)
    settings = {"largest_drop": app.settings.largest_accuracy_drop}
    return web.json_response(cards | {"settings": settings})


@endpoint(routes, "GET", "/models/reviewed.yml", "pharmacist")
async def reviewed(request: web.Request, _actor: Actor) -> web.Response:
    """The approved sentences as a training file."""
    app = request.app[APP]
    async with app.database.read() as session:
        sentences = await taught.approved(session, app.now())
    return web.Response(
        text=reviewed_file.written(reviewed_file.usable(sentences)),
        content_type="application/yaml",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{reviewed_file.FILE_NAME}"',
        },
    )


@endpoint(routes, "GET", "/models/{id}", "pharmacist")
async def one(request: web.Request, _actor: Actor) -> web.Response:
    """A whole card."""
    return await _card(request, _model_id(request))


@endpoint(routes, "POST", "/models/train", "pharmacist")
async def train(request: web.Request, actor: Actor) -> web.Response:
    """Teach: a candidate from what has been approved by now."""
    app = request.app[APP]
    # Its card stands before those that are compared with it.
    await ensure_installed(app, await request.app[SWAP].digest())
    asked = await models.request(app.database, actor, app.now())
    if isinstance(asked, AlreadyTraining):
        raise ApiError("already_training")
    request.app[JOBS].wake()
    request.app[JOBS].tell()
    return await _card(request, asked.model_id, status=202)


@endpoint(routes, "POST", "/models/{id}/activate", "pharmacist")
async def activate(request: web.Request, actor: Actor) -> web.Response:
    """Have a candidate that has passed answer patients."""
    swap = request.app[SWAP]
    async with swap.alone:
        found = await active_model.may_activate(
            request.app[APP].database, _model_id(request), await swap.digest()
        )
        if isinstance(found, NotFound):
            raise ApiError("not_found")
        if isinstance(found, RefusedByGate):
            return _refused(found)
        if not isinstance(found, Model):
            raise ApiError("not_ready")
        return await _switched(request, found, "model_activated", actor)


@endpoint(routes, "POST", "/models/rollback", "pharmacist")
async def rollback(request: web.Request, actor: Actor) -> web.Response:
    """Go back to the model that was active before."""
    app, swap = request.app[APP], request.app[SWAP]
    async with swap.alone:
        found = await active_model.before_this(app.database, await swap.digest())
        if isinstance(found, NothingBefore) or not path_of(app, found).is_file():
            raise ApiError("nothing_before")
        return await _switched(request, found, "model_rolled_back", actor)


async def _switched(request: web.Request, model: Model, action: str, actor: Actor) -> web.Response:
    """Swap first and write then: what is written is what serves. Raises ApiError."""
    app, swap = request.app[APP], request.app[SWAP]
    path = path_of(app, model)
    if not path.is_file():
        raise ApiError("not_ready")
    if not await swap.to(path):
        raise ApiError("engine_unavailable")
    if not await active_model.switch(app.database, model, action, actor, app.now()):
        raise ApiError("not_ready")
    request.app[JOBS].tell()
    return await _card(request, model.model_id)


def _model_id(request: web.Request) -> int:
    """The number in the path. Raises ApiError `not_found`."""
    given = request.match_info["id"]
    if not given.isdecimal() or not given.isascii() or len(given) > 9:
        raise ApiError("not_found")
    return int(given)


def _refused(found: RefusedByGate) -> web.Response:
    error = ApiError("refused_by_gate")
    body: dict[str, Any] = {"error": error.body(), "refusals": found.refusals}
    return web.json_response(body, status=error.status)


async def _card(request: web.Request, model_id: int, status: int = 200) -> web.Response:
    card = await model_cards.one(request.app[APP].database, model_id)
    if card is None:
        raise ApiError("not_found")
    return web.json_response(card, status=status)
