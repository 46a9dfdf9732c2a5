"""Rasa graph component: the second net below the red-flag screen, which sees the meaning too.

The screen in the gateway adds up words. This one adds what the sentence encoder makes of the whole
message: one number from its vectors, weighed together with the screen's likeness and with whether
a rule has found something. A message that comes out above the alarm is a `report_emergency`,
whatever the classifier thinks; one that comes out far below is none, because the classifier has
never been shown how an EpiPen is refilled. `tools/weigh_red_flags.py` learns the numbers from
data/red_flags and writes them to words/emergency.json; training Rasa's model does not change them.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, List, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.minilm import Floats
from bot.nlu.ranking import judged
from bot.pharmacy.red_flags.likeness import weights
from bot.pharmacy.red_flags.screen import by_rules

_FILE = Path(__file__).parent / "words" / "emergency.json"


class EmergencyHead:
    """The learned numbers. `score` is above 0 where the alarm is to be raised."""

    def __init__(self, stored: Dict[str, Any]) -> None:
        """From the file's content; KeyError if a part is missing."""
        self._meaning = np.array(stored["meaning"], dtype=np.float32)
        self._level = float(stored["level"])
        shares = stored["shares"]
        self._shares = {name: float(shares[name]) for name in ("likeness", "meaning", "rule")}
        self._alarm = float(stored["alarm"])

    def score(self, text: str, vector: Floats) -> float:
        """How far the message lies above the alarm; ``vector`` is the encoder's row for it."""
        found = {
            "likeness": weights().likeness(text).score,
            "meaning": float(vector @ self._meaning) + self._level,
            "rule": float(bool(by_rules(text))),
        }
        return sum(self._shares[name] * value for name, value in found.items()) - self._alarm


@lru_cache(maxsize=1)
def head() -> EmergencyHead:
    """The numbers of this installation, read once."""
    return EmergencyHead(json.loads(_FILE.read_text(encoding="utf-8")))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class EmergencyNet(IntentClassifier, GraphComponent):
    """Comes after the intent classifier; needs the sentence featurizer."""

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """A classifier that has made a ranking."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """No settings: the numbers are learned."""
        return {}

    def __init__(self, emergency_head: EmergencyHead) -> None:
        """Called by create."""
        self._head = emergency_head

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],  # noqa: ARG003
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> "EmergencyNet":
        """Called by Rasa's graph."""
        return cls(head())

    def process(self, messages: List[Message]) -> List[Message]:
        """Put `report_emergency` in front of the ranking or out of it, in place."""
        for message in messages:
            vectors = message.get_dense_features(TEXT)[1]
            ranking = message.get(INTENT_RANKING_KEY) or []
            if vectors is None or not ranking:
                continue
            score = self._head.score(message.get(TEXT), vectors.features[0])
            chosen = judged(ranking, score)
            message.set(INTENT, chosen[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, chosen, add_to_output=True)
        return messages
