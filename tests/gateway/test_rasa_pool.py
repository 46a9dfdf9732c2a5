"""Several Rasas: who is asked, who is asked instead, and who is left alone."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot import directives as d
from bot.directives import Directive
from bot.gateway.rasa_client import RasaClient
from bot.gateway.rasa_pool import RasaPool
from tests.gateway.engine import Engine, say
from tests.stack import free_port, serving

SECONDS = 4.0

Making = Callable[..., Coroutine[Any, Any, RasaPool]]


@pytest_asyncio.fixture
async def making() -> AsyncIterator[Making]:
    """Makes a pool of these engines; None is a Rasa that does not run."""
    async with AsyncExitStack() as exits:
        session = await exits.enter_async_context(aiohttp.ClientSession())

        async def made(*engines: Engine | None, seconds: float = SECONDS) -> RasaPool:
            urls = []
            for engine in engines:
                port = free_port()
                if engine is not None:
                    await exits.enter_async_context(serving(engine.application(), port))
                urls.append(f"http://127.0.0.1:{port}")
            return RasaPool([RasaClient(session, url, seconds) for url in urls], seconds)

        yield made


def named(name: str) -> Engine:
    """An engine whose answers tell which one it is."""
    engine = Engine()
    engine.reply = lambda _text: [say(name)]
    return engine


def said(spoken: Sequence[Directive] | None) -> str | None:
    """Who has answered."""
    if spoken is None:
        return None
    (only,) = spoken
    assert isinstance(only, d.Say)
    return only.response


async def asked(pool: RasaPool, conversations: int = 60) -> list[str | None]:
    """Who answers in each of so many conversations."""
    return [said(await pool.ask(f"conversation {number}", "hi")) for number in range(conversations)]


async def test_a_conversation_stays_with_one_and_they_are_spread(making: Making) -> None:
    pool = await making(named("one"), named("two"), named("three"))
    first, again = await asked(pool), await asked(pool)
    assert first == again
    assert min(Counter(first)[name] for name in ("one", "two", "three")) >= 8


async def test_only_the_conversations_of_one_that_is_gone_move(making: Making) -> None:
    one, two, three = named("one"), named("two"), named("three")
    pool = await making(one, two, three)
    before = await asked(pool)
    two.status, two.reply = 500, lambda _text: "broken"
    after = await asked(pool)
    assert set(after) == {"one", "three"}
    assert [name for name in before if name != "two"] == [
        now for now, name in zip(after, before, strict=True) if name != "two"
    ]


async def test_one_that_does_not_run_costs_no_answer(
    making: Making, caplog: pytest.LogCaptureFixture
) -> None:
    pool = await making(None, named("two"))
    assert set(await asked(pool)) == {"two"}
    assert caplog.text.count("is avoided") == 1


async def test_one_that_dies_in_the_middle_costs_no_answer(making: Making) -> None:
    met = 0

    async def reset(request: web.Request) -> web.Response:
        nonlocal met
        met += 1
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    pool = await making(named("well"))
    application = web.Application()
    application.router.add_post("/webhooks/rest/webhook", reset)
    async with serving(application, port := free_port()), aiohttp.ClientSession() as session:
        client = RasaClient(session, f"http://127.0.0.1:{port}", SECONDS)
        both = RasaPool([client, pool.engines[0].client], SECONDS)
        assert set(await asked(both)) == {"well"}
    assert met == 1, "the one that has died is left alone"


async def test_one_that_hangs_leaves_time_for_another(making: Making) -> None:
    hung, well = named("hung"), named("well")
    hung.gate = asyncio.Event()
    pool = await making(hung, well, seconds=1.5)
    # Both at once: half of them meet the one that hangs, and all are answered in time.
    answers = await asyncio.gather(*(pool.ask(f"conversation {n}", "hi") for n in range(20)))
    assert {said(answer) for answer in answers} == {"well"}
    met = len(hung.heard)
    assert met > 0
    # From then on nobody waits for it.
    assert set(await asked(pool)) == {"well"}
    assert len(hung.heard) == met


async def test_a_slow_one_may_still_be_the_one_that_answers(making: Making) -> None:
    """The one that was asked as well fails: the first answer, though late, is not thrown away."""
    slow = named("slow")
    slow.delay = 1.0
    pool = await making(slow, None, seconds=2.5)
    answers = await asyncio.gather(*(pool.ask(f"conversation {n}", "hi") for n in range(8)))
    assert {said(answer) for answer in answers} == {"slow"}


async def test_with_all_of_them_silent_nobody_is_asked_twice(making: Making) -> None:
    """More work would help nobody."""
    one, two = named("one"), named("two")
    one.gate, two.gate = asyncio.Event(), asyncio.Event()
    pool = await making(one, two, seconds=0.6)
    assert await pool.ask("first", "hi") is None
    assert len(one.heard) + len(two.heard) == 2
    assert await pool.ask("second", "hi") is None
    assert len(one.heard) + len(two.heard) == 3


async def test_one_that_answers_again_is_asked_again(making: Making) -> None:
    one, two = named("one"), named("two")
    pool = await making(one, two)
    before = await asked(pool)
    one.status, one.reply = 503, lambda _text: "starting"
    assert set(await asked(pool)) == {"two"}
    one.status, one.reply = 200, lambda _text: [say("one")]
    assert set(await asked(pool)) == {"two"}, "nobody has looked yet"
    await pool.probe()
    assert await asked(pool) == before


async def test_one_that_answers_with_nothing_is_not_the_last_word(making: Making) -> None:
    """As when one Rasa cannot reach its action server. It is not avoided for that."""
    empty, well = named("empty"), named("well")
    empty.reply = lambda _text: []
    pool = await making(empty, well)
    assert set(await asked(pool)) == {"well"}
    assert len(empty.heard) > 1
    well.reply = lambda _text: []
    assert set(await asked(pool, 5)) == {None}


async def test_one_alone_is_asked_whatever_it_did_before(making: Making) -> None:
    alone = named("alone")
    pool = await making(alone)
    alone.status, alone.reply = 500, lambda _text: "broken"
    assert await pool.ask("a", "hi") is None
    alone.status, alone.reply = 200, lambda _text: [say("alone")]
    assert said(await pool.ask("a", "hi")) == "alone"


async def test_those_with_the_active_model_are_asked_first(making: Making) -> None:
    old, new = named("old"), named("new")
    old.model, new.model = "old.tar.gz", "new.tar.gz"
    pool = await making(old, new)
    assert set(await asked(pool)) == {"old", "new"}
    assert [engine.serves for engine in await pool.look("new.tar.gz")] == ["old.tar.gz"]
    assert set(await asked(pool)) == {"new"}
    # An answer with the model of yesterday is better than none.
    new.status, new.reply = 500, lambda _text: "broken"
    assert set(await asked(pool)) == {"old"}


async def test_vectors_come_from_one_that_has_them(making: Making) -> None:
    without, has = named("without"), named("has")
    without.meanings = None
    pool = await making(without, None, has)
    found = await pool.vectors(["hours?"])
    assert found is not None
    assert len(found) == 1
    assert await (await making(None)).vectors(["hours?"]) is None


async def test_which_answer(making: Making) -> None:
    pool = await making(named("one"), None)
    assert await pool.answering() == [True, False]
    assert await pool.is_ready()
    assert not await (await making(None, None)).is_ready()
