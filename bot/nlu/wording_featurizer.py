"""Rasa graph component: adds the wording's sparse vector (characters, words) to each message."""

from typing import Any, Dict, List, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.reading import for_wording
from bot.nlu.wording import WordingVectors

_FILE = "wording.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class WordingFeaturizer(SparseFeaturizer, GraphComponent):
    """One sparse vector a sentence. Unlike Rasa's own count vectors it builds no word-by-word
    features, which only sequence models such as DIET read and which cost most of the time."""

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """Nothing: characters and words are counted on the plain text."""
        return []

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable before training starts."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """No settings of its own."""
        return {**SparseFeaturizer.get_default_config()}

    def __init__(
        self,
        config: Dict[str, Any],
        name: str,
        model_storage: ModelStorage,
        resource: Resource,
        vectors: WordingVectors,
    ) -> None:
        """Called by create and load."""
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._vectors = vectors

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "WordingFeaturizer":
        """Called by Rasa's graph before training."""
        return cls(config, execution_context.node_name, model_storage, resource, WordingVectors())

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,  # noqa: ARG003
    ) -> "WordingFeaturizer":
        """Called by Rasa's graph with a trained model. Raises if the model lacks this part."""
        with model_storage.read_from(resource) as folder:
            vectors = WordingVectors.load(folder / _FILE)
        return cls(config, execution_context.node_name, model_storage, resource, vectors)

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """There is nothing to configure wrongly."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the vocabulary of the training sentences and store it."""
        self._vectors.fit(
            [for_wording(example.get(TEXT)) for example in training_data.intent_examples]
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._vectors.save(folder / _FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the vector to all messages that carry text, in place."""
        worded = [message for message in messages if message.get(TEXT) is not None]
        if not worded:
            return messages
        rows = self._vectors.transform([for_wording(message.get(TEXT)) for message in worded])
        for index, message in enumerate(worded):
            message.add_features(
                Features(
                    rows if len(worded) == 1 else rows[index],
                    FEATURE_TYPE_SENTENCE,
                    TEXT,
                    self._config[FEATURIZER_CLASS_ALIAS],
                )
            )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vector to the training sentences, in place."""
        self.process(training_data.training_examples)
        return training_data
