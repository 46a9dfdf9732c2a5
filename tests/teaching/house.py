"""What tests of teaching share: a scripted training, a few gate messages, approved sentences."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.places import model_path
from bot.storage.database import Database
from bot.storage.teaching import TrainingSentence
from bot.teaching import comparison, trainer
from bot.teaching.gate_messages import KEPT_BACK, MUST_NOT, RED_FLAGS, GateMessage

SCRIPTED = Path(__file__).with_name("scripted_trainer.py")
MESSAGES = (
    GateMessage(KEPT_BACK, "can i drink wine with it", "ask_clinical"),
    GateMessage(KEPT_BACK, "when do you open", "ask_hours"),
    GateMessage(RED_FLAGS, "this wait is killing me", MUST_NOT),
)


def script(monkeypatch: pytest.MonkeyPatch, **what: Any) -> None:
    """Have trainings do what this says (tests/teaching/scripted_trainer.py)."""
    monkeypatch.setenv("SCRIPT", json.dumps(what))
    monkeypatch.setattr(trainer, "command", lambda: [sys.executable, str(SCRIPTED)])
    monkeypatch.setattr(comparison, "gate_messages", lambda: MESSAGES)


def install(data_dir: Path) -> Path:
    """A file in the place of the installation's model."""
    place = model_path(data_dir)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("the model of the files")
    return place


async def approve(database: Database, at: datetime, *texts: str, intent: str = "ask_hours") -> None:
    """Sentences that a pharmacist has approved."""
    async with database.write() as session:
        session.add_all(
            TrainingSentence(
                text=text, locale="en", intent=intent, question_id=None, approved_by="paul",
                approved_at=at, removed_at=None,
            )
            for text in texts
        )  # fmt: skip
