"""What gateways do by themselves, done by two of them at once: everything happens once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest_asyncio
from sqlalchemy import select

from bot.bootstrap import Application, build
from bot.gateway import announcer, desk_feed, purging, question_sorter
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.hub import Hub
from bot.gateway.metrics import Metrics
from bot.gateway.rasa_client import RasaClient
from bot.gateway.rasa_pool import RasaPool
from bot.gateway.turns import TurnRunner
from bot.pharmacy.identity_policy import Claim
from bot.services import active_model, desk, identity, sessions
from bot.services.audit import Actor
from bot.services.conversations import take_message
from bot.services.desk_cases import Done
from bot.settings import Settings
from bot.storage.conversations import Escalation, Event, ReadyNotice, Turn
from bot.storage.database import Database
from bot.storage.staff import AuditEntry, StaffEvent
from bot.storage.teaching import Question, QuestionGroup
from tests.feed import examples
from tests.gateway.engine import Engine, say
from tests.services import test_retention as retention
from tests.services.chats import LIMITS, RECORDS, RULES, SATURDAY, Chat, opened, prove, records
from tests.stack import Clock, free_port, serving
from tests.staff import add_staff

CHATS = 12
PAUL = Actor("paul", "Paul", "pharmacist")

type Work = Callable[["Gateway"], Awaitable[Any]]


@dataclass
class Gateway:
    """What one of the two works with."""

    app: Application
    hub: Hub
    desk: DeskFeed
    grown: Counter[str]


@dataclass
class Two:
    """Two gateways of one database, and its time."""

    gateways: tuple[Gateway, Gateway]
    database: Database
    clock: Clock

    async def at_once(self, work: Work, rounds: int = 5) -> None:
        """Have both do something at the same time, again and again."""
        for _ in range(rounds):
            await asyncio.gather(*(work(gateway) for gateway in self.gateways))


@pytest_asyncio.fixture
async def two(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Two]:
    clock = Clock(SATURDAY)
    gateways = (gateway(database_url, tmp_path, clock), gateway(database_url, tmp_path, clock))
    yield Two(gateways, database, clock)
    for each in gateways:
        await each.app.database.close()


def gateway(url: str, folder: Path, clock: Clock) -> Gateway:
    settings = Settings(data_dir=folder, keep_transcripts_days=30, keep_questions_days=60)
    app = build(settings, clock, Database(url))
    hub, grown = Hub(), Counter[str]()
    hub.tell_others(lambda news: grown.update([str(getattr(news, "conversation_id", ""))]))
    return Gateway(app, hub, DeskFeed(app, hub), grown)


async def chats(database: Database) -> list[Chat]:
    """Some conversations of people who are verified."""
    found = []
    for _ in range(CHATS):
        chat = await opened(database)
        await prove(chat, "P1")
        found.append(chat)
    return found


async def numbers(database: Database, column: Any, *where: Any) -> Counter[Any]:
    """How often each value of a column is there."""
    async with database.read() as session:
        return Counter((await session.scalars(select(column).where(*where))).all())


async def test_news_are_told_once(two: Two) -> None:
    waiting = await chats(two.database)
    ready = examples.FILL | {"state": "ready", "ready_at": "2026-11-28T10:00:00-05:00"}
    await records(two.database, *RECORDS, ready)
    async with two.database.write() as session:
        for chat in waiting:
            rx_number = str(examples.PRESCRIPTION["rx_number"])
            session.add(
                ReadyNotice(
                    conversation_id=chat.conversation_id, rx_number=rx_number, asked_at=SATURDAY
                )
            )
    await two.at_once(lambda each: announcer.announce_news(each.app, each.hub))
    told = await numbers(two.database, Event.conversation_id, Event.kind == "message")
    assert told == Counter({chat.conversation_id: 1 for chat in waiting})
    # Whoever told it has told the devices, and nobody else has.
    first, second = two.gateways
    assert first.grown + second.grown == told


async def test_alerts_are_given_once(two: Two) -> None:
    for chat in await chats(two.database):
        await chat.alarm()
    for minutes in range(1, 4):
        two.clock.now = SATURDAY + timedelta(hours=minutes)
        await two.at_once(lambda each: desk_feed.give_alerts(each.app, each.hub), rounds=3)
    given = await numbers(two.database, StaffEvent.escalation_id, StaffEvent.kind == "alert")
    assert set(given.values()) == {3}
    async with two.database.read() as session:
        rows = (await session.scalars(select(Escalation))).all()
    assert [row.alerts for row in rows] == [3] * CHATS


async def test_old_changes_are_forgotten(two: Two) -> None:
    for chat in await chats(two.database):
        await chat.alarm()
    two.clock.now = SATURDAY + desk_feed.KEPT + timedelta(minutes=1)
    await two.at_once(lambda each: desk_feed.forget_old(each.app))
    assert await numbers(two.database, StaffEvent.event_id) == Counter()


async def test_a_session_that_has_ended_ends_once(two: Two) -> None:
    await add_staff(two.database, "paul", "pharmacist")
    app = two.gateways[0].app
    async with two.database.write() as session:
        await sessions.begin(session, "paul", app.sign_in_rules, SATURDAY)
    for chat in await chats(two.database):
        await chat.alarm()
        (ticket,) = await chat.tickets()
        done = await desk.claim(two.database, PAUL, ticket.escalation_id, RULES, SATURDAY)
        assert isinstance(done, Done)
    two.clock.now = SATURDAY + timedelta(days=1)
    changed: list[str] = []

    async def end(each: Gateway) -> None:
        changed.extend(
            await sessions.end_expired(
                each.app.database, each.app.sign_in_rules, each.app.now(), each.app.let_go
            )
        )

    await two.at_once(end)
    assert len(changed) == len(set(changed)) == CHATS
    ended = await numbers(two.database, AuditEntry.action, AuditEntry.action == "session_expired")
    assert ended == {"session_expired": 1}
    released = await numbers(
        two.database, StaffEvent.conversation_id, StaffEvent.kind == "released"
    )
    assert set(released.values()) == {1}


async def test_a_purge_deletes_and_counts_once(two: Two) -> None:
    await records(two.database)
    old = [await retention.chat(two.database, 90) for _ in range(CHATS)]
    kept = await retention.chat(two.database, 3)
    async with two.database.write() as session:
        group = QuestionGroup(locale="en", centre=b"", size=CHATS + 1, created_at=retention.NOW)
        session.add(group)
        await session.flush()
        for question in await session.scalars(select(Question)):
            question.group_id = group.group_id
        number = group.group_id
    two.clock.now = retention.NOW
    await two.at_once(lambda each: purging.purge_due(each.app), rounds=2)
    assert [await retention.here(two.database, each) for each in old] == [False] * CHATS
    assert await retention.here(two.database, kept)
    async with two.database.read() as session:
        assert (await session.get_one(QuestionGroup, number)).size == 1
        entries = await session.scalars(select(AuditEntry).where(AuditEntry.action == "purge"))
        deleted = [(row.detail["conversations"], row.detail["questions"]) for row in entries]
    assert [sum(column) for column in zip(*deleted, strict=True)] == [CHATS, CHATS]


async def test_questions_find_one_group_each(two: Two) -> None:
    engine = Engine()
    engine.meanings = {"coins": 0, "cats": 1, "cars": 2}
    async with rasa(engine) as pool:
        for number in range(30):
            async with two.database.write() as session:
                topic = list(engine.meanings)[number % 3]
                session.add(
                    Question(
                        kind="unsure", text=f"{topic} {number}", locale="en", ranking=[],
                        status="new", asked_at=SATURDAY,
                    )
                )  # fmt: skip
            if number % 3 == 2:
                await two.at_once(
                    lambda each: question_sorter.sort_new(each.app, pool, each.desk), rounds=1
                )
    async with two.database.read() as session:
        groups = (await session.scalars(select(QuestionGroup))).all()
    sizes = await numbers(two.database, Question.group_id)
    assert sizes == {group.group_id: 10 for group in groups}
    assert [group.size for group in groups] == [10, 10, 10]


@asynccontextmanager
async def rasa(engine: Engine) -> AsyncIterator[RasaPool]:
    """That engine, as the gateways know it."""
    async with (
        serving(engine.application(), free_port()) as url,
        aiohttp.ClientSession() as session,
    ):
        yield RasaPool([RasaClient(session, url, 5)], 5)


async def test_a_turn_is_answered_once(two: Two) -> None:
    engine = Engine()
    engine.reply = lambda _text: [say("thank")]
    waiting = await chats(two.database)
    for chat in waiting:
        await take_message(
            two.database, chat.conversation_id, "m-1", "hello there", RULES, SATURDAY
        )
    async with rasa(engine) as pool:
        runners = {
            id(each): TurnRunner(each.app, pool, each.hub, Metrics()) for each in two.gateways
        }
        await two.at_once(lambda each: runners[id(each)].sweep())
        async with asyncio.timeout(20):
            while (await numbers(two.database, Turn.state))["answered"] < CHATS:
                await asyncio.sleep(0.05)
        for runner in runners.values():
            await runner.close()
    answers = await numbers(two.database, Event.conversation_id, Event.author == "bot")
    assert answers == Counter({chat.conversation_id: 1 for chat in waiting})


async def test_guesses_are_counted_one_by_one(two: Two) -> None:
    """Many at once, each in a conversation of its own, get no more guesses than one after one."""
    guesses = [await opened(two.database) for _ in range(20)]
    wrong = Claim.of("Carter", date(1968, 12, 24), None, "216-555-9999")

    async def guess(chat: Chat, number: int) -> object:
        database = two.gateways[number % 2].app.database
        return await identity.check(database, chat.conversation_id, wrong, RULES, LIMITS, SATURDAY)

    found = await asyncio.gather(*(guess(chat, number) for number, chat in enumerate(guesses)))
    assert Counter(type(each).__name__ for each in found) == {
        "NotConfirmed": LIMITS.per_record, "Locked": 20 - LIMITS.per_record,
    }  # fmt: skip


async def test_one_gateway_at_a_time_changes_models(two: Two) -> None:
    """With PostgreSQL; with SQLite there is one gateway, whose own lock does it."""
    if two.database.backend == "sqlite":
        async with active_model.one_gateway(two.database, wait=False) as alone:
            assert alone
        return
    order: list[str] = []

    async def swap(each: Gateway) -> None:
        async with active_model.one_gateway(each.app.database, wait=True):
            order.append("begins")
            async with active_model.one_gateway(two.database, wait=False) as alone:
                assert not alone, "the one that only keeps does not wait"
            await asyncio.sleep(0.1)
            order.append("ends")

    await two.at_once(swap, rounds=2)
    assert order == ["begins", "ends"] * 4
    async with active_model.one_gateway(two.database, wait=False) as alone:
        assert alone
