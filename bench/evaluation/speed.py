"""Training and reading time, ours and stock, one after the other on this machine in one run."""

from dataclasses import dataclass

from bench.evaluation import engines, sentences
from bench.evaluation.engines import Reading
from bench.evaluation.metrics import quantile
from bench.evaluation.project import our_config, stock_config
from bench.evaluation.report import Report, table
from bench.evaluation.sentences import Sentence

SAMPLE = 1500  # sentences: stock Rasa takes minutes for these, and far longer for all
ALONE = 200  # messages read one after another
HEAD = ["speed", "sentences", "training s", "its CPU s", "message p50 ms", "p95 ms", "its CPU ms"]
NOTES = [
    "training: from the start of the process to the finished model, imports included.",
    "message: one after another, in the process, through the whole pipeline. CPU: the work of all",
    "cores (p50 for messages), which other programs disturb less. Compare the rows of one run.",
]


@dataclass(frozen=True)
class Timed:
    """One engine trained on so many sentences."""

    engine: str
    sentences: int
    reading: Reading

    def figures(self) -> dict[str, float | int | str]:
        """For the file."""
        times = self.reading.milliseconds
        return {
            "engine": self.engine,
            "sentences": self.sentences,
            "training_seconds": round(self.reading.training_seconds, 2),
            "training_cpu_seconds": round(self.reading.cpu_seconds, 2),
            "message_p50_ms": round(quantile(times, 0.5), 3),
            "message_p95_ms": round(quantile(times, 0.95), 3),
            "message_cpu_p50_ms": round(quantile(self.reading.cpu_milliseconds, 0.5), 3),
        }


def measure(*, full_stock: bool) -> Report:
    """Ours on a sample and on everything, stock on the sample; ``full_stock``: on everything."""
    everything = sentences.training()
    chosen = sentences.sample(everything, SAMPLE)
    alone = [kept.text for kept in sentences.sample(sentences.kept_back(), ALONE)]
    done = [_timed("ours", everything, alone), _timed("ours", chosen, alone)]
    done.append(_timed("stock", chosen, alone))
    if full_stock:
        done.append(_timed("stock", everything, alone))
    rows = [timed.figures() for timed in done]
    lines = table(HEAD, [_row(row) for row in rows])
    return Report({"messages": len(alone), "rows": rows}, [*lines, *_ratios(done), *NOTES])


def _timed(engine: str, known: list[Sentence], alone: list[str]) -> Timed:
    config = our_config(whole=True) if engine == "ours" else stock_config()
    return Timed(engine, len(known), engines.train_and_read(engine, config, known, alone=alone))


def _row(figures: dict[str, float | int | str]) -> list[str]:
    return [
        {"ours": "Willcall's pipeline", "stock": "stock Rasa 3.6.21"}[str(figures["engine"])],
        f"{figures['sentences']:,}",
        f"{figures['training_seconds']:.1f}",
        f"{figures['training_cpu_seconds']:.1f}",
        f"{figures['message_p50_ms']:.2f}",
        f"{figures['message_p95_ms']:.2f}",
        f"{figures['message_cpu_p50_ms']:.2f}",
    ]


def _ratios(done: list[Timed]) -> list[str]:
    """Ours divided by stock, for every number of sentences that both were trained on."""
    lines = []
    for stock in (timed for timed in done if timed.engine == "stock"):
        ours = next(t for t in done if t.engine == "ours" and t.sentences == stock.sentences)
        training = ours.reading.training_seconds / stock.reading.training_seconds
        message = quantile(ours.reading.milliseconds, 0.5) / quantile(
            stock.reading.milliseconds, 0.5
        )
        lines.append(
            f"ours / stock on {stock.sentences:,} sentences: training {training:.3f}, "
            f"message p50 {message:.3f}"
        )
    return lines
