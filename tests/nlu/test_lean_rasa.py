"""What is changed in Rasa changes nothing but the time; and Rasa is the one it was changed for."""

import json
import subprocess
from typing import Any

import pytest
import yaml

from bot.places import RASA_PYTHON, ROOT
from tests.nlu.stock_and_ours import SCRIPT
from tests.stack import model_file

pytestmark = pytest.mark.stack

# Of the source of each function that is replaced, in Rasa 3.6.21.
DIGESTS = {
    "rasa.core.actions.action.RemoteAction._validate_action_result": (
        "f8cdb4be6812396167ced74161b2ccd65c5ea676ad86d7d359d8c322d9d8dc42"
    ),
    "rasa.core.actions.action.RemoteAction._action_call_format": (
        "428795b944f22edba142d278ec47a30098975b01463ba337ec447dade52a0492"
    ),
    "rasa.engine.runner.dask.DaskGraphRunner.run": (
        "45f0f52f574f3aa9546a552bf671183e171092c18b66e97f5771a7fa295de37e"
    ),
    "rasa.core.processor.MessageProcessor._check_for_unseen_features": (
        "286ab49de966bc0e7fd781720a321b384f0c3cd2c46e4b556b081db79bf4c36f"
    ),
    "rasa.core.processor.MessageProcessor._predict_next_with_tracker": (
        "111a9023a5bcb32da37d4932e6f139290d991ce77ce3802f60a4f8ef30d8dd49"
    ),
}
TYPED = (
    "is my lisinopril ready",
    "¿ya está lista mi receta?",
    "can i drink wine with it",
    "i took twenty pills and want to die",
    "hm",
    "qwertz uiop",
    "yes",
    "",
)
COMMANDS = (
    "/restart",
    "/session_start",
    "/back",
    "/nlu_fallback",
    "/nobody_knows_this",
    '/ask_status{"drug": "x"}',
    "/ask_status@0.01",
)


def in_engine(*arguments: str, given: str = "") -> Any:
    done = subprocess.run(
        [str(RASA_PYTHON), *arguments],
        cwd=ROOT, input=given, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_is_replaced_is_what_the_replacement_was_made_for() -> None:
    script = (
        "import hashlib, inspect, json; from pydoc import locate; "
        "from bot.nlu.quiet import prepare_process; prepare_process(); "
        "from bot.nlu.lean_rasa import REPLACED; digest = lambda name: "
        "hashlib.sha256(inspect.getsource(locate(name)).encode()).hexdigest(); "
        "print(json.dumps({name: digest(name) for name in REPLACED}))"
    )
    assert in_engine("-c", script) == DIGESTS


@pytest.fixture(scope="module")
def both() -> dict[str, list[dict[str, Any]]]:
    intents = yaml.safe_load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]
    commands = [f"/{intent}" for intent in intents]
    scripted = [f"when are you open #{wish}" for wish in (*SCRIPT, "400", "500")]
    given = json.dumps([*commands, *COMMANDS, *TYPED, *scripted])
    found: dict[str, list[dict[str, Any]]] = in_engine(
        "-m", "tests.nlu.stock_and_ours", str(model_file()), given=given
    )
    return found


def test_every_message_is_answered_as_by_rasa_itself(
    both: dict[str, list[dict[str, Any]]],
) -> None:
    assert len(both["ours"]) == len(both["stock"]) > 100
    for stock, ours in zip(both["stock"], both["ours"], strict=True):
        assert ours == stock, stock["text"]


def test_every_rule_has_been_compared(both: dict[str, list[dict[str, Any]]]) -> None:
    """So that the test above says something of each: the action of every rule was asked for."""
    rules = [
        step["action"]
        for file in (ROOT / "data" / "rules").glob("*.yml")
        for rule in yaml.safe_load(file.read_text(encoding="utf-8"))["rules"]
        for step in rule["steps"]
        if "action" in step
    ]
    asked = {call["next_action"] for answer in both["ours"] for call in answer["asked"]}
    assert set(rules) <= asked
    assert "action_default_fallback" in asked


def test_nothing_of_ten_thousand_patients_stays_in_memory() -> None:
    left = in_engine("-m", "tests.nlu.many_senders", str(model_file()), "10000")
    assert left["after"] - left["before"] < 100, left
    assert left["locks"] == 0
    assert left["histories"] < 10
