"""Feeds that went wrong on the way: all or nothing, and the error says where."""

import json
import re
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from bot.bootstrap import utc_now
from bot.cli.main import main
from bot.feed.demo import demo_records
from tests import contract
from tests.feed import examples as records
from tests.feed.fhir import bundles
from tests.fuzz import tally
from tests.fuzz.actors import Actor
from tests.fuzz.conftest import DATABASE
from tests.fuzz.house import FEED_TOKEN, FuzzedGateway, records_in
from tests.fuzz.size import examples

PATH = "/feed/v1/records"
LISTED = re.compile(r"line (\d+)(?:, [^:]+)?: .+|and \d+ more")
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, "", " ", 0, -1, 1e400, 10**30, 2**63, 0.1, "\x00", "a\x00", "\ud800", "x" * 5_000,
     "0000-00-00", "2026-02-30", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59+14:00",
     "2026-05-04T10:00:00", "1880-01-01T00:00:00+23:59", "２０２６-05-04", [], {}, [[]], [None],
     {"mon": [["25:00", "26:00"]]}, {"mon": 1}, "America/../etc", "../../etc/passwd", "NaN", "III"]
) | st.text(max_size=8)  # fmt: skip
# Fields that no type has, and the fields of all types.
FIELDS = sorted({name for record in records.ALL for name in record} | {"extra", "", "__class__"})


def _changed(record: dict[str, Any], name: str, value: Any) -> str:
    return json.dumps({**record, name: value})


def _without(record: dict[str, Any], name: str) -> str:
    return json.dumps({key: value for key, value in record.items() if key != name})


def _twice(record: dict[str, Any], name: str, value: Any) -> str:
    """The same key twice in one object: the last one counts, or the line is refused."""
    return json.dumps(record)[:-1] + f", {json.dumps(name)}: {json.dumps(value)}}}"


def _cut(record: dict[str, Any], at: int) -> str:
    line = json.dumps(record)
    return line[: at % len(line)]


def lines_of(whole: list[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """A line that was a record once."""
    record, name = st.sampled_from(whole), st.sampled_from(FIELDS)
    changed = st.one_of(
        record.map(json.dumps),
        st.builds(_changed, record, name, VALUES),
        st.builds(_without, record, name),
        st.builds(_twice, record, name, VALUES),
        st.builds(_cut, record, st.integers(0, 10_000)),
        st.builds(lambda many: "[" * many, st.integers(1, 20_000)),
        st.sampled_from(["", "null", "[]", "1", '"x"', "{}", '{"type": 1}', '{"type": "none"}']),
    ).map(lambda line: line.encode("utf-8", "surrogatepass"))
    return st.one_of(
        changed,
        changed.map(lambda line: b"\xef\xbb\xbf" + line),
        st.builds(lambda line, at, byte: line[:at] + bytes([byte]) + line[at:], changed,
                  st.integers(0, 300), st.integers(0, 255)),
        st.binary(max_size=40),
    )  # fmt: skip


def bodies(whole: list[dict[str, Any]]) -> st.SearchStrategy[bytes]:
    """Some lines, some of them wrong, ended in one way or another."""
    end = st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r"])
    return st.builds(bytes.join, end, st.lists(lines_of(whole), min_size=1, max_size=6))


DAMAGE = st.sampled_from(
    [
        None,
        b"",
        b"\xff",
        b"\x00",
        b"\xef\xbb\xbf",
        b"\\ud800",
        b"[" * 20_000,
        b'"',
        b"{",
        b"1e400",
        b"\r\n",
    ]
)
DEMO = list(demo_records(utc_now()))


@pytest.fixture
def sender(gateway: FuzzedGateway) -> Actor:
    return Actor("feed", gateway, {"Authorization": f"Bearer {FEED_TOKEN}"})


def check(sender: Actor, body: bytes, **headers: str) -> requests.Response:
    """Send a feed; whatever is answered, it is described, and all or nothing was kept."""
    tally.THROWN["feeds"] += 1
    before = records_in(sender.gateway.folder / DATABASE)
    answer = sender.send("POST", PATH, data=body, headers=headers)
    found = contract.problems("POST", PATH, answer.status_code, "application/json", answer.content)
    assert found == [], (body, answer.text)
    assert answer.status_code in (200, 413, 415, 422), answer.text
    if answer.status_code != 200:
        assert records_in(sender.gateway.folder / DATABASE) == before
    if answer.status_code == 422:
        refused = answer.json()["error"]
        assert refused["total"] >= len(refused["errors"]) > 0
        assert all(error["line"] >= 1 and error["message"] for error in refused["errors"])
    return answer


def test_a_feed_that_went_wrong(sender: Actor) -> None:
    @examples(150)
    @given(bodies(DEMO))
    def throw(body: bytes) -> None:
        tally.THROWN["examples"] += 1
        answer = check(sender, body)
        errors = answer.json()["error"]["errors"] if answer.status_code == 422 else []
        assert all(error["line"] <= body.count(b"\n") + 1 for error in errors)

    throw()


def test_fhir_that_went_wrong(sender: Actor) -> None:
    """Bytes that were a bundle once; tests/feed/fhir/test_mutations.py changes its values."""
    bundle = st.sampled_from(
        [json.dumps(bundles.bundle(*bundles.ALL)), bundles.ndjson(bundles.ALL)]
    )
    sent = st.builds(_damaged, bundle.map(str.encode), st.integers(0, 20_000), DAMAGE)
    kinds = st.sampled_from(["application/fhir+json", "application/fhir+ndjson; charset=utf-16"])

    @examples(40)
    @given(sent, kinds)
    def throw(body: bytes, kind: str) -> None:
        tally.THROWN["examples"] += 1
        check(sender, body, **{"Content-Type": kind})

    throw()


def _damaged(body: bytes, at: int, damage: bytes | None) -> bytes:
    """Cut off at a place, or with other bytes there."""
    at %= len(body)
    return body[:at] if damage is None else body[:at] + damage + body[at + 1 :]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"\x1f\x8b\x08\x00garbage", {}, 415),
        (b"\x1f\x8b", {"Content-Encoding": "gzip"}, 415),
        (zlib.compress(b"{}"), {"Content-Encoding": "deflate"}, 415),
        (b"{}", {"Content-Encoding": "br, gzip"}, 415),
        (b"x" * (1024 * 1024 + 1), {}, 413),
        (b"\n" * 300_000, {}, 200),
        (b"", {"Content-Type": "text/html; charset=no-such"}, 200),
        (b"{}\n" * 100_000, {}, 422),
        (b"\xff\xfe{\x00}\x00", {"Content-Type": "application/json; charset=utf-16"}, 422),
    ],
    ids=["gzip", "said gzip", "deflate", "br", "large", "blank", "charset", "many", "utf-16"],
)
def test_bodies_that_are_no_feed(
    sender: Actor, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert check(sender, body, **headers).status_code == status


@pytest.fixture
def command(
    furnished: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Callable[[bytes], tuple[int, str]]:
    """`willcall feed import` on a database of its own: its exit code, and what it says."""
    shutil.copyfile(furnished, tmp_path / "willcall.db")
    monkeypatch.setenv("WILLCALL_DATABASE_URL", f"sqlite:///{tmp_path / 'willcall.db'}")
    monkeypatch.setenv("WILLCALL_DATA_DIR", str(tmp_path))

    def run(body: bytes) -> tuple[int, str]:
        (tmp_path / "feed.jsonl").write_bytes(body)
        code = main(["feed", "import", str(tmp_path / "feed.jsonl")])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_the_command_says_the_same(
    command: Callable[[bytes], tuple[int, str]], tmp_path: Path
) -> None:
    """All or nothing, an exit code, and lines for people instead of a trace."""
    database = tmp_path / "willcall.db"

    @examples(25)
    @given(bodies(DEMO))
    def throw(body: bytes) -> None:
        tally.THROWN["examples"] += 1
        tally.THROWN["feeds"] += 1
        before = records_in(database)
        code, said = command(body)
        assert "Traceback" not in said
        if code == 0:
            return
        assert code == 1
        assert records_in(database) == before
        first, *rest = said.strip().split("\n")
        assert first.startswith("willcall: "), said
        assert "cannot be read" in first or all(LISTED.fullmatch(line) for line in rest), said

    throw()
