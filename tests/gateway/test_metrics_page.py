"""`/metrics`: who may read it, and what it says when parts do not answer."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.bootstrap import Application, build, utc_now
from bot.gateway import metrics_state
from bot.gateway.app import build_gateway
from bot.gateway.metrics_page import FORWARDED, may_read
from bot.gateway.metrics_state import Here, State
from bot.settings import Settings
from bot.storage.database import Database
from tests.gateway.conftest import House, Opening

TOKEN = "a-token-for-prometheus"
HERE = Here(sockets=lambda: 3, consoles=lambda: 2)


async def status(house: House, **headers: str) -> int:
    async with house.session.get(f"{house.address}/metrics", headers=headers) as response:
        return response.status


async def test_this_machine_may_read_where_no_proxy_stands_in_front(house: House) -> None:
    assert await status(house) == 200
    for header in FORWARDED:
        assert await status(house, **{header: "203.0.113.9"}) == 404
    assert await status(house, Authorization=f"Bearer {TOKEN}") == 404


async def test_behind_a_proxy_only_the_token_opens_it(open_house: Opening) -> None:
    house = await open_house(trusted_proxies=1, metrics_token=TOKEN)
    assert await status(house) == 404
    assert await status(house, **{"X-Forwarded-For": "127.0.0.1"}) == 404
    for wrong in (f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer", "Bearer ", TOKEN):
        assert await status(house, Authorization=wrong) == 404
    assert await status(house, Authorization=f"Bearer {TOKEN}") == 200
    told = {"Authorization": f"bearer {TOKEN}", "X-Forwarded-For": "203.0.113.9"}
    assert await status(house, **told) == 200


async def test_a_proxy_without_a_token_opens_it_to_nobody(open_house: Opening) -> None:
    house = await open_house(trusted_proxies=1)
    assert await status(house) == 404
    assert await status(house, Authorization="Bearer None") == 404


@pytest.mark.parametrize(
    ("peer", "allowed"),
    [("127.0.0.1", True), ("::1", True), ("10.0.0.7", False), ("", False), (None, False)],
)
async def test_other_machines_need_the_token(house: House, peer: str | None, allowed: bool) -> None:
    request = make_mocked_request("GET", "/metrics", app=build_gateway(house.app))
    assert may_read(request.clone(remote=peer or "")) is allowed


async def test_the_refusal_looks_like_any_other_page_that_is_not_there(open_house: Opening) -> None:
    house = await open_house(trusted_proxies=1)
    bodies = []
    for path in ("metrics", "nothing-here"):
        async with house.session.get(f"{house.address}/{path}") as response:
            bodies.append((response.status, await response.text()))
    assert bodies[0] == bodies[1]


def an_app(folder: Path, url: str) -> Application:
    return build(Settings(data_dir=folder), utc_now, Database(url))


async def rasas() -> Mapping[str, bool]:
    return {"one:5005": True, "two:5005": False}


def told(state: State) -> dict[str, list[float]]:
    return {family.name: [item.value for item in family.samples] for family in state.collect()}


async def test_a_database_that_is_away_is_one_figure_and_no_failure(tmp_path: Path) -> None:
    state = State(an_app(tmp_path, "postgresql://nobody@127.0.0.1:1/none"), HERE, rasas)
    await state.refresh()
    figures = told(state)
    assert figures["willcall_database_up"] == [0]
    assert figures["willcall_rasa_up"] == [1, 0]
    assert figures["willcall_open_sockets"] == [3]
    assert "willcall_waiting" not in figures


async def test_a_rasa_that_hangs_does_not_hold_up_the_scrape(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics_state, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(metrics_state, "PATIENCE_SECONDS", 0.5)
    app = an_app(tmp_path, database_url)
    hangs = asyncio.Event()

    async def answering() -> Mapping[str, bool]:
        if hangs.is_set():
            await asyncio.Event().wait()
        return await rasas()

    state = State(app, HERE, answering)
    await state.refresh()
    assert told(state)["willcall_rasa_up"] == [1, 0]
    hangs.set()
    await state.refresh()
    assert told(state)["willcall_rasa_up"] == [0, 0]
    assert told(state)["willcall_database_up"] == [1]
    await app.database.close()


async def test_many_who_ask_at_once_cost_one_reading(tmp_path: Path, database_url: str) -> None:
    app = an_app(tmp_path, database_url)
    asked = 0

    async def answering() -> Mapping[str, bool]:
        nonlocal asked
        asked += 1
        return {}

    state = State(app, HERE, answering)
    await asyncio.gather(*(state.refresh() for _ in range(20)))
    assert asked == 1
    await app.database.close()
