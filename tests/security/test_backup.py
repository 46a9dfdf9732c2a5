"""The commands of docs/backup.md, run as they stand there, on both databases."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.places import ROOT
from bot.storage.database import Database
from bot.storage.schema import is_current
from bot.storage.staff import StaffAccount
from tests.docs.pages import fences
from tests.staff import add_staff

COPYING = {"sqlite": 0, "postgresql": 2}
CANARY = "Backupcanary"


@pytest.fixture
def gpg_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home of this test's own, and the end of the agent that gpg starts for it."""
    home = tmp_path_factory.mktemp("g")
    home.chmod(0o700)
    yield home
    agent = ["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"]
    subprocess.run(agent, check=False, capture_output=True)


@pytest.fixture
def environment(gpg_home: Path, tmp_path: Path) -> dict[str, str]:
    """What the commands are told. Without gpg the test fails; it is not skipped."""
    assert shutil.which("gpg"), "this test needs GnuPG (on Debian: apt install gpg gpg-agent)"
    key = tmp_path / "key"
    key.write_text("a long random line, as of 32 random bytes\n")
    return os.environ | {
        "GNUPGHOME": str(gpg_home), "KEY_FILE": str(key), "COPY": str(tmp_path / "copy.gpg"),
    }  # fmt: skip


def run(number: int, environment: dict[str, str], **named: str) -> int:
    """Run one of the page's blocks; its exit status."""
    block = fences(ROOT / "docs" / "backup.md", "sh")[number]
    done = subprocess.run(
        ["sh", "-c", block], cwd=ROOT, env=environment | named, check=False, capture_output=True,
        text=True,
    )  # fmt: skip
    return done.returncode


async def names(url: str) -> list[str]:
    database = Database(url)
    try:
        assert await is_current(database)
        async with database.read() as session:
            return list(await session.scalars(select(StaffAccount.display_name)))
    finally:
        await database.close()


async def filled(url: str) -> None:
    database = Database(url)
    await add_staff(database, "paul", "pharmacist", display_name=CANARY)
    await database.close()


async def test_a_copy_can_be_restored_with_the_key_and_not_without(
    database_url: str,
    request: pytest.FixtureRequest,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    await filled(database_url)
    kind = database_url.partition(":")[0]
    if kind == "sqlite":
        restored = f"sqlite:///{tmp_path / 'restored.sqlite'}"
    else:
        restored = request.getfixturevalue("empty_postgres_url")
    here = {"DATABASE_URL": database_url, "DATABASE_FILE": database_url.removeprefix("sqlite:///")}
    there = {"DATABASE_URL": restored, "DATABASE_FILE": restored.removeprefix("sqlite:///")}
    assert run(COPYING[kind], environment, **here) == 0
    copy = Path(environment["COPY"])
    assert CANARY.encode() not in copy.read_bytes()
    assert (copy.stat().st_mode & 0o077) == 0
    assert not list(tmp_path.glob("copy.gpg.*"))

    wrong = tmp_path / "wrong"
    wrong.write_text("another line\n")
    assert run(COPYING[kind] + 1, environment, **there, KEY_FILE=str(wrong)) != 0
    assert run(COPYING[kind] + 1, environment, **there) == 0
    assert await names(restored) == [CANARY]
    assert not list(tmp_path.glob("copy.gpg.*"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_copy_of_nothing_is_an_error(
    kind: str, environment: dict[str, str], tmp_path: Path
) -> None:
    nowhere = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "DATABASE_FILE": str(tmp_path / "no folder" / "nothing.sqlite"),
    }
    assert run(COPYING[kind], environment, **nowhere) != 0
    assert not Path(environment["COPY"]).exists()
