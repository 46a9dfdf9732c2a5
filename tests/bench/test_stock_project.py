"""The stock project: Rasa's own defaults on our data, and nothing of ours beside it."""

from pathlib import Path

import pytest
import yaml

from bench.evaluation import sentences
from bench.stock.project import digest, write_stock_project
from bot.places import ROOT

INIT = "lib/python*/site-packages/rasa/cli/initial_project/config.yml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    write_stock_project(tmp_path)
    return tmp_path


def content(path: Path) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def test_the_config_is_what_rasa_init_promises(project: Path) -> None:
    """`rasa init` writes its choice as comments; what is trained must be in them."""
    config = content(project / "config.yml")
    template = next((ROOT / ".venv-rasa").glob(INIT)).read_text(encoding="utf-8")
    for part in config["pipeline"] + config["policies"]:
        # The template names all policies but UnexpecTED, which training adds.
        if part["name"] != "UnexpecTEDIntentPolicy":
            assert f"- name: {part['name']}\n" in template
    epochs = [part.get("epochs") for part in config["pipeline"] + config["policies"]]
    assert epochs.count(100) == 4  # DIET, ResponseSelector, TED, UnexpecTED
    assert "bot.nlu" not in (project / "config.yml").read_text(encoding="utf-8")


def test_domain_sentences_and_rules_are_ours(project: Path) -> None:
    assert (project / "domain.yml").read_bytes() == (ROOT / "domain.yml").read_bytes()
    for folder in ("nlu", "rules"):
        ours = {path.name: path.read_bytes() for path in (ROOT / "data" / folder).glob("*.yml")}
        theirs = {path.name: path.read_bytes() for path in (project / "data" / folder).iterdir()}
        assert theirs == ours


def test_every_rule_is_a_story_with_the_same_turns(project: Path) -> None:
    stories = content(project / "data" / "stories" / "stories.yml")["stories"]
    rules = [
        rule
        for path in sorted((project / "data" / "rules").glob("*.yml"))
        for rule in content(path)["rules"]
    ]
    assert [(story["story"], story["steps"]) for story in stories] == [
        (rule["rule"], rule["steps"]) for rule in rules
    ]


def test_a_sample_is_a_part_of_the_sentences(tmp_path: Path) -> None:
    assert write_stock_project(tmp_path, 50) == 50
    sampled = sentences.training(tmp_path / "data" / "nlu")
    assert len(sampled) == 50
    known = {(sentence.text, sentence.intent) for sentence in sentences.training()}
    assert {(sentence.text, sentence.intent) for sentence in sampled} <= known


def test_the_digest_follows_what_is_trained_from(project: Path) -> None:
    before = digest(project)
    domain = project / "domain.yml"
    domain.write_text("# a remark\n" + domain.read_text(encoding="utf-8"), encoding="utf-8")
    assert digest(project) == before
    rules = project / "data" / "rules" / "store.yml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("ask_hours", "ask_contact"))
    assert digest(project) != before
