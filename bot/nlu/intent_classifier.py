"""Rasa graph component: decides the intent with the model of bot.nlu.joint_ridge."""

from dataclasses import asdict
from typing import Any, Dict, List, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from bot.nlu.joint_ridge import NEAREST, Floats, JointRidge, RidgeSettings

_FILE = "ridge.npz"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class JointRidgeClassifier(IntentClassifier, GraphComponent):
    """Needs one dense and one sparse sentence featurizer earlier in the pipeline."""

    @classmethod
    def required_components(cls) -> List[Type[Any]]:
        """Featurizers; that there is one of each kind shows when the first message is read."""
        return [Featurizer]

    @staticmethod
    def required_packages() -> List[str]:
        """What must be importable before training starts."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        """Settings of the model, how many intents the ranking names, how many nearest examples a
        message is given (nobody but bot.nlu.parse reads them)."""
        return {**asdict(RidgeSettings()), "ranking_length": 10, "nearest_examples": 3}

    def __init__(
        self,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: "JointRidge | None",
    ) -> None:
        """Called by create (no model yet) and load."""
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> "JointRidgeClassifier":
        """Called by Rasa's graph before training."""
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> "JointRidgeClassifier":
        """Called by Rasa's graph with a trained model. Raises if the model lacks this part."""
        with model_storage.read_from(resource) as folder:
            model = JointRidge.load(folder / _FILE)
        return cls(config, model_storage, resource, model)

    @classmethod
    def validate_config(cls, config: Dict[str, Any]) -> None:
        """Raise InvalidConfigException for settings that cannot work."""
        for share in ("meaning_share", "earlier_share"):
            if not 0 <= config[share] <= 1:
                raise InvalidConfigException(f"{share} must lie between 0 and 1")
        if config["penalty"] <= 0:
            raise InvalidConfigException("penalty must be above 0")

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the model on the training sentences and store it."""
        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        settings = RidgeSettings(**{name: self._config[name] for name in asdict(RidgeSettings())})
        self._model = JointRidge.fit(
            *_vectors(examples),
            [example.get(INTENT) for example in examples],
            [example.get(TEXT) for example in examples],
            settings,
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / _FILE)
        return self._resource

    def process(self, messages: List[Message]) -> List[Message]:
        """Set intent and ranking of each message, in place."""
        if self._model is None or not messages:
            return messages
        confidences, nearest = self._model.read(
            *_vectors(messages), self._config["nearest_examples"]
        )
        for message, row, examples in zip(messages, confidences, nearest, strict=True):
            message.set(NEAREST, examples)
            best = np.argsort(-row, kind="stable")[: self._config["ranking_length"]]
            ranking = [
                {"name": self._model.intents[index], "confidence": float(row[index])}
                for index in best
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _vectors(messages: List[Message]) -> Tuple[Floats, csr_matrix]:
    """The messages' sentence vectors, one row each. Raises InvalidConfigException without them."""
    dense, sparse = [], []
    for message in messages:
        meaning = message.get_dense_features(TEXT)[1]
        wording = message.get_sparse_features(TEXT)[1]
        if meaning is None or wording is None:
            raise InvalidConfigException(
                "JointRidgeClassifier needs a dense and a sparse sentence featurizer before it"
            )
        dense.append(meaning.features)
        sparse.append(wording.features)
    if len(messages) == 1:
        return dense[0], sparse[0]
    return np.vstack(dense), csr_matrix(vstack(sparse))
