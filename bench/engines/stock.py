"""Rasa as it comes, with TensorFlow: the reference. Nothing of bot.nlu may be imported here."""

import tempfile
from pathlib import Path

from bench.engines.worker import Ranking, Read, as_ranking, work


def train(project: Path, model: Path) -> None:
    """Train as `rasa train nlu` does. Raises RuntimeError if no model came out."""
    from rasa.model_training import train_nlu  # slow import, and part of what training takes

    made = train_nlu(
        str(project / "config.yml"),
        str(project / "data" / "nlu"),
        str(model.parent),
        fixed_model_name=model.name,
        domain=str(project / "domain.yml"),
    )
    if made is None or not model.is_file():
        raise RuntimeError("Rasa trained no model")


def load(model: Path) -> Read:
    """How the model reads: the graph alone, in the same calls as bot.nlu.parse makes."""
    from rasa.core.channels.channel import UserMessage
    from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
    from rasa.engine.loader import load_predict_graph_runner
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.shared.core.trackers import DialogueStateTracker

    with tempfile.TemporaryDirectory() as folder:
        metadata, graph = load_predict_graph_runner(
            Path(folder), model, LocalModelStorage, DaskGraphRunner
        )
    target = metadata.nlu_target

    def read(texts: list[str]) -> list[Ranking]:
        inputs = {
            PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
            PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("evaluate", []),
        }
        messages = graph.run(inputs=inputs, targets=[target])[target]
        return [as_ranking(message.get("intent_ranking") or [], "name") for message in messages]

    return read


if __name__ == "__main__":
    work(train, load)
