"""Builds the gateway: the only process that patients, staff and the pharmacy system talk to."""

import asyncio
from collections.abc import AsyncIterator
from weakref import WeakSet

import aiohttp
from aiohttp import WSCloseCode, web

from bot.bootstrap import Application
from bot.gateway import (
    access_log,
    beginnings,
    feed_api,
    metrics_page,
    middlewares,
    openapi,
    pages,
    patient_http,
    patient_socket,
    staff_admin,
    staff_audit,
    staff_conversations,
    staff_desk,
    staff_events,
    staff_instructions,
    staff_models,
    staff_numbers,
    staff_pages,
    staff_questions,
    staff_retention,
    staff_sessions,
    staff_upkeep,
)
from bot.gateway.background import background
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.hub import Hub
from bot.gateway.keys import (
    APP,
    DESK,
    HUB,
    JOBS,
    MESSAGES,
    METRICS,
    OPENINGS,
    RASA,
    RUNNER,
    SIGN_INS,
    SOCKETS,
    SWAP,
)
from bot.gateway.limits import RateLimit, SharedCounts
from bot.gateway.model_swap import ModelSwap
from bot.gateway.rasa_client import RasaClient
from bot.gateway.rasa_pool import RasaPool
from bot.gateway.teaching_jobs import TeachingJobs
from bot.gateway.turns import TurnRunner

# Rasa handles one conversation at a time each; this bounds what is under way at once in each.
RASA_CONNECTIONS = 64
PATIENT_SIDE = (pages, metrics_page, openapi, patient_http, patient_socket, feed_api)
STAFF_SIDE = (
    staff_pages,
    staff_sessions,
    staff_desk,
    staff_conversations,
    staff_questions,
    staff_instructions,
    staff_models,
    staff_numbers,
    staff_events,
    staff_admin,
    staff_audit,
    staff_retention,
)


def build_gateway(app: Application) -> web.Application:
    """The web application around the real objects of `app`."""
    beginnings.read_ahead(app)
    settings = app.settings
    web_app = web.Application(
        middlewares=[access_log.accounted, middlewares.errors, middlewares.origins],
        client_max_size=settings.max_frame_bytes,
    )
    web_app[APP] = app
    metrics_page.add_metrics(web_app)
    web_app[HUB] = Hub()
    web_app[DESK] = DeskFeed(app, web_app[HUB])
    sockets: WeakSet[web.WebSocketResponse] = WeakSet()
    web_app[SOCKETS] = sockets
    _add_limits(web_app)
    web_app.on_response_prepare.append(middlewares.add_headers)
    web_app.cleanup_ctx.extend((_language_engine, background))
    web_app.on_shutdown.append(_close_sockets)
    web_app.on_startup.append(staff_upkeep.refuse_demo_accounts)
    for module in (*PATIENT_SIDE, *STAFF_SIDE):
        web_app.add_routes(module.routes)
    web_app.router.add_static("/static", pages.STATIC)
    return web_app


def _add_limits(web_app: web.Application) -> None:
    """What may be done so often a minute, over all gateways or in this one."""
    settings = web_app[APP].settings
    shared = SharedCounts(settings.redis_url) if settings.redis_url else None
    web_app[MESSAGES] = RateLimit("messages", settings.messages_per_minute, shared)
    web_app[OPENINGS] = RateLimit("openings", settings.new_conversations_per_minute, shared)
    web_app[SIGN_INS] = RateLimit("sign_ins", settings.sign_ins_per_minute, shared)
    if shared is not None:

        async def close(_web_app: web.Application) -> None:
            await shared.close()

        web_app.on_cleanup.append(close)


async def _close_sockets(web_app: web.Application) -> None:
    """Say goodbye, so that stopping does not wait for devices; they connect again."""
    sockets = web_app[SOCKETS]
    web_app[DESK].close()
    closing = [ws.close(code=WSCloseCode.GOING_AWAY) for ws in set(sockets)]
    await asyncio.gather(*closing, return_exceptions=True)


async def _language_engine(web_app: web.Application) -> AsyncIterator[None]:
    """The connection to Rasa and the workers that answer turns through it."""
    app = web_app[APP]
    seconds, token = app.settings.rasa_timeout_seconds, app.settings.rasa_token
    connector = aiohttp.TCPConnector(limit=0, limit_per_host=RASA_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        count = web_app[METRICS].rasa_asked
        clients = [RasaClient(session, url, seconds, token, count) for url in app.settings.rasas]
        web_app[RASA] = RasaPool(clients, seconds)
        web_app[RUNNER] = TurnRunner(app, web_app[RASA], web_app[HUB], web_app[METRICS])
        web_app[SWAP] = ModelSwap(app, web_app[RASA], web_app[RUNNER])
        web_app[JOBS] = TeachingJobs(app, web_app[DESK])
        yield
    await app.database.close()
