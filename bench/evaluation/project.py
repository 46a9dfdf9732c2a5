"""Writes a small Rasa project into a folder: one of two pipelines, given sentences, one rule."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from bench.evaluation.sentences import SEED, Sentence
from bot.places import ROOT

# They know this project's own intents, or refuse; what is measured comes before a refusal.
OWN_ONLY = ("EmergencyNet", "CautiousChoice", "FallbackClassifier")

# What `rasa init` of 3.6.21 trains: rasa/engine/recipes/config_files/default_config.yml.
_STOCK_PIPELINE: list[dict[str, object]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {
        "name": "DIETClassifier",
        "epochs": 100,
        "constrain_similarities": True,
        "random_seed": SEED,
    },
    {"name": "EntitySynonymMapper"},
    {
        "name": "ResponseSelector",
        "epochs": 100,
        "constrain_similarities": True,
        "random_seed": SEED,
    },
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


def our_config(*, whole: bool) -> dict[str, Any]:
    """config.yml; unless ``whole``, without what knows only this project's intents."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    if not whole:
        config["pipeline"] = [
            part for part in config["pipeline"] if part["name"].rpartition(".")[2] not in OWN_ONLY
        ]
    return config


def stock_config() -> dict[str, Any]:
    """The reference: nothing but the language half, which is what is compared."""
    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "en",
        "pipeline": _STOCK_PIPELINE,
        "policies": [{"name": "RulePolicy"}],
    }


def write_project(folder: Path, config: dict[str, Any], sentences: Sequence[Sentence]) -> None:
    """Write config.yml, domain.yml, data/nlu and data/rules. The rule is there because a model
    without any does not train; nothing asks for it."""
    examples: dict[str, list[str]] = defaultdict(list)
    for sentence in sentences:
        examples[intent_name(sentence.intent)].append(example(sentence.text))
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in examples.items()
    ]
    rule = {
        "rule": "the only one",
        "steps": [{"intent": next(iter(examples))}, {"action": "utter_understood"}],
    }
    domain = {
        "version": "3.1",
        "intents": sorted(examples),
        "responses": {"utter_understood": [{"text": "Understood."}]},
    }
    _write(folder / "config.yml", config)
    _write(folder / "domain.yml", domain)
    _write(folder / "data" / "nlu" / "nlu.yml", {"version": "3.1", "nlu": nlu})
    _write(folder / "data" / "rules" / "rules.yml", {"version": "3.1", "rules": [rule]})


def intent_name(label: str) -> str:
    """A label as Rasa may call an intent: a slash would make it a retrieval intent."""
    return label.replace("/", "_")


def example(text: str) -> str:
    """One line, in which nothing reads as an annotated entity: "[word](name)"."""
    return " ".join(text.split()).replace("](", "] (").replace("]{", "] {")


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
