"""The questions that pharmacists review, over HTTP."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, StringConstraints

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, DESK
from bot.gateway.patient_api import ClientId
from bot.gateway.staff_access import endpoint, read_body, wake
from bot.gateway.staff_desk import escalation_id as number_of
from bot.pharmacy import intents
from bot.pharmacy.taught_sentences import taught
from bot.pharmacy.typed_text import is_blank
from bot.services.audit import Actor
from bot.services.desk_cases import ConversationEnded
from bot.services.questions import answering, listing, reviewing
from bot.services.questions.decisions import (
    AlreadyReviewed,
    Decided,
    Group,
    NotFound,
    One,
    Target,
)

routes = web.RouteTableDef()
ORDERS: dict[str, listing.Order] = {"size": "size", "age": "age"}
ONE, GROUP = "/questions/{id}", "/questions/groups/{id}"
CODES: dict[type, str] = {
    NotFound: "not_found",
    ConversationEnded: "conversation_ended",
    reviewing.UnknownIntent: "unknown_intent",
    reviewing.AlreadyTaught: "already_taught",
    reviewing.NothingLeft: "text_empty",
    reviewing.NotOwn: "forbidden",
}


class Answer(BaseModel):
    """A message to whoever asked."""

    client_id: ClientId
    text: str


class Label(BaseModel):
    """What a question means; `text` is a better wording of it."""

    intent: Annotated[str, StringConstraints(max_length=100)]
    text: str | None = None


@endpoint(routes, "GET", "/questions", "pharmacist")
async def listed(request: web.Request, _actor: Actor) -> web.Response:
    """What is to review, with its groups."""
    return web.json_response(await listing.listed(request.app[APP].database, _wanted(request)))


@endpoint(routes, "GET", "/intents", "pharmacist")
async def known(_request: web.Request, _actor: Actor) -> web.Response:
    """What a message can mean."""
    examples = taught().examples
    rows = [
        {
            "name": intent.name,
            "label": intent.label,
            "clinical": intent.clinical,
            "examples": list(examples.get(intent.name, ())),
        }
        for intent in intents.INTENTS
    ]
    return web.json_response({"intents": rows})


@endpoint(routes, "POST", ONE + "/answer", "pharmacist")
async def answer(request: web.Request, actor: Actor) -> web.Response:
    """Answer one question in its chat."""
    return await _answer(request, actor, One(number_of(request)))


@endpoint(routes, "POST", GROUP + "/answer", "pharmacist")
async def answer_group(request: web.Request, actor: Actor) -> web.Response:
    """Answer the new questions of a group, each in its chat."""
    return await _answer(request, actor, Group(number_of(request)))


@endpoint(routes, "POST", ONE + "/label", "pharmacist")
async def label(request: web.Request, actor: Actor) -> web.Response:
    """Teach what one question means."""
    return await _label(request, actor, One(number_of(request)))


@endpoint(routes, "POST", GROUP + "/label", "pharmacist")
async def label_group(request: web.Request, actor: Actor) -> web.Response:
    """Teach what the new questions of a group mean."""
    return await _label(request, actor, Group(number_of(request)))


@endpoint(routes, "POST", ONE + "/dismiss", "pharmacist")
async def dismiss(request: web.Request, actor: Actor) -> web.Response:
    """Put one question away."""
    return await _dismiss(request, actor, One(number_of(request)))


@endpoint(routes, "POST", GROUP + "/dismiss", "pharmacist")
async def dismiss_group(request: web.Request, actor: Actor) -> web.Response:
    """Put the new questions of a group away."""
    return await _dismiss(request, actor, Group(number_of(request)))


@endpoint(routes, "POST", "/questions/reviews/{id}/undo", "pharmacist")
async def undo(request: web.Request, actor: Actor) -> web.Response:
    """Take a decision of one's own back."""
    app = request.app[APP]
    done = await reviewing.undo(app.database, actor, number_of(request), app.now())
    return await _told(request, done)


async def _answer(request: web.Request, actor: Actor, target: Target) -> web.Response:
    app = request.app[APP]
    sent = await read_body(request, Answer)
    _check_text(request, sent.text)
    done = await answering.answer(
        app.database, actor, target, sent.client_id, sent.text, app.rules, app.now()
    )
    return await _told(request, done)


async def _label(request: web.Request, actor: Actor, target: Target) -> web.Response:
    app = request.app[APP]
    sent = await read_body(request, Label)
    if sent.text is not None:
        _check_text(request, sent.text)
    done = await reviewing.label(
        app.database, actor, target, sent.intent, sent.text, app.rules, app.now()
    )
    return await _told(request, done)


async def _dismiss(request: web.Request, actor: Actor, target: Target) -> web.Response:
    app = request.app[APP]
    return await _told(request, await reviewing.dismiss(app.database, actor, target, app.now()))


def _check_text(request: web.Request, text: str) -> None:
    limit = request.app[APP].settings.max_text_chars
    if is_blank(text):
        raise ApiError("text_empty")
    if len(text) > limit:
        raise ApiError("text_too_long", limit=limit)


async def _told(request: web.Request, done: Any) -> web.Response:
    """The decision with its questions as they are now, or why there is none."""
    if isinstance(done, AlreadyReviewed):
        error = ApiError("already_reviewed", reviewer=done.reviewer)
        body = {"error": {**error.body(), "reviewer": done.reviewer}, "reviewer": done.reviewer}
        return web.json_response(body, status=error.status)
    if not isinstance(done, Decided):
        raise ApiError(CODES[type(done)])
    wake(request.app, done.conversations)
    request.app[DESK].pass_on("questions", "")
    questions = await listing.some(request.app[APP].database, done.questions)
    return web.json_response({"review_id": done.review_id, "questions": questions})


def _wanted(request: web.Request) -> listing.Wanted:
    """What the query asks for. Raises ApiError `bad_request`."""
    query = request.query
    status, kind = query.get("status", "new"), query.get("kind")
    group, order = query.get("group_id"), ORDERS.get(query.get("order", "size"))
    if status not in listing.STATUSES or kind not in (None, *listing.KINDS):
        raise ApiError("bad_request")
    if order is None or not (group is None or (group.isdecimal() and len(group) <= 9)):
        raise ApiError("bad_request")
    return listing.Wanted(status, kind, int(group) if group is not None else None, order)
