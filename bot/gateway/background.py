"""What a gateway does by itself, from its start to its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from bot.gateway import (
    announcer,
    desk_feed,
    model_swap,
    purging,
    question_sorter,
    rasa_pool,
    staff_upkeep,
    teaching_jobs,
    turns,
)
from bot.gateway.between_gateways import BetweenGateways
from bot.gateway.keys import APP, DESK, HUB, JOBS, RASA, RUNNER, SWAP
from bot.gateway.loops import every, finish

Round = tuple[float, Callable[[], Awaitable[None]]]


async def background(web_app: web.Application) -> AsyncIterator[None]:
    """Do it beside the requests; at the end, what is under way is finished in time or left."""
    stopping, told_all = asyncio.Event(), asyncio.Event()
    loops = [
        asyncio.create_task(every(seconds, stopping, work)) for seconds, work in _rounds(web_app)
    ]
    loops.append(asyncio.create_task(web_app[DESK].follow(stopping)))
    others = BetweenGateways(web_app[APP], web_app[HUB], web_app[DESK])
    telling = asyncio.create_task(others.run(told_all))
    yield
    stopping.set()
    web_app[DESK].wake()
    await finish(*loops)
    await web_app[JOBS].close()
    await web_app[RUNNER].close()
    told_all.set()
    await finish(telling)


def _rounds(web_app: web.Application) -> tuple[Round, ...]:
    """What is done again and again, every so many seconds; right also where others do it too."""
    app, hub, desk, rasa = web_app[APP], web_app[HUB], web_app[DESK], web_app[RASA]
    return (
        (turns.SWEEP_SECONDS, web_app[RUNNER].sweep),
        (announcer.SWEEP_SECONDS, lambda: announcer.announce_news(app, hub)),
        (desk_feed.POLL_SECONDS, lambda: desk_feed.give_alerts(app, hub)),
        (desk_feed.FORGET_SECONDS, lambda: desk_feed.forget_old(app)),
        (staff_upkeep.SWEEP_SECONDS, lambda: staff_upkeep.end_expired(web_app)),
        (purging.SWEEP_SECONDS, lambda: purging.purge_due(app)),
        (rasa_pool.PROBE_SECONDS, rasa.probe),
        (model_swap.SWEEP_SECONDS, web_app[SWAP].keep),
        (teaching_jobs.SWEEP_SECONDS, web_app[JOBS].sweep),
        (question_sorter.SWEEP_SECONDS, lambda: question_sorter.sort_new(app, rasa, desk)),
    )
