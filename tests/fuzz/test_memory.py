"""What the gateway holds does not grow with what it is asked."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import tally
from tests.fuzz.actors import Actor, everybody
from tests.fuzz.conftest import running
from tests.fuzz.house import FuzzedGateway
from tests.fuzz.tally import FACTOR

WARM_UP, ROUNDS = 300, 1_500 * FACTOR
# A leak of one small object a request would be about one block a request, or more.
MOST_BLOCKS = 0.5
MOST_OBJECTS = 0.25


@pytest.fixture
def own_gateway(furnished: Path, engine_url: str, tmp_path: Path) -> Iterator[FuzzedGateway]:
    """A gateway of this test's own: what it holds is only from here."""
    shutil.copyfile(furnished, tmp_path / "willcall.db")
    url = f"sqlite:///{tmp_path / 'willcall.db'}"
    with running(FuzzedGateway(tmp_path, url, engine_url)) as started:
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


def test_memory_does_not_grow_with_the_requests(own_gateway: FuzzedGateway) -> None:
    kinds = requests_of(everybody(own_gateway))
    for at in range(WARM_UP):
        kinds[at % len(kinds)](at)
    before = own_gateway.counts()
    for at in range(ROUNDS):
        kinds[at % len(kinds)](WARM_UP + at)
    after = own_gateway.counts()
    grown = {name: (after[name] - before[name]) / ROUNDS for name in before}
    tally.GROWTH.update(grown)
    assert grown["blocks"] < MOST_BLOCKS, (before, after)
    assert grown["objects"] < MOST_OBJECTS, (before, after)
