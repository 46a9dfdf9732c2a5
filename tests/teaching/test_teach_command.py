"""`willcall teach` and `willcall train`: what an operator without a browser sees."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import main
from bot.places import model_path, sources_digest
from bot.services import active_model, model_cards, models
from bot.storage.database import Database
from bot.storage.teaching import LanguageModel
from tests.teaching import house

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def installation(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Database], Awaitable[Any]]], Any]:
    """An installation for the commands; called, it does something with the database."""
    monkeypatch.setenv("WILLCALL_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("WILLCALL_DATABASE_URL", sqlite_url)
    house.script(monkeypatch)
    house.install(tmp_path)

    def do(work: Callable[[Database], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            database = Database(sqlite_url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    return do


async def states(database: Database) -> list[tuple[str, str]]:
    cards = (await model_cards.listed(database))["models"]
    return [(card["created_by"], card["state"]) for card in cards]


def test_teaching(installation: Any, capsys: pytest.CaptureFixture[str]) -> None:
    installation(lambda database: house.approve(database, NOW, "hours?"))
    assert main(["teach"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "model 2: passed, 1 taught sentences"
    assert "  messages    before       now" in printed[1]
    assert printed[2].split() == ["kept-back", "messages", "understood", "2", "0.5", "0.5"]
    assert installation(states) == [("command line", "passed"), ("install", "active")]


def test_teaching_and_activating(
    installation: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    installation(lambda database: house.approve(database, NOW, "hours?"))
    assert main(["train"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{model_path(tmp_path)}\n"
    assert "1 taught sentences are not in this model" in said.err
    assert main(["teach", "--activate"]) == 0
    assert "It is active." in capsys.readouterr().out
    assert installation(states) == [("command line", "active"), ("install", "retired")]
    # From now on it is what Rasa is started with.
    assert main(["train"]) == 0
    said = capsys.readouterr()
    assert Path(said.out.strip()).name.startswith("taught-00002-")
    assert said.err == ""


def test_a_refusal_is_told(
    installation: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house.script(monkeypatch, after="greet")
    assert main(["teach", "--activate"]) == 1
    assert "does not reach a pharmacist any more" in capsys.readouterr().out
    assert installation(states) == [("command line", "refused"), ("install", "active")]


def test_while_another_one_is_taught(installation: Any, capsys: pytest.CaptureFixture[str]) -> None:
    async def another(database: Database) -> None:
        await models.request(database, None, datetime.now(UTC))
        await models.take(database, datetime.now(UTC))

    installation(another)
    assert main(["teach"]) == 1
    assert "already" in capsys.readouterr().err


def test_after_an_upgrade(
    installation: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def older(database: Database) -> None:
        await house.approve(database, NOW, "hours?", "open?")
        await active_model.install(database, "taught-old.tar.gz", "an-older-version", NOW)
        (tmp_path / "models" / "taught-old.tar.gz").write_text("x")

    installation(older)
    assert main(["train"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{model_path(tmp_path)}\n"
    assert "2 taught sentences are not in this model: they wait for “Teach”" in said.err

    async def active(database: Database) -> Any:
        async with database.read() as session:
            row = await session.get(LanguageModel, 2)
            return row and (row.state, row.data_hash, row.activated_by)

    assert installation(active) == ("active", sources_digest(), "install")


def test_without_a_database_there_is_the_model_of_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WILLCALL_DATA_DIR", str(tmp_path))
    house.install(tmp_path)
    assert main(["train"]) == 0
    assert capsys.readouterr().out == f"{model_path(tmp_path)}\n"
    assert [each.name for each in tmp_path.iterdir()] == ["models"]
    assert main(["teach"]) == 1
    assert "willcall migrate" in capsys.readouterr().err
