"""The compose file: hardened services, networks without a way to the records, real settings."""

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.places import ROOT
from bot.settings import INTERNAL, PREFIX, load
from tests.deploy.images import stages
from tests.deploy.settings import variables

DEPLOY = ROOT / "deploy"


@cache
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    return found


SERVICES = compose()["services"]
OURS = sorted(name for name, service in SERVICES.items() if "willcall" in service["image"])
each_of_ours = pytest.mark.parametrize("name", OURS)


@each_of_ours
def test_a_service_is_hardened_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "mem_limit" in service
    assert "user" not in service
    assert "ports" not in service
    assert service["image"].removeprefix("willcall-") in stages()


@each_of_ours
def test_its_settings_are_settings_and_its_secrets_are_given(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert all(each.startswith(PREFIX) for each in environment)
    assert environment.keys() <= variables() - INTERNAL
    files = {value for each, value in environment.items() if each.endswith("_FILE")}
    assert files == {f"/run/secrets/{secret}" for secret in SERVICES[name]["secrets"]}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_names_is_there(name: str) -> None:
    service = SERVICES[name]
    assert set(service["networks"]) <= compose()["networks"].keys()
    assert set(service.get("secrets", [])) <= compose()["secrets"].keys()
    assert set(service.get("depends_on", [])) <= SERVICES.keys()
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("./"):
            assert source.startswith("./secrets") or (DEPLOY / source).is_file(), source
        else:
            assert source in compose()["volumes"]


def test_addresses_are_those_of_services() -> None:
    text = (DEPLOY / "compose.yml").read_text() + (DEPLOY / "nginx" / "willcall.conf").read_text()
    hosts = set(re.findall(r"(?:https?://|server )([a-z]+-\d)(?=:)", text))
    assert hosts == {
        f"{part}-{number}" for part in ("gateway", "rasa", "actions") for number in (1, 2)
    }


def test_rasa_has_no_way_to_the_records_nor_out() -> None:
    reached = {
        network: {name for name, service in SERVICES.items() if network in service["networks"]}
        for network in compose()["networks"]
    }
    for rasa in ("rasa-1", "rasa-2"):
        assert SERVICES[rasa]["networks"] == ["engine"]
        assert SERVICES[rasa]["secrets"] == ["rasa_token"]
    assert compose()["networks"]["engine"] == {"internal": True}
    assert not reached["engine"] & {"db", "redis", "proxy"}
    assert reached["outside"] == {"proxy"}
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_secrets_are_made_once_and_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "secrets"

    def make() -> dict[str, bytes]:
        subprocess.run(["sh", str(DEPLOY / "make-secrets"), str(folder)], check=True)
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    first = make()
    assert make() == first
    named = {Path(each["file"]).name for each in compose()["secrets"].values()}
    assert named == first.keys() - {"tls.crt", "tls.key"}
    assert len(set(first.values())) == len(first)
    assert folder.stat().st_mode & 0o777 == 0o700
    for each, value in SERVICES["gateway-1"]["environment"].items():
        if each.endswith("_FILE"):
            monkeypatch.setenv(each, str(folder / Path(value).name))
    settings = load()
    assert settings.database_url.startswith("postgresql://willcall:")
    assert settings.secret_keys
