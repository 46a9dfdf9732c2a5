"""What `willcall run` hands on to its processes."""

from pathlib import Path

import pytest

from bot.cli.run import environment_of_parts
from bot.settings import load

TOKEN = "canary-0123456789abcdef"


def test_a_secret_in_a_file_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "url").write_text(f"postgresql://a:{TOKEN}@127.0.0.1/b")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WILLCALL_RASA_TOKEN_FILE", "token")
    monkeypatch.setenv("WILLCALL_DATABASE_URL_FILE", "url")
    settings = load()
    assert settings.rasa_token == TOKEN
    given = environment_of_parts(settings, TOKEN)
    assert TOKEN not in " ".join(given.values())
    assert given["WILLCALL_RASA_TOKEN_FILE"] == str(tmp_path / "token")
    assert given["WILLCALL_DATABASE_URL_FILE"] == str(tmp_path / "url")


def test_parts_that_start_elsewhere_find_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WILLCALL_DATABASE_URL", "sqlite:///here.sqlite")
    given = environment_of_parts(load(), TOKEN)
    assert given["WILLCALL_DATABASE_URL"] == f"sqlite:///{tmp_path}/here.sqlite"
    assert given["WILLCALL_RASA_TOKEN"] == TOKEN
