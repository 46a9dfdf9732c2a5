"""The images: what is in them, who they run as, and that their processes start from it."""

import re

import pytest
import requests

from bot.places import ROOT, sources_digest
from bot.settings import INTERNAL, PREFIX
from tests.deploy.images import HOME, context, environments, files, inherited, stages
from tests.deploy.processes import House
from tests.deploy.settings import variables
from tests.stack import model_file

FINAL = ("app", "rasa", "teacher")
each_image = pytest.mark.parametrize("name", FINAL)


def last(name: str, instruction: str) -> str:
    return [text for step, text in inherited(stages()[name]) if step == instruction][-1]


def test_nothing_private_is_sent_to_a_build() -> None:
    tops = {path.split("/")[0] for path in context()}
    assert tops == {
        *("bot", "data", "requirements", "pyproject.toml", "README.md", "LICENSE"),
        *("config.yml", "domain.yml", "endpoints.yml", "credentials.yml"),
    }
    assert [path for path in context() if path.endswith(".pyc")] == []


def test_bases_are_named_and_can_be_pinned() -> None:
    defaults = dict(text.split("=", 1) for text in stages()[""].all("ARG"))
    for image in defaults.values():
        assert re.fullmatch(r"[a-z]+:[\w.-]*\d?[\w.-]*bookworm[\w.-]*", image), image
    for stage in stages().values():
        if stage.name:
            assert stage.base in stages() or stage.base.strip("${}") in defaults, stage.name


@each_image
def test_an_image_runs_as_nobody_in_particular(name: str) -> None:
    assert last(name, "USER") == "10001:10001"
    assert last(name, "VOLUME") == "/var/lib/willcall"
    assert last(name, "WORKDIR") == str(HOME)


@each_image
def test_an_image_holds_nothing_that_builds_and_no_secret(name: str) -> None:
    steps = inherited(stages()[name])
    assert "ADD" not in {step for step, _ in steps}
    assert "/opt/uv" not in " ".join(text for _, text in steps)
    for step, text in steps:
        if step == "RUN":
            assert re.search(r"apt|pip|curl|wget", text) is None
        if step in ("ENV", "ARG"):
            assert re.search(r"TOKEN|PASSWORD|SECRET|_KEY|://", text) is None


def test_what_is_installed_comes_from_the_locks() -> None:
    for stage in ("build", "build-app", "build-rasa"):
        for text in stages()[stage].all("RUN"):
            for command in re.findall(r"pip install [^&]*", text):
                assert "--require-hashes" in command or "--no-deps --no-build-isolation" in command


@each_image
def test_its_settings_are_settings(name: str) -> None:
    named = set(
        re.findall(rf"{PREFIX}\w+", " ".join(text for _, text in inherited(stages()[name])))
    )
    assert named <= variables() - INTERNAL


@each_image
def test_its_health_check_needs_only_itself(name: str) -> None:
    stage = stages()["app" if name == "teacher" else name]
    assert stage.command("HEALTHCHECK")[:3] == ["python", "-m", "bot.health"]
    assert f"{HOME}/bot/health.py" in files(name)
    module = stages()[name].command("CMD")[2].replace(".", "/")
    assert {f"{HOME}/{module}.py", f"{HOME}/{module}/__main__.py"} & files(name).keys()


def test_who_can_train() -> None:
    assert environments("app") == {"/opt/willcall/.venv"}
    assert environments("rasa") == {"/opt/willcall/.venv-rasa", "/opt/python"}
    assert environments("teacher") == environments("app") | environments("rasa")


def test_all_images_mean_the_same_model(house: House) -> None:
    trees = [house.tree(name) for name in ("app", "rasa")]
    assert [sources_digest(tree) for tree in trees] == [sources_digest(ROOT)] * 2


def authors(address: str) -> set[str]:
    """Who writes after a patient has asked something."""
    opened = requests.post(f"{address}/api/v1/conversations", json={"locale": "en"}, timeout=20)
    assert opened.status_code == 201, opened.text
    secret = {"Authorization": f"Bearer {opened.json()['secret']}"}
    talk = f"{address}/api/v1/conversations/{opened.json()['conversation_id']}"
    message = {"client_id": "first-message", "text": "are you a robot"}
    sent = requests.post(f"{talk}/messages", json=message, headers=secret, timeout=20)
    assert sent.ok, sent.text
    after = {"after": sent.json()["seq"], "wait": 25}
    events = requests.get(f"{talk}/events", params=after, headers=secret, timeout=40).json()
    return {event["author"] for event in events["events"]}


@pytest.mark.stack
def test_the_processes_start_from_read_only_files(house: House) -> None:
    """As a user who owns nothing, and writes below the data folder alone."""
    house.give(model_file())
    assert house.willcall("migrate") == 0, house.log()
    house.start("app", "bot.actions.server")
    house.start(
        "rasa", "bot.nlu.serve", f"--port={house.ports['rasa']}",
        f"--model={house.data / 'models'}", f"--actions-url={house.address('actions')}",
    )  # fmt: skip
    house.start("app", "bot.gateway")
    house.wait_until_well("actions", "app", "/health")
    house.wait_until_well("rasa", "rasa", "/")
    house.wait_until_well("gateway", "app", "/readyz")
    assert "bot" in authors(house.address("gateway"))
    assert "trainings are left to gateways that have the training environment" in house.log()
    assert [house.strange_files(image) for image in ("app", "rasa")] == [set(), set()]
