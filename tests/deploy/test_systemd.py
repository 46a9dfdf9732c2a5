"""The systemd units: what they start is there, what they set are settings, and they are shut in."""

import re
from pathlib import Path

import pytest

from bot.places import ROOT
from bot.settings import PREFIX
from tests.deploy.settings import variables

FOLDER = ROOT / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))
SHUT_IN = {
    "ProtectSystem": "strict", "ProtectHome": "true", "PrivateTmp": "true",
    "PrivateDevices": "true", "NoNewPrivileges": "true", "CapabilityBoundingSet": "",
    "RestrictNamespaces": "true", "SystemCallFilter": "@system-service", "User": "willcall",
    "StateDirectory": "willcall", "LockPersonality": "true", "RestrictSUIDSGID": "true",
}  # fmt: skip
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)


def lines(unit: Path) -> list[tuple[str, str]]:
    text = unit.read_text(encoding="utf-8")
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)


def test_there_is_one_for_each_process() -> None:
    assert {unit.stem for unit in UNITS} == {
        f"willcall-{part}" for part in ("gateway", "actions", "rasa")
    }
    (wanted,) = (value for name, value in lines(FOLDER / "willcall.target") if name == "Wants")
    assert set(wanted.split()) == {unit.name for unit in UNITS}


@each_unit
def test_a_unit_is_shut_in(unit: Path) -> None:
    found = dict(lines(unit))
    assert {name: found.get(name) for name in SHUT_IN} == SHUT_IN
    assert "MemoryMax" in found


@each_unit
def test_what_it_starts_is_there(unit: Path) -> None:
    (command,) = (value for name, value in lines(unit) if name == "ExecStart")
    module = command.split()[2].replace(".", "/")
    assert (ROOT / f"{module}.py").is_file() or (ROOT / module / "__main__.py").is_file()


@each_unit
def test_its_variables_are_settings(unit: Path) -> None:
    text = unit.read_text() + (FOLDER / "settings.example").read_text()
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", text)) <= variables()
    given = {value.partition("=")[2] for name, value in lines(unit) if name == "Environment"}
    secrets = {value.partition(":")[0] for name, value in lines(unit) if name == "LoadCredential"}
    assert {value.removeprefix("%d/") for value in given if value.startswith("%d/")} == secrets


def test_rasa_knows_no_database_and_cannot_leave() -> None:
    rasa = FOLDER / "willcall-rasa.service"
    assert "database" not in rasa.read_text().lower()
    assert {("IPAddressDeny", "any"), ("IPAddressAllow", "localhost")} <= set(lines(rasa))
