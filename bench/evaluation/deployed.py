"""What the deployed assistant makes of a message, as `willcall parse` tells it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.evaluation.engines import progress
from bot.cli.model import ensure_model, parse_lines
from bot.nlu.ranking import EMERGENCY
from bot.pharmacy.routes import serious_guess
from bot.places import ROOT
from bot.settings import Settings

FALLBACK = "nlu_fallback"


@dataclass(frozen=True)
class Outcome:
    """One message as it is answered. `first` and `confidence` are the best guess before the
    fallback; `intent` is what is acted on; `screened` says whether the red-flag screen found it."""

    first: str
    confidence: float
    intent: str
    route: str
    screened: bool

    @property
    def alarmed(self) -> bool:
        """Whether the screen or the second net takes it for an emergency."""
        return self.screened or self.intent == EMERGENCY


def read(texts: Sequence[str], told: str) -> list[Outcome]:
    """Each text as the first message of a patient who is not verified; trains if need be.

    Without a database: questions about storing a medicine are routed as if nothing were approved
    or refused by a pharmacist, so that the figures do not depend on whose records lie in var.
    """
    settings = Settings(data_dir=ROOT / "var", database_url=_no_database())
    ensure_model(settings)
    progress(f"{told}: reading {len(texts)} messages")
    return [_outcome(answer) for answer in parse_lines(settings, texts)]


def _no_database() -> str:
    return f"sqlite:///{Path('var') / 'evaluate' / 'no-database.sqlite'}"


def _outcome(answer: dict[str, Any]) -> Outcome:
    ranking = [(item["intent"], float(item["confidence"])) for item in answer["ranking"]]
    first, confidence = next((guess for guess in ranking if guess[0] != FALLBACK), (FALLBACK, 0.0))
    acted = answer["intent"]
    if acted == FALLBACK:
        acted = serious_guess(ranking) or FALLBACK
    screened = bool(answer["red_flags"])
    return Outcome(first, confidence, EMERGENCY if screened else acted, answer["route"], screened)
