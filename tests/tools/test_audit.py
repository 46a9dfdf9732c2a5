"""What `make audit` concludes from the answers of pip-audit, which were recorded."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.audit import (
    ACCEPTED,
    FINE,
    FOUND,
    LOCKS,
    UNKNOWN,
    accepted_in,
    judge,
    told,
)

ROOT = Path(__file__).resolve().parents[2]
CLEAN: dict[str, Any] = {"name": "idna", "version": "3.20", "vulns": []}
SKIPPED: dict[str, Any] = {
    "name": "idna",
    "skip_reason": "Dependency not found on PyPI and could not be audited: idna (3.20)",
}
VULNERABLE: dict[str, Any] = {
    "name": "scikit-learn",
    "version": "1.1.3",
    "vulns": [
        {
            "id": "PYSEC-2024-110",
            "fix_versions": ["1.5.0"],
            "aliases": ["CVE-2024-5206", "GHSA-jw8x-6495-233v"],
            "description": "…",
        }
    ],
}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(packages), "fixes": []}


@pytest.mark.parametrize(
    ("packages", "accepted", "status"),
    [
        ((CLEAN,), {}, FINE),
        ((CLEAN, VULNERABLE), {}, FOUND),
        ((CLEAN, VULNERABLE), {"scikit-learn": {"CVE-2024-5206"}}, FINE),
        ((CLEAN, VULNERABLE), {"scikit-learn": {"CVE-2024-0000"}}, FOUND),
        ((CLEAN, VULNERABLE), {"idna": {"CVE-2024-5206"}}, FOUND),
        ((SKIPPED,), {}, UNKNOWN),
        ((CLEAN, SKIPPED), {}, UNKNOWN),
        ((SKIPPED, VULNERABLE), {}, FOUND),
    ],
)
def test_what_is_concluded(
    packages: tuple[dict[str, Any], ...], accepted: dict[str, set[str]], status: int
) -> None:
    assert judge(report(*packages), accepted).status == status


def test_an_audit_that_could_not_be_made_does_not_look_like_a_clean_one() -> None:
    said = " ".join(told("app", judge(report(SKIPPED, CLEAN), {}), 2))
    assert "NOT AUDITED" in said
    assert "1 of 2" in said
    assert "nothing unknown" not in said


def test_a_finding_is_told_with_its_names_and_its_fix() -> None:
    (line,) = told("rasa", judge(report(VULNERABLE), {}), 1)
    assert line == (
        "rasa: UNKNOWN FINDING scikit-learn 1.1.3: CVE-2024-5206, GHSA-jw8x-6495-233v,"
        " PYSEC-2024-110, fixed in 1.5.0"
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_what_is_accepted_is_installed_and_has_a_reason(lock: str) -> None:
    locked = (ROOT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert [name for name in accepted_in(lock) if f"\n{name}==" not in f"\n{locked}"] == []


def test_nothing_is_accepted_for_what_faces_the_world() -> None:
    assert accepted_in("app") == {}


def test_an_entry_without_a_reason_is_refused(tmp_path: Path) -> None:
    content = yaml.safe_load(ACCEPTED.read_text(encoding="utf-8"))
    content["rasa"][0]["limited"] = " "
    changed = tmp_path / "audit.yml"
    changed.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ValueError, match="lacks"):
        accepted_in("rasa", changed)
