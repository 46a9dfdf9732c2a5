"""What people do with escalations, over HTTP."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, StringConstraints, field_validator

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, HUB
from bot.gateway.staff_access import endpoint, read_body
from bot.pharmacy.desk import OUTCOMES
from bot.services import desk, desk_closing, desk_views
from bot.services.audit import Actor
from bot.services.desk_cases import (
    AlreadyClaimed,
    AlreadyClosed,
    ConversationEnded,
    Done,
    Forbidden,
    NotFound,
    NotHolder,
)
from bot.services.instants import instant

routes = web.RouteTableDef()
LONGEST_NOTE = 2000
CODES: dict[type, str] = {
    NotFound: "not_found",
    Forbidden: "forbidden",
    AlreadyClosed: "already_closed",
    NotHolder: "not_holder",
    ConversationEnded: "conversation_ended",
    desk.StaysWithPharmacist: "stays_with_pharmacist",
    desk.SameQueue: "same_queue",
}
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NOTE)]


class Transfer(BaseModel):
    """Where an escalation goes, and why."""

    queue: Literal["counter", "pharmacist"]
    reason: Text = ""


class Close(BaseModel):
    """How an escalation ended."""

    outcome: str
    note: Text = ""

    @field_validator("outcome")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in OUTCOMES:
            raise ValueError("is not an outcome")
        return value


@endpoint(routes, "GET", "/escalations", "technician", "pharmacist")
async def listed(request: web.Request, actor: Actor) -> web.Response:
    """The queues of the person, urgent first, then by due time."""
    app = request.app[APP]
    state = request.query.get("state")
    if state not in (None, "waiting", "claimed", "closed"):
        raise ApiError("bad_request")
    mine = request.query.get("mine") == "1"
    now = app.now()
    async with app.database.read() as session:
        rows = await desk_views.listed(session, actor, state, mine=mine, now=now)
    return web.json_response({"escalations": rows, "now": instant(now)})


@endpoint(routes, "POST", "/escalations/{id}/claim", "technician", "pharmacist")
async def claim(request: web.Request, actor: Actor) -> web.Response:
    """Take the conversation; of several at once, exactly one gets it."""
    return await _act(request, actor, desk.claim)


@endpoint(routes, "POST", "/escalations/{id}/release", "technician", "pharmacist")
async def release(request: web.Request, actor: Actor) -> web.Response:
    """Let go of the conversation: it waits again."""
    return await _act(request, actor, desk.release)


@endpoint(routes, "POST", "/escalations/{id}/transfer", "technician", "pharmacist")
async def transfer(request: web.Request, actor: Actor) -> web.Response:
    """Pass it to the other queue."""
    app = request.app[APP]
    number = escalation_id(request)
    sent = await read_body(request, Transfer)
    done = await desk.transfer(
        app.database, actor, number, sent.queue, sent.reason, app.rules, app.now()
    )
    return await _answer(request, done)


@endpoint(routes, "POST", "/escalations/{id}/hand_back", "technician", "pharmacist")
async def hand_back(request: web.Request, actor: Actor) -> web.Response:
    """Let the assistant answer again."""
    return await _act(request, actor, desk_closing.hand_back)


@endpoint(routes, "POST", "/escalations/{id}/close", "technician", "pharmacist")
async def close(request: web.Request, actor: Actor) -> web.Response:
    """Close it with an outcome."""
    app = request.app[APP]
    number = escalation_id(request)
    sent = await read_body(request, Close)
    done = await desk_closing.close(
        app.database, actor, number, sent.outcome, sent.note, app.rules, app.now()
    )
    return await _answer(request, done)


def escalation_id(request: web.Request) -> int:
    """The number in the path. Raises ApiError `not_found`."""
    given = request.match_info["id"]
    if not given.isdecimal() or len(given) > 9:
        raise ApiError("not_found")
    return int(given)


async def _act(
    request: web.Request, actor: Actor, act: Callable[..., Awaitable[Any]]
) -> web.Response:
    """Do what needs nothing but the escalation."""
    app = request.app[APP]
    done = await act(app.database, actor, escalation_id(request), app.rules, app.now())
    return await _answer(request, done)


async def _answer(request: web.Request, done: Any) -> web.Response:
    """The escalation as it is now, or the error that says why nothing was done."""
    if isinstance(done, AlreadyClaimed):
        error = ApiError("already_claimed", holder=done.holder)
        body = {"error": {**error.body(), "holder": done.holder}, "holder": done.holder}
        return web.json_response(body, status=error.status)
    if not isinstance(done, Done):
        raise ApiError(CODES[type(done)])
    request.app[HUB].log_grew(done.conversation_id)
    app = request.app[APP]
    return web.json_response(await desk_views.one(app.database, done.escalation_id, app.now()))
