"""Making a candidate, with a scripted training: states, failures, interruption, one at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.bootstrap import Application, build
from bot.places import models_folder, sources_digest
from bot.services import active_model, model_cards, models
from bot.services.audit import Actor
from bot.services.models import AlreadyTraining, Requested
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.teaching import LanguageModel, TrainingSentence
from bot.teaching.installed import ensure_installed, usable_active
from bot.teaching.job import make_candidate
from tests.stack import Clock
from tests.teaching import house

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
PAUL = Actor("paul", "Paul", "pharmacist")
SECRET = "can i drink wine with it"


def nobody() -> None:
    """Nobody is told."""


@pytest_asyncio.fixture
async def app(database: Database, tmp_path: Path) -> AsyncIterator[Application]:
    settings = Settings(data_dir=tmp_path)
    yield build(settings, Clock(NOW), database)


def tick(app: Application, **time: float) -> None:
    assert isinstance(app.now, Clock)
    app.now.now += timedelta(**time)


async def made(app: Application) -> dict[str, Any]:
    """Ask for a candidate and make it; its card."""
    await ensure_installed(app, sources_digest())
    asked = await models.request(app.database, PAUL, app.now())
    assert isinstance(asked, Requested)
    assert await make_candidate(app, nobody)
    return await card(app, asked.model_id)


async def card(app: Application, model_id: int) -> dict[str, Any]:
    found = await model_cards.one(app.database, model_id)
    assert found is not None
    return found


async def test_a_candidate_that_passes(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    house.script(monkeypatch)
    house.install(app.settings.data_dir)
    await house.approve(app.database, NOW, "when does the gate go up", "hours?", "hours?")
    await house.approve(app.database, NOW + timedelta(seconds=1), "approved too late")
    found = await made(app)
    assert found["state"] == "passed"
    assert found["created_by"] == "paul"
    assert found["sentences"] == 2
    assert found["figures"]["all_sentences"] == 9002
    assert found["figures"]["seconds"].keys() == {"training", "testing", "all"}
    assert found["figures"]["accuracy"] == {"messages": 2, "before": 0.5, "after": 0.5}
    assert (found["progress"], found["refusals"], found["differences"]) == ({}, [], [])
    assert found["finished_at"] == "2026-11-23T19:00:00.000Z"
    assert found["data_hash"].startswith(f"{sources_digest()}.")
    (installed,) = (await model_cards.listed(app.database))["models"][1:]
    assert (installed["created_by"], installed["state"]) == ("install", "active")


async def test_a_candidate_that_is_worse(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    house.script(monkeypatch, after="greet")
    house.install(app.settings.data_dir)
    found = await made(app)
    assert found["state"] == "refused"
    assert found["refusals"][0] == (
        f"1 clinical or urgent message does not reach a pharmacist any more: “{SECRET}”."
    )
    assert [each["worse"] for each in found["differences"]] == [True, False, False]
    listed = (await model_cards.listed(app.database))["models"][0]
    assert "differences" not in listed


async def test_the_active_models_readings_are_read_once(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.script(monkeypatch)
    model = house.install(app.settings.data_dir)
    assert (await made(app))["state"] == "passed"
    # Read again, it would be another one: but it is not read.
    house.script(monkeypatch, before="greet", after="greet")
    assert (await made(app))["state"] == "refused"
    # Another file under the same name is.
    model.write_text("another one")
    assert (await made(app))["state"] == "passed"


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ({"failed": "ValueError at x.py:3"}, "The training stopped with an error (ValueError)."),
        ({"exit": 1}, "The training ended early (exit status 1)."),
        ({"stop_early": True}, "The training ended early (exit status 0)."),
        ({"nonsense": True}, "The training gave an answer that cannot be read."),
    ],
)
async def test_a_training_that_fails(
    app: Application,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    what: dict[str, Any],
    reason: str,
) -> None:
    house.script(monkeypatch, **what)
    house.install(app.settings.data_dir)
    with caplog.at_level(logging.DEBUG):
        found = await made(app)
    assert (found["state"], found["refusals"]) == ("failed", [reason])
    assert SECRET not in caplog.text
    assert "patients wrote" not in caplog.text
    # The next one is not in its way.
    house.script(monkeypatch)
    assert (await made(app))["state"] == "passed"


async def test_without_a_model_to_compare_with(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.script(monkeypatch)
    found = await made(app)
    assert found["state"] == "failed"
    assert "no model to compare with" in found["refusals"][0]


async def test_one_at_a_time(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    house.script(monkeypatch, hang=True)
    house.install(app.settings.data_dir)
    asked = await asyncio.gather(
        *(models.request(app.database, PAUL, app.now()) for _ in range(10))
    )
    (first,) = [each for each in asked if isinstance(each, Requested)]
    assert asked.count(AlreadyTraining(first.model_id)) == 9
    jobs = [asyncio.create_task(make_candidate(app, nobody)) for _ in range(3)]
    # Two gateways find nothing to do; one has the job.
    done, under_way = await asyncio.wait(jobs, timeout=20, return_when=asyncio.FIRST_COMPLETED)
    done, under_way = await asyncio.wait(jobs, timeout=2)
    assert [task.result() for task in done] == [False, False]
    await until(app, first.model_id, done=1)
    again = await models.request(app.database, PAUL, app.now())
    assert again == AlreadyTraining(first.model_id)
    await cancelled(*under_way)


async def until(app: Application, model_id: int, done: int) -> None:
    """Wait for a progress."""
    async with asyncio.timeout(20):
        while (await card(app, model_id))["progress"].get("done", 0) < done:
            await asyncio.sleep(0.05)


async def cancelled(*tasks: "asyncio.Task[bool]") -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_progress_is_told(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    house.script(monkeypatch, hang=True)
    house.install(app.settings.data_dir)
    asked = await models.request(app.database, PAUL, app.now())
    told: list[int] = []
    job = asyncio.create_task(make_candidate(app, lambda: told.append(1)))
    await until(app, asked.model_id, done=1)
    found = await card(app, asked.model_id)
    assert found["state"] == "training"
    assert found["progress"] == {"step": "training", "done": 1, "of": 3}
    assert len(told) >= 2
    await cancelled(job)


@pytest.mark.parametrize(
    ("leave", "state", "refusals"), [(False, "failed", [models.INTERRUPTED]), (True, "queued", [])]
)
async def test_a_training_that_is_stopped(
    app: Application, monkeypatch: pytest.MonkeyPatch, *, leave: bool, state: str, refusals: Any
) -> None:
    house.script(monkeypatch, hang=True)
    house.install(app.settings.data_dir)
    asked = await models.request(app.database, PAUL, app.now())
    job = asyncio.create_task(make_candidate(app, nobody, leave=leave))
    await until(app, asked.model_id, done=1)
    await cancelled(job)
    found = await card(app, asked.model_id)
    assert (found["state"], found["refusals"], found["progress"]) == (state, refusals, {})
    assert list(models_folder(app.settings.data_dir).glob(".teaching-*")) == []
    # Whoever comes next begins it anew, or finds nothing to do.
    house.script(monkeypatch)
    assert await make_candidate(app, nobody) is leave
    if leave:
        assert (await card(app, asked.model_id))["state"] == "passed"


async def test_a_gateway_that_died_is_found(app: Application) -> None:
    asked = await models.request(app.database, PAUL, app.now())
    job = await models.take(app.database, app.now())
    assert job is not None
    assert await models.give_back_abandoned(app.database, app.now()) == 0
    tick(app, seconds=20)
    await models.note_progress(app.database, job, "training", 1, 3, app.now())
    tick(app, seconds=20)
    assert await models.give_back_abandoned(app.database, app.now()) == 0
    tick(app, seconds=20)
    # Gateways that find it together count it once.
    found_by = await asyncio.gather(
        *(models.give_back_abandoned(app.database, app.now()) for _ in range(4))
    )
    assert sorted(found_by) == [0, 0, 0, 1]
    assert (await card(app, asked.model_id))["state"] == "queued"
    second = await models.take(app.database, app.now())
    assert second is not None
    # If the first one lives after all, it learns that it is too late, and changes nothing.
    assert await models.note_progress(app.database, job, "testing", 2, 3, app.now()) is False
    assert await models.fail(app.database, job, "something", app.now()) is False
    assert await models.give_back(app.database, job, app.now()) is False
    found = await card(app, asked.model_id)
    assert (found["state"], found["progress"]["done"]) == ("training", 0)
    # Whatever ends gateways is not tried for ever.
    tick(app, seconds=40)
    assert await models.give_back_abandoned(app.database, app.now()) == 1
    found = await card(app, asked.model_id)
    assert (found["state"], found["refusals"]) == ("failed", [models.INTERRUPTED])


async def test_what_waits_to_be_learned(app: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    async def waiting() -> int:
        found: int = (await model_cards.listed(app.database))["waiting_sentences"]
        return found

    house.script(monkeypatch)
    house.install(app.settings.data_dir)
    assert await waiting() == 0
    await house.approve(app.database, NOW, "one", "two")
    assert await waiting() == 2
    found = await made(app)
    assert await waiting() == 2, "nothing is learned before it is activated"
    model = await active_model.may_activate(app.database, found["model_id"], sources_digest())
    assert isinstance(model, active_model.Model)
    assert await active_model.switch(app.database, model, "model_activated", PAUL, app.now())
    assert await waiting() == 0
    tick(app, minutes=1)
    await house.approve(app.database, app.now(), "three")
    async with app.database.write() as session:
        first = await session.get(TrainingSentence, 1)
        assert first is not None
        first.removed_at = app.now()
    assert await waiting() == 2, "one to learn, one to forget"


async def test_the_newest_ten_are_kept_and_those_in_use(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.script(monkeypatch)
    installed = house.install(app.settings.data_dir)
    first = await made(app)
    model = await active_model.may_activate(app.database, first["model_id"], sources_digest())
    assert isinstance(model, active_model.Model)
    await active_model.switch(app.database, model, "model_activated", PAUL, app.now())
    for _ in range(12):
        await made(app)
    folder = models_folder(app.settings.data_dir)
    files = {path.name for path in folder.glob("*.tar.gz")}
    assert len(files) == 12
    assert {installed.name, model.file} <= files
    assert len(list(folder.glob("taught-*.readings.json"))) == 11


async def test_after_an_upgrade_the_model_of_the_files_serves(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.script(monkeypatch)
    house.install(app.settings.data_dir)
    found = await made(app)
    model = await active_model.may_activate(app.database, found["model_id"], sources_digest())
    assert isinstance(model, active_model.Model)
    await active_model.switch(app.database, model, "model_activated", PAUL, app.now())
    assert await usable_active(app, sources_digest()) == model
    async with app.database.write() as session:
        await session.execute(update(LanguageModel).values(data_hash="of-an-older-version"))
    tick(app, minutes=1)
    assert await usable_active(app, sources_digest()) is None
    serving = await ensure_installed(app, sources_digest())
    assert serving is not None
    assert serving.file == house.install(app.settings.data_dir).name
    cards = (await model_cards.listed(app.database))["models"]
    assert [(each["created_by"], each["state"]) for each in cards] == [
        ("install", "active"), ("paul", "retired"), ("install", "retired"),
    ]  # fmt: skip
    # No way back to a model of other sources.
    back = await active_model.before_this(app.database, sources_digest())
    assert back == active_model.NothingBefore()
