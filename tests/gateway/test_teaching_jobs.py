"""Which gateway takes a training: one that has the training environment."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.bootstrap import build
from bot.gateway import teaching_jobs
from bot.gateway.desk_feed import DeskFeed
from bot.gateway.hub import Hub
from bot.gateway.teaching_jobs import TeachingJobs
from bot.services import model_cards, models
from bot.services.audit import Actor
from bot.services.models import Requested
from bot.settings import Settings
from bot.storage.database import Database
from tests.stack import Clock
from tests.teaching import house

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


async def test_a_gateway_that_cannot_train_leaves_the_job_to_one_that_can(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.script(monkeypatch)
    house.install(tmp_path)
    app = build(Settings(data_dir=tmp_path), Clock(NOW), database)
    desk = DeskFeed(app, Hub())
    able = TeachingJobs(app, desk)
    monkeypatch.setattr(teaching_jobs, "RASA_PYTHON", tmp_path / "missing")
    unable = TeachingJobs(app, desk)
    asked = await models.request(database, Actor("paul", "Paul", "pharmacist"), NOW)
    assert isinstance(asked, Requested)

    async def state() -> str:
        card = await model_cards.one(database, asked.model_id)
        assert card is not None
        return str(card["state"])

    await unable.sweep()
    await asyncio.sleep(0.2)
    assert await state() == "queued"
    await able.sweep()
    async with asyncio.timeout(30):
        while await state() in ("queued", "training", "testing"):
            await asyncio.sleep(0.05)
    assert await state() == "passed"
    await able.close()
    await unable.close()
