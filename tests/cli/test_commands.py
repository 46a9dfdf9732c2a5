"""The commands, as an operator calls them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bot.places import ROOT, sources_digest
from bot.settings import SettingsError, load, unknown_variables
from tests.stack import model_file

WILLCALL = ROOT / ".venv" / "bin" / "willcall"
STORE = {
    "type": "store", "store_id": "s", "name": "Main", "phone": "216-555-0100",
    "address": "12 Main", "timezone": "America/New_York", "hours": {},
}  # fmt: skip


def call(
    *arguments: str, folder: Path, given: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(WILLCALL), *arguments],
        cwd=ROOT,
        env=os.environ | {"WILLCALL_DATA_DIR": str(folder), **settings},
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_feed_is_imported_or_refused_whole(tmp_path: Path) -> None:
    feed = tmp_path / "feed.jsonl"
    feed.write_text(json.dumps(STORE) + "\n")
    done = call("feed", "import", str(feed), folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "store: 1\n")
    feed.write_text(json.dumps({**STORE, "store_id": "t"}) + '\n{"type": "store"}\n')
    done = call("feed", "import", str(feed), folder=tmp_path)
    assert done.returncode == 1
    assert "nothing was imported" in done.stderr
    assert "line 2" in done.stderr
    assert "store_id" in done.stderr
    assert call("feed", "import", str(tmp_path / "no"), folder=tmp_path).returncode == 1


def test_the_demonstration_is_seeded_and_nothing_waits_yet(tmp_path: Path) -> None:
    done = call("demo", "seed", folder=tmp_path)
    assert done.returncode == 0
    assert "fill: " in done.stdout
    done = call("escalations", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "Nothing waits for a person.\n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WILLCALL_PORT", "eighty"),
        ("WILLCALL_PORT", "0"),
        ("WILLCALL_DEMO", "perhaps"),
        ("WILLCALL_DATABASE_URL", "mysql://x/y"),
        ("WILLCALL_DATABASE_URL", "nonsense"),
        ("WILLCALL_DEFAULT_TIMEZONE", "Moon/Crater"),
        ("WILLCALL_NEW_CONVERSATIONS_PER_MINUTE", "-1"),
        ("WILLCALL_COUNTRY", "XX"),
        ("WILLCALL_RASA_URL", "http://127.0.0.1:5005,elsewhere"),
        ("WILLCALL_REDIS_URL", "127.0.0.1:6379"),
        ("WILLCALL_DATABASE_POOL", "1"),
    ],
)
def test_wrong_settings_stop_the_start_by_name(tmp_path: Path, name: str, value: str) -> None:
    done = call("escalations", folder=tmp_path, **{name: value})
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_a_misspelled_setting_is_reported(tmp_path: Path) -> None:
    done = call("escalations", folder=tmp_path, WILLCALL_PROT="1")
    assert "WILLCALL_PROT is not a setting" in done.stderr
    assert unknown_variables({"WILLCALL_PORT": "1", "PATH": "x"}) == ()


def test_a_database_that_cannot_be_reached_is_said(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:9/none"
    done = call("escalations", folder=tmp_path, WILLCALL_DATABASE_URL=url)
    assert done.returncode == 1
    assert "the database cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_errors_carry_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WILLCALL_PORT", "x")
    monkeypatch.setenv("WILLCALL_RASA_PORT", "y")
    with pytest.raises(SettingsError) as raised:
        load()
    assert "WILLCALL_PORT" in str(raised.value)
    assert "WILLCALL_RASA_PORT" in str(raised.value)


def test_the_digest_follows_the_content_of_the_sources(tmp_path: Path) -> None:
    for folder in ("data/nlu", "data/rules", "bot/nlu", "bot/pharmacy/red_flags"):
        place = tmp_path / folder
        place.mkdir(parents=True)
        (place / "a.yml").write_text("a")
        first = sources_digest(tmp_path)
        (place / "a.yml").touch()
        (place / "b.pyc").write_text("x")
        assert sources_digest(tmp_path) == first
        (place / "a.yml").write_text("b")
        assert sources_digest(tmp_path) != first


@pytest.mark.stack
def test_parse_answers_each_line_in_order(tmp_path: Path) -> None:
    lines = [
        "when are you open",
        "",
        "i took too many pills",
        '/ask_status{"medicine": "x"}',
        "can i take ibuprofen with my lisinopril",
        "i want to talk to a person",
        "is my lisinopril ready",
        "ya está lista mi receta",
        "qwrt zxpl",
    ]
    done = call("parse", folder=model_file().parent.parent, given="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["text"] for answer in answers] == lines
    assert all(
        set(answer)
        == {
            "text", "intent", "confidence", "ranking", "nearest", "red_flags", "rules", "route",
        }
        for answer in answers
    )  # fmt: skip
    assert len(answers[0]["nearest"]) == 3
    assert answers[0]["nearest"][0]["intent"] == "ask_hours"
    assert answers[2]["rules"]
    assert [answer["route"] for answer in answers] == [
        "bot", "bot", "urgent", "bot", "pharmacist", "counter", "bot", "bot", "bot",
    ]  # fmt: skip
    assert answers[2]["red_flags"] == ["overdose"]
    assert answers[3]["intent"] == "nlu_fallback"


@pytest.mark.stack
def test_parse_explains_itself_to_people(tmp_path: Path) -> None:
    lines = "is my metformin ready\nmy son swallowed a battery\n"
    done = call("parse", "--explain", folder=model_file().parent.parent, given=lines)
    assert done.returncode == 0, done.stderr
    ready, battery = done.stdout.split("my son swallowed")
    assert "ask_status" in ready
    assert "goes to: bot" in ready
    assert "  like " in ready
    assert "no red flag" in ready
    assert "red flag (ingestion" in battery
    assert "goes to: urgent" in battery
