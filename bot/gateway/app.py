"""Builds the gateway: the only process that patients, staff and the pharmacy system talk to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from weakref import WeakSet

import aiohttp
from aiohttp import WSCloseCode, web

from bot.bootstrap import Application
from bot.gateway import (
    announcer,
    desk_feed,
    feed_api,
    middlewares,
    model_swap,
    pages,
    patient_http,
    patient_socket,
    purging,
    question_sorter,
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
    teaching_jobs,
    turns,
)
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.hub import Hub
from bot.gateway.keys import (
    APP,
    DESK,
    HUB,
    JOBS,
    MESSAGES,
    OPENINGS,
    RASA,
    RUNNER,
    SIGN_INS,
    SOCKETS,
    SWAP,
)
from bot.gateway.limits import SlidingWindow
from bot.gateway.loops import every, finish
from bot.gateway.model_swap import ModelSwap
from bot.gateway.rasa_client import RasaClient
from bot.gateway.teaching_jobs import TeachingJobs
from bot.gateway.turns import TurnRunner
from bot.pharmacy import language

# Rasa handles one conversation at a time each; this bounds what is under way at once.
RASA_CONNECTIONS = 64
PATIENT_SIDE = (pages, patient_http, patient_socket, feed_api)
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
    language.load_model()  # at the start, so that no patient waits for it
    settings = app.settings
    web_app = web.Application(
        middlewares=[middlewares.errors, middlewares.origins],
        client_max_size=settings.max_frame_bytes,
    )
    web_app[APP] = app
    web_app[HUB] = Hub()
    web_app[DESK] = DeskFeed(app, web_app[HUB])
    sockets: WeakSet[web.WebSocketResponse] = WeakSet()
    web_app[SOCKETS] = sockets
    web_app[MESSAGES] = SlidingWindow(settings.messages_per_minute)
    web_app[OPENINGS] = SlidingWindow(settings.new_conversations_per_minute)
    web_app[SIGN_INS] = SlidingWindow(settings.sign_ins_per_minute)
    web_app.on_response_prepare.append(middlewares.add_headers)
    web_app.cleanup_ctx.append(_language_engine)
    web_app.on_shutdown.append(_close_sockets)
    web_app.on_startup.append(staff_upkeep.refuse_demo_accounts)
    for module in (*PATIENT_SIDE, *STAFF_SIDE):
        web_app.add_routes(module.routes)
    web_app.router.add_static("/static", pages.STATIC)
    return web_app


async def _close_sockets(web_app: web.Application) -> None:
    """Say goodbye, so that stopping does not wait for devices; they connect again."""
    sockets = web_app[SOCKETS]
    web_app[DESK].close()
    closing = [ws.close(code=WSCloseCode.GOING_AWAY) for ws in set(sockets)]
    await asyncio.gather(*closing, return_exceptions=True)


async def _language_engine(web_app: web.Application) -> AsyncIterator[None]:
    """The connection to Rasa and the workers that answer turns through it."""
    app = web_app[APP]
    connector = aiohttp.TCPConnector(limit=RASA_CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        web_app[RASA] = RasaClient(
            session,
            app.settings.rasa,
            app.settings.rasa_timeout_seconds,
            app.settings.rasa_token,
        )
        web_app[RUNNER] = TurnRunner(app, web_app[RASA], web_app[HUB])
        web_app[SWAP] = ModelSwap(app, (web_app[RASA],), web_app[RUNNER])
        web_app[JOBS] = TeachingJobs(app, web_app[DESK])
        runner, hub, stopping = web_app[RUNNER], web_app[HUB], asyncio.Event()
        rasa, desk = web_app[RASA], web_app[DESK]
        rounds: tuple[tuple[float, Callable[[], Awaitable[None]]], ...] = (
            (turns.SWEEP_SECONDS, runner.sweep),
            (announcer.SWEEP_SECONDS, lambda: announcer.announce_news(app, hub)),
            (desk_feed.POLL_SECONDS, lambda: desk_feed.give_alerts(app, hub)),
            (desk_feed.FORGET_SECONDS, lambda: desk_feed.forget_old(app)),
            (staff_upkeep.SWEEP_SECONDS, lambda: staff_upkeep.end_expired(web_app)),
            (purging.SWEEP_SECONDS, lambda: purging.purge_due(app)),
            (model_swap.SWEEP_SECONDS, web_app[SWAP].keep),
            (teaching_jobs.SWEEP_SECONDS, web_app[JOBS].sweep),
            (question_sorter.SWEEP_SECONDS, lambda: question_sorter.sort_new(app, rasa, desk)),
        )
        loops = [asyncio.create_task(every(seconds, stopping, work)) for seconds, work in rounds]
        loops.append(asyncio.create_task(web_app[DESK].follow(stopping)))
        yield
        stopping.set()
        web_app[DESK].wake()
        await finish(*loops)
        await web_app[JOBS].close()
        await runner.close()
    await app.database.close()
