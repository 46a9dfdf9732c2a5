"""The list of components names what the locks install."""

import json
from pathlib import Path

from bot.places import ROOT
from tools.sbom import LOCKS, main


def test_every_pin_is_listed_with_its_hashes(tmp_path: Path) -> None:
    assert main(tmp_path) == 0
    for name in LOCKS:
        lock = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        pins = {line.split()[0] for line in lock.splitlines() if "==" in line and line[0].isalnum()}
        listed = json.loads((tmp_path / f"sbom-{name}.json").read_text())["components"]
        assert {f"{each['name']}=={each['version']}" for each in listed} == pins
        assert all(each["hashes"] for each in listed)
