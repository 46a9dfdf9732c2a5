"""`willcall feed import` with FHIR: files, folders, options and what is said."""

import json
from pathlib import Path

import pytest

from bot.cli.main import main
from tests.feed import examples
from tests.feed.fhir import bundles as b


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WILLCALL_DATA_DIR", str(tmp_path))
    return tmp_path


def bundle(place: Path, *resources: b.Json) -> str:
    path = place / "bundle.json"
    path.write_text(json.dumps(b.bundle(*resources)), "utf-8")
    return str(path)


def test_a_bundle_is_imported(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = place / "report"
    status = main(["feed", "import", bundle(place, *b.ALL), "--report", str(report)])
    said = capsys.readouterr()
    assert (status, "prescription: 1\n" in said.out) == (0, True)
    written = json.loads(report.read_text())
    assert written["written"]["fill"] == 1
    assert written["refused"] == []
    assert written["resources"]["Patient"] == 1


def test_what_is_left_out_is_said_and_does_no_harm(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = b.PATIENT | {"id": "p2", "birthDate": "1970"}
    observation = {"resourceType": "Observation", "id": "o1"}
    report = place / "report"
    path = bundle(place, *b.ALL, nobody, observation)
    assert main(["feed", "import", path, "--report", str(report)]) == 0
    said = capsys.readouterr().err
    assert "Patient: 1 left out: has no full birth date (Patient/p2)" in said
    assert "Observation: 1 not read" in said
    assert json.loads(report.read_text())["left_out"] == [
        {
            "resource": "Patient", "reason": "has no full birth date", "count": 1,
            "examples": ["Patient/p2"],
        }
    ]  # fmt: skip
    assert "Carter" not in said + report.read_text()


def test_what_is_wrong_refuses_all(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = place / "report"
    number = [{"value": "7001002"}]
    path = bundle(place, *b.ALL, b.REQUEST | {"id": "m2", "identifier": number, "subject": None})
    assert main(["feed", "import", path, "--report", str(report)]) == 1
    said = capsys.readouterr().err
    assert "nothing was imported" in said
    assert "MedicationRequest/m2: subject: must be a patient of the same feed" in said
    written = json.loads(report.read_text())
    assert written["written"] == {}
    assert len(written["refused"]) == 1
    assert main(["feed", "import", bundle(place, b.DISPENSE)]) == 1


def test_a_rehearsal(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bundle(place, *b.ALL)
    assert main(["feed", "import", path, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "fill: 1" in said
    assert "Nothing was written" in said
    no_store = bundle(place, b.PATIENT, b.REQUEST)
    assert main(["feed", "import", no_store, "--dry-run"]) == 1
    assert "no such store" in capsys.readouterr().err


def test_options_and_settings(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "store.jsonl").write_text(json.dumps(examples.STORE) + "\n")
    request = b.REQUEST | {
        "dispenseRequest": {"quantity": {"value": 30}},
        "identifier": [{"value": "1"}, {"value": "7001001", "system": b.RX_SYSTEM}],
    }
    mother = b.RELATED | {"relationship": [{"text": "mother"}]}
    path = bundle(place, b.PATIENT, mother, request, b.LOCATION)
    files = ["feed", "import", str(place / "store.jsonl"), path]
    assert main(files) == 1
    options = ["--store", "main", "--rx-system", b.RX_SYSTEM, "--all-related", "--skip", "Location"]
    report = place / "report"
    assert main([*files, *options, "--report", str(report)]) == 0
    assert json.loads(report.read_text())["written"]["proxy"] == 1
    monkeypatch.setenv("WILLCALL_FHIR_STORE", "main")
    monkeypatch.setenv("WILLCALL_FHIR_RX_SYSTEM", b.RX_SYSTEM)
    monkeypatch.setenv("WILLCALL_FHIR_SKIP", "Location, RelatedPerson")
    assert main([*files, "--report", str(report)]) == 0
    assert "proxy" not in json.loads(report.read_text())["written"]


@pytest.mark.parametrize("arguments", [["no-such-file"], ["."]])
def test_files_that_are_not_there(
    place: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = place / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert main(["feed", "import", *arguments]) == 1
