"""Rasa graph component: where a clinical or urgent reading is nearly as likely, it wins.

The mistakes are not equal. A routine question that reaches the pharmacist costs a minute; a
question about a dose that gets a stock answer can hurt somebody. So an intent that people must
answer is preferred to the best guess when its confidence is close enough.
"""

from typing import Any, Dict, List, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.ranking import cautious


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CautiousChoice(IntentClassifier, GraphComponent):
    """Comes after the intent classifier and before the fallback."""

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """A classifier that has made a ranking."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Which intents are serious, what share of the best confidence is close enough, and from
        what confidence on the best guess is sure."""
        return {"serious": [], "share": 1.0, "sure": 1.0}

    def __init__(self, config: Dict[str, Any]) -> None:
        """Called by create."""
        self._config = config

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> "CautiousChoice":
        """Called by Rasa's graph."""
        return cls(config)

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """Raise InvalidConfigException for settings that cannot work."""
        for name in ("share", "sure"):
            if not 0 < config[name] <= 1:
                raise InvalidConfigException(f"{name} must be above 0 and at most 1")

    def process(self, messages: List[Message]) -> List[Message]:
        """Reorder the ranking of each message, in place."""
        for message in messages:
            ranking = message.get(INTENT_RANKING_KEY) or []
            chosen = cautious(
                ranking, self._config["serious"], self._config["share"], self._config["sure"]
            )
            if chosen is not ranking:
                message.set(INTENT, chosen[0], add_to_output=True)
                message.set(INTENT_RANKING_KEY, chosen, add_to_output=True)
        return messages
