"""Secrets come from the environment or from a file, and are shown nowhere."""

from pathlib import Path

import pytest

from bot.settings import SettingsError, load, unknown_variables

TOKEN = "canary-0123456789abcdef"


def test_a_secret_is_read_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    monkeypatch.setenv("WILLCALL_FEED_TOKEN_FILE", str(file))
    assert load().feed_token == TOKEN


def test_what_a_file_holds_is_checked_as_what_a_variable_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text("short")
    monkeypatch.setenv("WILLCALL_FEED_TOKEN_FILE", str(file))
    with pytest.raises(SettingsError, match=r"WILLCALL_FEED_TOKEN: .*16") as raised:
        load()
    assert "short" not in str(raised.value).replace("should", "")


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * 70_000, None])
def test_a_file_that_gives_nothing_stops_the_start(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("WILLCALL_DATABASE_URL_FILE", str(file))
    with pytest.raises(SettingsError, match="WILLCALL_DATABASE_URL_FILE"):
        load()


def test_a_secret_that_is_given_twice_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    monkeypatch.setenv("WILLCALL_RASA_TOKEN_FILE", str(file))
    monkeypatch.setenv("WILLCALL_RASA_TOKEN", TOKEN)
    with pytest.raises(SettingsError, match="both set") as raised:
        load()
    assert TOKEN not in str(raised.value)


def test_only_secrets_come_from_files() -> None:
    given = {"WILLCALL_FEED_TOKEN_FILE": "a", "WILLCALL_PORT_FILE": "b"}
    assert unknown_variables(given) == ("WILLCALL_PORT_FILE",)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WILLCALL_DATABASE_URL", f"postgresql://a:{TOKEN}@127.0.0.1/b")
    for name in ("RASA_TOKEN", "FEED_TOKEN", "METRICS_TOKEN"):
        monkeypatch.setenv(f"WILLCALL_{name}", TOKEN)
    monkeypatch.setenv("WILLCALL_REDIS_URL", f"redis://:{TOKEN}@127.0.0.1/0")
    settings = load()
    assert TOKEN in settings.database
    assert TOKEN not in f"{settings!r} {settings}"
