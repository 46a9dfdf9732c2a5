"""The pipeline of the job's config.yml by bot.nlu, TensorFlow replaced as in a deployment."""

from pathlib import Path

from bench.engines.worker import Ranking, Read, as_ranking, work
from bot.nlu.parse import Parser
from bot.nlu.quiet import prepare_process
from bot.nlu.train import train as train_ours


def train(project: Path, model: Path) -> None:
    """Train as `willcall train` does."""
    prepare_process()
    data = [str(project / "data" / "nlu"), str(project / "data" / "rules")]
    train_ours(model, str(project / "config.yml"), str(project / "domain.yml"), data)


def load(model: Path) -> Read:
    """How the model reads."""
    parser = Parser(model)

    def read(texts: list[str]) -> list[Ranking]:
        return [as_ranking(answer["ranking"], "intent") for answer in parser.parse(texts)]

    return read


if __name__ == "__main__":
    work(train, load)
