"""What the gateway holds does not grow with what it is asked."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import tally
from tests.fuzz.actors import Actor, everybody
from tests.fuzz.conftest import running
from tests.fuzz.house import FuzzedGateway
from tests.fuzz.tally import FACTOR

WARM_UP, ROUNDS = 600, 1_500 * FACTOR
# What is under way comes and goes by a thousand blocks: the least of several counts is compared.
COUNTS = 6
# One small object kept for each request is two blocks a request, or more.
MOST_BLOCKS = 0.75
MOST_OBJECTS = 0.5


@pytest.fixture
def own_gateway(furnished: Path, engine_url: str, tmp_path: Path) -> Iterator[FuzzedGateway]:
    """A gateway of this test's own: what it holds is only from here."""
    shutil.copyfile(furnished, tmp_path / "willcall.db")
    url = f"sqlite:///{tmp_path / 'willcall.db'}"
    # The usual limit: what is within a minute's limit is remembered for that minute.
    gateway = FuzzedGateway(tmp_path, url, engine_url, MESSAGES_PER_MINUTE="30")
    with running(gateway) as started:
        yield started


def requests_of(actors: dict[str, Actor]) -> list[Callable[[int], Any]]:
    """One request of each kind, right and wrong; the number makes them differ."""
    nobody, patient, paul = actors["nobody"], actors["patient"], actors["pharmacist"]
    patient.ready()
    paul.ready()
    chat = f"/api/v1/conversations/{patient.known['conversation'][0]}"
    known = {"client_id": "known", "text": "hello"}
    patient.send("POST", f"{chat}/messages", json=known)
    return [
        lambda at: nobody.send("GET", f"/api/v1/conversations/{at}/events"),
        lambda at: nobody.send("GET", f"/no-such-page-{at}"),
        lambda at: nobody.send("POST", "/staff/api/search", json={"q": f"{at}"}),
        lambda at: nobody.send("POST", f"/feed/v1/records?{at}", data=f"{at}"),
        lambda at: nobody.send("GET", "/static/favicon.svg", headers={f"X-{at}": "1"}),
        lambda at: patient.send("GET", f"{chat}/events?after={at}"),
        lambda at: patient.send("POST", f"{chat}/messages", json=known),
        lambda at: patient.send("POST", f"{chat}/messages", data=b"{" * (at % 1000)),
        lambda at: patient.send("POST", f"{chat}/choices", json={"client_id": f"{at}"}),
        lambda at: patient.send("POST", f"{chat}/feedback", json={"seq": at, "helpful": 1}),
        lambda at: paul.send("GET", f"/staff/api/escalations?state={at}"),
        lambda at: paul.send("GET", "/staff/api/escalations"),
        lambda at: paul.send("POST", f"/staff/api/escalations/{at + 900}/claim"),
        lambda at: paul.send("POST", "/staff/api/instructions", json={f"{at}": at}),
    ]


def least(gateway: FuzzedGateway) -> dict[str, int]:
    """The least that it holds while nothing is asked."""
    counts = []
    for _ in range(COUNTS):
        counts.append(gateway.counts())
        time.sleep(0.3)
    return {name: min(count[name] for count in counts) for name in counts[0]}


def test_memory_does_not_grow_with_the_requests(own_gateway: FuzzedGateway) -> None:
    kinds = requests_of(everybody(own_gateway))
    for at in range(WARM_UP):
        kinds[at % len(kinds)](at)
    before = least(own_gateway)
    for at in range(ROUNDS):
        kinds[at % len(kinds)](WARM_UP + at)
    after = least(own_gateway)
    grown = {name: (after[name] - before[name]) / ROUNDS for name in before}
    tally.GROWTH.update(grown)
    assert grown["blocks"] < MOST_BLOCKS, (before, after)
    assert grown["objects"] < MOST_OBJECTS, (before, after)
