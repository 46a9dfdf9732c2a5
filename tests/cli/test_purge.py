"""`willcall purge`, as an operator calls it."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.cli.main import main
from bot.services.admission import open_conversation
from bot.services.event_log import append, lock
from bot.services.retention import runs
from bot.storage.database import Database

LONG_AGO = datetime.now(UTC) - timedelta(days=181)
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def purge(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """Calls it in this process: the exit status, and what was written."""
    monkeypatch.setenv("WILLCALL_DATABASE_URL", database_url)

    def calling(*arguments: str) -> tuple[int, str, str]:
        status = main(["purge", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    return calling


@pytest.fixture
def chat(database_url: str) -> str:
    """A chat in which nothing has been said for long."""

    async def write() -> str:
        database = Database(database_url)
        opened = (await open_conversation(database, "en", LONG_AGO)).conversation_id
        async with database.write() as session:
            conversation = await lock(session, opened)
            assert conversation is not None
            append(session, conversation, "message", "patient", "¿está lista?", at=LONG_AGO)
        await database.close()
        return opened

    return asyncio.run(write())


def counted(database_url: str) -> int:
    """How many runs the audit has."""

    async def read() -> int:
        database = Database(database_url)
        found = await runs(database)
        await database.close()
        return len(found)

    return asyncio.run(read())


def test_a_dry_run_deletes_nothing(purge: Call, chat: str, database_url: str) -> None:
    told = "conversations: 1 due\nquestions: 0 due\n"
    assert purge("--dry-run") == (0, told, "")
    assert counted(database_url) == 0
    assert purge("--dry-run") == (0, told, "")


def test_what_is_due_is_deleted(purge: Call, chat: str, database_url: str) -> None:
    assert purge() == (0, "conversations: 1 deleted\nquestions: 0 deleted\n", "")
    assert purge() == (0, "conversations: 0 deleted\nquestions: 0 deleted\n", "")
    assert counted(database_url) == 2


def test_the_settings_count(purge: Call, chat: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WILLCALL_KEEP_TRANSCRIPTS_DAYS", "0")
    assert purge()[1].startswith("conversations: 0 deleted")


def test_a_copy(purge: Call, chat: str) -> None:
    status, out, _ = purge("--export", chat)
    assert status == 0
    assert json.loads(out)["events"][0]["text"] == "¿está lista?"
    assert purge("--export", "none")[0] == 1


def test_erasing_one_needs_a_reason(purge: Call, chat: str) -> None:
    status, out, error = purge("--erase", chat)
    assert (status, out) == (1, "")
    assert "--reason" in error
    assert purge("--erase", chat, "--reason", "asked") == (0, f"{chat} is erased.\n", "")
    status, _, error = purge("--erase", chat, "--reason", "asked")
    assert (status, error) == (1, f"willcall: there is no conversation '{chat}'\n")


def test_one_thing_at_a_time(purge: Call, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        purge("--dry-run", "--erase", "x")
    assert "not allowed with" in capsys.readouterr().err
