"""A status answer with 1,000,000 prescriptions against one with 1,000, on both databases.

What is timed is an action server's answer over HTTP, from the request to the directives: who asks,
which prescription is meant, its fill, its store. Four action servers run at the same time and are
asked by turns. Identity checks and the first answers of a server that has just started are kept
beside it.
"""

import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from bench.engine_servers import EXPECTED
from bench.figures import Measured
from bench.many_records import (
    EACH,
    born,
    last_name,
    medicines,
    patient_id,
    product_of,
    rx_number,
    spread,
    write_records,
)
from bench.measures.report import Report, median, quantiles
from bench.people import chats
from bench.processes import BenchError, Running, actions, told
from bot.pharmacy.identity_policy import Claim
from bot.services.conversations import Rules
from bot.services.identity import Limits, Verified, check
from bot.storage.database import Database
from tests.postgres import Cluster, private_cluster
from tests.stack import free_port

SIZES = (1_000, 1_000_000)
BACKENDS = ("sqlite", "postgresql")
PATIENTS = 250  # all that the small database has
ROUNDS = 3
CHECKS = 100
FIRST = 20  # answers of a server that has just started
ACTION = "action_ask_status"


@dataclass
class Place:
    """A database of one size with its action server, and the milliseconds found there."""

    name: str
    url: str
    size: int
    server: Running
    asked: list[tuple[str, str]]  # conversation and question, of different patients
    cold: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    identity: list[float] = field(default_factory=list)


async def measure() -> Report:
    """The ratio of the medians on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory() as folder, private_cluster() as cluster:
        async with aiohttp.ClientSession() as session, AsyncExitStack() as stack:
            places = [
                await stack.enter_async_context(
                    _place(session, Path(folder), cluster, backend, size)
                )
                for backend in BACKENDS
                for size in SIZES
            ]
            told("records: asking")
            await _ask_all(session, places)
            for place in places:
                place.identity += await _checks(place)
    figures = {}
    for backend in BACKENDS:
        small, large = (place for place in places if place.name == backend)
        figures[f"records_{backend}"] = Measured(median(large.warm) / median(small.warm))
    return Report(figures, {f"{place.name}, {place.size:,}": _details(place) for place in places})


@asynccontextmanager
async def _place(
    session: aiohttp.ClientSession, folder: Path, cluster: Cluster, backend: str, size: int
) -> AsyncIterator[Place]:
    told(f"records: writing {size:,} prescriptions, {backend}")
    name = f"bench_{size}"
    url = cluster.create(name) if backend == "postgresql" else f"sqlite:///{folder}/{name}.sqlite"
    database = Database(url)
    try:
        now = datetime.now(UTC)
        await write_records(database, size, now)
        asked = await _questions(database, size, now)
    finally:
        await database.close()
    async with actions(session, folder, url, free_port()) as server:
        yield Place(backend, url, size, server, asked)


async def _questions(database: Database, size: int, now: datetime) -> list[tuple[str, str]]:
    """Of each round's patients one verified conversation and a question by a medicine's name."""
    async with database.read() as session:
        names = [name for _, name in await medicines(session)]
    asked = []
    for number in range(ROUNDS):
        patients = spread(size // EACH, PATIENTS, seed=number)
        made = await chats(database, len(patients), now, [patient_id(each) for each in patients])
        for chat, patient in zip(made, patients, strict=True):
            medicine = names[product_of(patient, 0, len(names))]
            asked.append((chat.conversation_id, f"is my {medicine} ready"))
    return asked


async def _ask_all(session: aiohttp.ClientSession, places: list[Place]) -> None:
    order, chance = list(places), random.Random(ROUNDS)
    for number in range(ROUNDS * PATIENTS):
        chance.shuffle(order)  # whoever comes after a large one must not always be the same
        for place in order:
            taken = await _answer(session, place, *place.asked[number])
            (place.cold if number < FIRST else place.warm).append(taken)


async def _answer(
    session: aiohttp.ClientSession, place: Place, conversation_id: str, text: str
) -> float:
    """Milliseconds of one answer. Raises BenchError when it is not the status asked for."""
    latest = {"intent": {"name": "ask_status", "confidence": 1.0}, "text": text, "entities": []}
    tracker = {"sender_id": conversation_id, "slots": {}, "latest_message": latest, "events": []}
    call = {
        "next_action": ACTION, "sender_id": conversation_id, "tracker": tracker, "domain": {},
        "version": "3.6.21",
    }  # fmt: skip
    started = time.perf_counter()
    async with session.post(f"{place.server.url}/webhook", json=call) as response:
        answer = await response.json()
    taken = (time.perf_counter() - started) * 1000
    said = [message["custom"]["type"] for message in answer.get("responses", [])]
    if EXPECTED not in said:
        raise BenchError(f"{text!r} was not answered with a status but {said}")
    return taken


async def _checks(place: Place) -> list[float]:
    """Milliseconds of identity checks that succeed, of different patients."""
    database = Database(place.url)
    taken = []
    try:
        now = datetime.now(UTC)
        patients = spread(place.size // EACH, CHECKS, seed=ROUNDS)
        for chat, number in zip(await chats(database, CHECKS, now), patients, strict=True):
            claim = Claim.of(last_name(number), born(number), rx_number(number, 0), None)
            started = time.perf_counter()
            found = await check(database, chat.conversation_id, claim, RULES, LIMITS, now)
            taken.append((time.perf_counter() - started) * 1000)
            if not isinstance(found, Verified):
                raise BenchError(f"patient {number} was not verified")
    finally:
        await database.close()
    return taken


RULES = Rules(verified_minutes=15, country="US", timezone="America/New_York")
LIMITS = Limits(per_conversation=3, per_record=5, lock_minutes=60)


def _details(place: Place) -> dict[str, object]:
    return {
        "status_ms": quantiles(place.warm),
        "first_answers_of_the_server_ms": quantiles(place.cold),
        "identity_check_ms": quantiles(place.identity),
    }
