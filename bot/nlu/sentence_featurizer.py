"""Rasa graph component: adds the sentence encoder's vectors to each message."""

from typing import Any, Dict, List, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.kept_vectors import Encoder, current_encoder
from bot.nlu.reading import for_meaning


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Two unit vectors side by side for a sentence; single words get none: nothing reads them."""

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """Nothing: the encoder splits the text itself."""
        return []

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable before training starts."""
        return ["onnx", "onnxruntime", "safetensors", "tokenizers"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """No settings of its own."""
        return {**DenseFeaturizer.get_default_config()}

    def __init__(self, config: Dict[str, Any], name: str, sentence_encoder: Encoder):
        """The encoder is handed in, so that every component of a process shares one."""
        super().__init__(name, config)
        self._encoder = sentence_encoder

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,
    ) -> "SentenceFeaturizer":
        """Called by Rasa's graph. Raises EncoderUnavailableError if the weights are not right."""
        return cls(config, execution_context.node_name, current_encoder())

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """There is nothing to configure wrongly."""

    def process(self, messages: List[Message]) -> List[Message]:
        """Encode all messages that carry text, in batches, in place."""
        worded = [message for message in messages if message.get(TEXT) is not None]
        vectors = self._encoder.encode([for_meaning(message.get(TEXT)) for message in worded])
        for message, vector in zip(worded, vectors, strict=True):
            message.add_features(
                Features(
                    vector[None, :],
                    FEATURE_TYPE_SENTENCE,
                    TEXT,
                    self._config[FEATURIZER_CLASS_ALIAS],
                )
            )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encode the training sentences, in place."""
        self.process(training_data.training_examples)
        return training_data
