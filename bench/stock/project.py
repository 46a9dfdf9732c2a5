"""Writes the stock project: Rasa's default config.yml, our domain, sentences and rules.

TED and UnexpecTED learn from stories only, and `rasa init`'s pipeline has both, so every rule is
written down as a story too, with the same turns. Nothing else is added or left out: the domain has
no slots and no responses, because the same action server answers.
"""

import hashlib
import json
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from bench.evaluation.project import example
from bench.evaluation.sentences import content_of, sample, training
from bot.places import ROOT

# What `rasa init` leaves out of config.yml, and `rasa train` then fills in.
DEFAULT_CONFIG = "lib/python*/site-packages/rasa/engine/recipes/config_files/default_config.yml"


def write_stock_project(folder: Path, size: int | None = None) -> int:
    """Write everything that `rasa train` reads; returns the number of sentences.

    All of data/nlu, or a fixed choice of ``size`` sentences.
    """
    config = content_of(next((ROOT / ".venv-rasa").glob(DEFAULT_CONFIG)))
    _write(folder / "config.yml", config | {"assistant_id": "stock"})
    shutil.copyfile(ROOT / "domain.yml", folder / "domain.yml")
    shutil.copytree(ROOT / "data" / "rules", folder / "data" / "rules")
    stories = {"version": "3.1", "stories": _stories(folder / "data" / "rules")}
    _write(folder / "data" / "stories" / "stories.yml", stories)
    sentences = training()
    if size is None or size >= len(sentences):
        shutil.copytree(ROOT / "data" / "nlu", folder / "data" / "nlu")
        return len(sentences)
    _write(folder / "data" / "nlu" / "sample.yml", {"version": "3.1", "nlu": _sampled(size)})
    return size


def digest(folder: Path) -> str:
    """What a model trained from the folder depends on: its content without comments, and Rasa."""
    found = hashlib.sha256()
    for pin in (ROOT / "requirements" / "rasa.txt").read_text(encoding="utf-8").splitlines():
        if pin.startswith(("rasa==", "tensorflow==", "keras==")):
            found.update(f"{pin.split()[0]}\0".encode())
    for path in sorted(folder.rglob("*.yml")):
        content = json.dumps(content_of(path))
        found.update(f"{path.relative_to(folder).as_posix()}\0{content}\0".encode())
    return found.hexdigest()[:16]


def _stories(rules: Path) -> list[dict[str, Any]]:
    return [
        {"story": rule["rule"], "steps": rule["steps"]}
        for path in sorted(rules.glob("*.yml"))
        for rule in content_of(path)["rules"]
    ]


def _sampled(size: int) -> list[dict[str, str]]:
    examples: dict[str, list[str]] = defaultdict(list)
    for sentence in sample(training(), size):
        examples[sentence.intent].append(f"- {example(sentence.text)}\n")
    return [{"intent": intent, "examples": "".join(lines)} for intent, lines in examples.items()]


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
