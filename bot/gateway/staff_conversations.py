"""Conversations at the desk, over HTTP: reading, writing, notes, canned replies, search."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints

from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, DESK, HUB
from bot.gateway.patient_api import ClientId
from bot.gateway.staff_access import endpoint, read_body
from bot.gateway.staff_desk import CODES, Text
from bot.pharmacy.typed_text import is_blank
from bot.services import canned_replies, desk_reading, desk_search, desk_talk
from bot.services.audit import Actor
from bot.services.desk_talk import Noted, Sent

routes = web.RouteTableDef()


class Message(BaseModel):
    """A message to the patient."""

    client_id: ClientId
    text: str


class Note(BaseModel):
    """A private note."""

    text: Text


class Seen(BaseModel):
    """The last event that the person has read."""

    seq: int = Field(ge=0, lt=2**31)


class Search(BaseModel):
    """What is looked for."""

    q: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


@endpoint(routes, "GET", "/conversations/{id}", "technician", "pharmacist")
async def read(request: web.Request, actor: Actor) -> web.Response:
    """A conversation with everything beside it."""
    app = request.app[APP]
    found = await desk_reading.read(
        app.database, actor, request.match_info["id"], _after(request), app.now()
    )
    if not isinstance(found, dict):
        raise ApiError(CODES[type(found)])
    return web.json_response(found)


@endpoint(routes, "POST", "/conversations/{id}/messages", "technician", "pharmacist")
async def send(request: web.Request, actor: Actor) -> web.Response:
    """Write to the patient."""
    app = request.app[APP]
    conversation_id = request.match_info["id"]
    sent = await read_body(request, Message)
    if is_blank(sent.text):
        raise ApiError("text_empty")
    if len(sent.text) > app.settings.max_text_chars:
        raise ApiError("text_too_long", limit=app.settings.max_text_chars)
    done = await desk_talk.send(
        app.database, actor, conversation_id, sent.client_id, sent.text, app.rules, app.now()
    )
    if not isinstance(done, Sent):
        raise ApiError(CODES[type(done)])
    request.app[HUB].log_grew(conversation_id)
    return web.json_response({"seq": done.seq}, status=202)


@endpoint(routes, "POST", "/conversations/{id}/notes", "technician", "pharmacist")
async def note(request: web.Request, actor: Actor) -> web.Response:
    """Write a private note."""
    app = request.app[APP]
    conversation_id = request.match_info["id"]
    sent = await read_body(request, Note)
    if is_blank(sent.text):
        raise ApiError("text_empty")
    done = await desk_talk.note(app.database, actor, conversation_id, sent.text, app.now())
    if not isinstance(done, Noted):
        raise ApiError(CODES[type(done)])
    request.app[HUB].log_grew(conversation_id)
    return web.json_response(done.note, status=201)


@endpoint(routes, "POST", "/conversations/{id}/typing", "technician", "pharmacist")
async def typing(request: web.Request, actor: Actor) -> web.Response:
    """Show the patient that the person who has the conversation writes."""
    app = request.app[APP]
    conversation_id = request.match_info["id"]
    refused = await desk_talk.holds(app.database, actor, conversation_id)
    if refused is not None:
        raise ApiError(CODES[type(refused)])
    request.app[HUB].pass_on(conversation_id, {"type": "typing", "author": "staff"})
    return web.Response(status=204)


@endpoint(routes, "POST", "/conversations/{id}/seen", "technician", "pharmacist")
async def seen(request: web.Request, actor: Actor) -> web.Response:
    """Nothing up to here is unread any more."""
    app = request.app[APP]
    conversation_id = request.match_info["id"]
    sent = await read_body(request, Seen)
    refused = await desk_talk.seen(app.database, actor, conversation_id, sent.seq, app.now())
    if refused is not None:
        raise ApiError(CODES[type(refused)])
    request.app[DESK].pass_on("read", conversation_id)
    return web.Response(status=204)


@endpoint(routes, "GET", "/conversations/{id}/canned", "technician", "pharmacist")
async def canned(request: web.Request, actor: Actor) -> web.Response:
    """Replies that are ready to send, in the patient's language."""
    app = request.app[APP]
    found = await canned_replies.listed(
        app.database, actor, request.match_info["id"], app.rules, app.now()
    )
    if not isinstance(found, list):
        raise ApiError(CODES[type(found)])
    return web.json_response({"replies": found})


@endpoint(routes, "POST", "/search", "technician", "pharmacist")
async def search(request: web.Request, actor: Actor) -> web.Response:
    """Find conversations. Not a GET: addresses end up in logs, where names do not belong."""
    app = request.app[APP]
    sent = await read_body(request, Search)
    return web.json_response(
        {"results": await desk_search.search(app.database, actor, sent.q, app.now())}
    )


def _after(request: web.Request) -> int | None:
    given = request.query.get("after")
    if given is None:
        return None
    if not given.isdecimal() or len(given) > 9:
        raise ApiError("bad_request")
    return int(given)
