"""The models over HTTP: who may, what is answered, and what the engine is told to serve."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
import yaml
from sqlalchemy import select

from bot.gateway import model_swap
from bot.gateway.keys import RASA, RUNNER
from bot.places import models_folder, sources_digest
from bot.services import active_model, audit
from bot.storage.database import Database
from bot.storage.staff import StaffEventCounter
from bot.storage.teaching import LanguageModel
from tests.gateway.conftest import NOW, House, Opening
from tests.gateway.engine import Engine, say
from tests.gateway.test_staff_sessions import code_of
from tests.staff import Console, at_the_desk
from tests.teaching import house as teaching


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def script(**what: Any) -> None:
        teaching.script(monkeypatch, **what)

    script()
    return script


@pytest_asyncio.fixture
async def paul(house: House, scripted: Callable[..., None]) -> AsyncIterator[Console]:
    """A pharmacist, in a house with the model of its files."""
    teaching.install(house.app.settings.data_dir)
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as opened:
        yield opened


async def taught(paul: Console) -> dict[str, Any]:
    """Teach, and wait for the card."""
    status, card = await paul.post("models/train")
    assert status == 202, card
    return await finished(paul, card["model_id"])


async def finished(paul: Console, model_id: int) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            status, card = await paul.get(f"models/{model_id}")
            assert status == 200
            if card["state"] not in ("queued", "training", "testing"):
                return dict(card)
            await asyncio.sleep(0.05)


async def states(paul: Console) -> dict[int, str]:
    _, body = await paul.get("models")
    return {card["model_id"]: card["state"] for card in body["models"]}


async def test_before_anything_was_taught(house: House, paul: Console) -> None:
    await teaching.approve(house.app.database, NOW, "hours?")
    assert await paul.get("models") == (
        200,
        {
            "models": [], "active": None, "waiting_sentences": 1,
            "settings": {"largest_drop": 0.005},
        },
    )  # fmt: skip


async def test_teach_activate_and_go_back(house: House, paul: Console) -> None:
    await teaching.approve(house.app.database, NOW, "hours?")
    async with paul.stream() as stream:
        await stream.next("hello")
        first = await taught(paul)
        assert (first["state"], first["sentences"]) == ("passed", 1)
        await stream.next("models")
        status, card = await paul.post(f"models/{first['model_id']}/activate")
        assert (status, card["state"], card["activated_by"]) == (200, "active", "paul")
        await stream.next("models")
    assert [name.startswith("taught-") for name in house.engine.models] == [True]
    status, body = await paul.get("models")
    assert (body["active"], body["waiting_sentences"]) == (first["model_id"], 0)
    assert await states(paul) == {1: "retired", 2: "active"}
    status, card = await paul.post("models/rollback")
    assert (status, card["model_id"], card["created_by"]) == (200, 1, "install")
    assert house.engine.model.startswith("willcall-")
    status, card = await paul.post("models/rollback")
    assert (status, card["model_id"]) == (200, 2)
    async with house.app.database.read() as session:
        entries = await audit.listed(session, audit.Filters())
    told = [(each.username, each.action, each.detail.get("model_id")) for each in entries]
    assert [each for each in told if each[1].startswith("model_")] == [
        ("paul", "model_rolled_back", 2),
        ("paul", "model_rolled_back", 1),
        ("paul", "model_activated", 2),
        ("paul", "model_trained", 2),
        (None, "model_activated", 1),
    ]


async def test_a_refused_one_is_not_activated(
    house: House, paul: Console, scripted: Callable[..., None]
) -> None:
    scripted(after="greet")
    card = await taught(paul)
    assert card["state"] == "refused"
    status, body = await paul.post(f"models/{card['model_id']}/activate")
    assert (status, body["error"]["code"]) == (409, "refused_by_gate")
    assert body["refusals"] == card["refusals"] != []
    assert house.engine.models == []


async def test_only_what_has_passed_is_activated(
    house: House, paul: Console, scripted: Callable[..., None]
) -> None:
    scripted(failed="ValueError")
    failed = await taught(paul)
    assert code_of(await paul.post(f"models/{failed['model_id']}/activate")) == (409, "not_ready")
    scripted()
    passed = await taught(paul)
    other = await taught(paul)
    assert (await paul.post(f"models/{other['model_id']}/activate"))[0] == 200
    # Active already; and one that was compared with a model that is not active any more.
    for card in (other, passed):
        path = f"models/{card['model_id']}/activate"
        assert code_of(await paul.post(path)) == (409, "not_ready")
    (models_folder(house.app.settings.data_dir) / house.engine.models[-1]).unlink()
    for path in ("models/x/activate", "models/999999/activate", "models/²/activate"):
        assert code_of(await paul.post(path)) == (404, "not_found")


async def test_one_training_at_a_time(paul: Console, scripted: Callable[..., None]) -> None:
    scripted(hang=True)
    status, card = await paul.post("models/train")
    assert status == 202
    assert card["state"] in ("queued", "training")
    assert code_of(await paul.post("models/train")) == (409, "already_training")


async def test_nothing_to_go_back_to(paul: Console) -> None:
    assert code_of(await paul.post("models/rollback")) == (409, "nothing_before")
    await taught(paul)
    assert code_of(await paul.post("models/rollback")) == (409, "nothing_before")


async def test_an_engine_that_does_not_take_it_changes_nothing(house: House, paul: Console) -> None:
    card = await taught(paul)
    house.engine.load_status = 400
    status, body = await paul.post(f"models/{card['model_id']}/activate")
    assert (status, body["error"]["code"]) == (503, "engine_unavailable")
    assert await states(paul) == {1: "active", 2: "passed"}
    house.engine.load_status = 204
    assert (await paul.post(f"models/{card['model_id']}/activate"))[0] == 200


async def test_messages_wait_while_the_model_is_swapped(house: House, paul: Console) -> None:
    """Longer than an answer may take: nobody gets an apology, and nothing is asked meanwhile."""
    card = await taught(paul)
    device = await house.opened()
    house.engine.reply = lambda _text: [say("thank")]
    house.engine.load_delay = house.app.settings.rasa_timeout_seconds + 0.5
    swap = asyncio.create_task(paul.post(f"models/{card['model_id']}/activate"))
    await asyncio.sleep(0.2)
    said = asyncio.create_task(device.say("hello"))
    await asyncio.sleep(0.5)
    assert house.engine.heard == []
    assert (await swap)[0] == 200
    events = await said
    assert [event["kind"] for event in events] == ["message"]
    assert house.engine.heard == ["hello"]
    assert await house.escalations(device) == []


async def test_an_engine_that_was_restarted_gets_the_active_model(
    open_house: Opening, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_swap, "SWEEP_SECONDS", 0.1)
    engine = Engine()
    house: House = await open_house(engine)
    database = Database(database_url)
    file = teaching.install(house.app.settings.data_dir)
    await active_model.install(database, file.name, sources_digest(), NOW)
    await database.close()
    async with asyncio.timeout(10):
        while engine.model != file.name:
            await asyncio.sleep(0.05)
    assert engine.models == [file.name]
    engine.model = "another.tar.gz"
    async with asyncio.timeout(10):
        while engine.model != file.name:
            await asyncio.sleep(0.05)


async def test_a_gateway_of_a_new_version_puts_its_own_model_in_place_of_the_old_one(
    open_house: Opening, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_swap, "SWEEP_SECONDS", 0.1)
    database = Database(database_url)
    old = await active_model.install(database, "willcall-old.tar.gz", "01d", NOW)
    engine = Engine()
    engine.model = old.file
    house: House = await open_house(engine)
    file = teaching.install(house.app.settings.data_dir)
    async with asyncio.timeout(10):
        while engine.model != file.name:
            await asyncio.sleep(0.05)
    active = await active_model.active(database)
    assert active is not None
    assert active.file == file.name
    # A gateway of the old version, which is replaced next, leaves the engine alone.
    older = model_swap.ModelSwap(house.app, house.web_app[RASA], house.web_app[RUNNER])
    older._installed, older._digest = True, "01d"
    await older.keep()
    assert engine.models == [file.name]
    await database.close()


async def test_the_approved_sentences_as_a_file(house: House, paul: Console) -> None:
    await teaching.approve(house.app.database, NOW, "- hours?", "a: b")
    async with paul.session.get(f"{house.address}/staff/api/models/reviewed.yml") as response:
        assert response.status == 200
        assert response.headers["Content-Disposition"] == 'attachment; filename="reviewed.yml"'
        assert response.headers["Cache-Control"] == "no-store"
        content = yaml.safe_load(await response.text())
    assert content["nlu"] == [{"intent": "ask_hours", "examples": "- - hours?\n- a: b\n"}]


@pytest.mark.parametrize("role", ["technician", "admin"])
async def test_only_for_pharmacists(house: House, role: Any) -> None:
    async with at_the_desk(house.app.database, house.address, role, role) as console:
        for path in ("models", "models/1", "models/reviewed.yml"):
            assert code_of(await console.get(path)) == (403, "forbidden")
        for path in ("models/train", "models/1/activate", "models/rollback"):
            assert code_of(await console.post(path)) == (403, "forbidden")


async def test_a_job_whose_gateway_died_is_taken_over(
    house: House, paul: Console, scripted: Callable[..., None]
) -> None:
    async with house.app.database.write() as session:
        session.add(
            LanguageModel(
                state="training", file=None, created_by="paul", created_at=NOW, data_hash=None,
                sentences=0,
                progress={
                    "step": "training", "done": 1, "of": 3,
                    "beat": "2026-11-23T18:00:00+00:00",
                },
                figures={}, differences=[], refusals=[], finished_at=None, activated_by=None,
                activated_at=None, retired_at=None,
            )
        )  # fmt: skip
    card = await finished(paul, 1)
    assert (card["state"], card["refusals"]) == ("passed", [])
    async with house.app.database.read() as session:
        assert await session.scalar(select(StaffEventCounter.id)) == 1
