"""The patient interface over HTTP: opening, sending, long poll, identity, ending."""

import asyncio
from typing import Any

from aiohttp import web

from bot.gateway.addresses import client_address
from bot.gateway.errors import ApiError
from bot.gateway.keys import APP, HUB, METRICS, OPENINGS, RUNNER
from bot.gateway.patient_api import Patient, SentIdentity, read
from bot.pharmacy.identity_policy import Claim
from bot.services import admission, conversations, identity
from bot.services.conversations import Ended
from bot.services.event_log import LoggedEvent, read_after
from bot.services.instants import to_the_second

routes = web.RouteTableDef()
API = "/api/v1/conversations"
LONGEST_WAIT = 30.0


@routes.post(API)
async def open_conversation(request: web.Request) -> web.Response:
    """Begin a conversation; the secret is told here and nowhere else."""
    app = request.app[APP]
    address = client_address(request, app.settings.trusted_proxies)
    if not await request.app[OPENINGS].allows(address):
        raise ApiError("too_many_conversations")
    data = await body_of(request) if request.can_read_body else {}
    locale = data.get("locale", "en")
    if not isinstance(locale, str):
        raise ApiError("bad_request")
    opened = await admission.open_conversation(app.database, locale, app.now())
    return web.json_response(
        {
            "conversation_id": opened.conversation_id,
            "secret": opened.secret,
            "locale": opened.locale,
        },
        status=201,
    )


@routes.post(API + "/{id}/messages")
async def post_message(request: web.Request) -> web.Response:
    """Take a message without a socket."""
    patient = await authenticated(request)
    stored, client_id = await patient.send_message(await body_of(request))
    patient.pass_on(stored, client_id)
    return web.json_response({"seq": stored.seq}, status=202)


@routes.post(API + "/{id}/choices")
async def post_choice(request: web.Request) -> web.Response:
    """Take a tap on a button without a socket."""
    patient = await authenticated(request)
    stored, client_id = await patient.send_choice(await body_of(request))
    patient.pass_on(stored, client_id)
    return web.json_response({"seq": stored.seq}, status=202)


@routes.get(API + "/{id}/events")
async def get_events(request: web.Request) -> web.Response:
    """The events after `after`; waits up to `wait` seconds for the first one."""
    patient = await authenticated(request)
    after = _number(request, "after", 0)
    wait = min(_number(request, "wait", 0), LONGEST_WAIT)
    conversation_id = patient.standing.conversation_id
    with request.app[HUB].listen(conversation_id) as signals:
        deadline = asyncio.get_running_loop().time() + wait
        events = await _events(request, conversation_id, int(after))
        while not events:
            try:
                async with asyncio.timeout_at(deadline):
                    await signals.get()
            except TimeoutError:
                break
            events = await _events(request, conversation_id, int(after))
    return web.json_response({"events": [event.public() for event in events]})


@routes.post(API + "/{id}/feedback")
async def post_feedback(request: web.Request) -> web.Response:
    """Take whether an answer has helped."""
    patient = await authenticated(request)
    await patient.send_feedback(await body_of(request))
    return web.Response(status=204)


@routes.post(API + "/{id}/identity")
async def post_identity(request: web.Request) -> web.Response:
    """Check the identity form. Every answer takes the same time and tells nothing more."""
    app = request.app[APP]
    loop = asyncio.get_running_loop()
    started = loop.time()
    patient = await authenticated(request)
    conversation_id = patient.standing.conversation_id
    sent = read(SentIdentity, await body_of(request), patient.locale, "identity_invalid")
    claim = Claim.of(sent.last_name, sent.date_of_birth, sent.rx_number, sent.phone)
    result = await identity.check(
        app.database, conversation_id, claim, app.rules, app.limits, app.now()
    )
    request.app[METRICS].identity_checked(result)
    await asyncio.sleep(max(0.0, started + app.settings.identity_seconds - loop.time()))
    request.app[HUB].log_grew(conversation_id)
    request.app[RUNNER].wake(conversation_id)
    match result:
        case identity.Verified(until=until):
            told = to_the_second(until)
            return web.json_response({"verified": True, "until": told})
        case identity.Locked():
            raise ApiError("identity_locked", patient.locale)
        case Ended():
            raise ApiError("conversation_ended", patient.locale)
        case identity.NotConfirmed():
            raise ApiError("identity_not_confirmed", patient.locale)


@routes.delete(API + "/{id}")
async def delete_conversation(request: web.Request) -> web.Response:
    """End the conversation for the patient."""
    app = request.app[APP]
    patient = await authenticated(request)
    await conversations.end(app.database, patient.standing.conversation_id, app.now())
    request.app[HUB].log_grew(patient.standing.conversation_id)
    return web.Response(status=204)


async def authenticated(request: web.Request) -> Patient:
    """The patient whose secret the request carries. Raises ApiError."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise ApiError("unauthorized")
    found = await admission.authenticate(
        request.app[APP].database, request.match_info["id"], secret.strip()
    )
    if found is None:
        raise ApiError("unauthorized")
    if isinstance(found, Ended):
        raise ApiError("conversation_ended")
    return Patient(request.app, found)


async def body_of(request: web.Request) -> dict[str, Any]:
    """The JSON object of the body. Raises ApiError."""
    try:
        data = await request.json()
    except (ValueError, RecursionError, LookupError):
        raise ApiError("bad_request") from None
    if not isinstance(data, dict):
        raise ApiError("bad_request")
    return data


async def _events(request: web.Request, conversation_id: str, after: int) -> list[LoggedEvent]:
    async with request.app[APP].database.read() as session:
        return list(await read_after(session, conversation_id, after))


def _number(request: web.Request, name: str, default: float) -> float:
    try:
        value = float(request.query.get(name, default))
    except ValueError:
        raise ApiError("bad_request") from None
    if not 0 <= value < 2**31:
        raise ApiError("bad_request")
    return value
