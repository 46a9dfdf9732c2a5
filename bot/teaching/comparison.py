"""Trains a candidate and holds it against the active model, message by message."""

import asyncio
import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from bot.services.taught import ApprovedSentence
from bot.teaching import archive, trainer
from bot.teaching.deployed import FirstMessage, Outcome, Reading, first_message, outcome
from bot.teaching.gate import Verdict, is_mistaught, judge
from bot.teaching.gate_messages import GateMessage, gate_messages
from bot.teaching.trainer import Progress, Trained, Work

log = logging.getLogger(__name__)


class Comparison:
    """The gate's messages, and the two models that read them."""

    def __init__(self, before: Path, after: Path, digest: str) -> None:
        """`before` is the active model, `after` where the candidate goes, `digest` that of the
        sources."""
        self._before = before
        self._after = after
        self._digest = digest

    async def train(self, also: Path, vectors: Path, progress: Progress) -> Trained:
        """Train the candidate and read with it; with the active one only if it has not read these
        messages yet. Raises TrainingFailedError."""
        texts = await asyncio.to_thread(lambda: self._texts)
        known = await asyncio.to_thread(archive.kept_readings, self._before, self._digest, texts)
        before = self._before if known is None else None
        trained = await trainer.train(Work(self._after, also, vectors, texts, before), progress)
        if known is None:
            await asyncio.to_thread(self._keep, self._before, trained.before)
        else:
            trained.before = known
        await asyncio.to_thread(self._keep, self._after, trained.after)
        return trained

    def verdict(
        self, trained: Trained, taught: Sequence[ApprovedSentence], largest_drop: float
    ) -> Verdict:
        """What the gate says to what was read, and to what was taught."""
        messages = [message for message, _ in self._messages]
        before, after = self._outcomes(trained.before), self._outcomes(trained.after)
        mistaught = [each.text for each in taught if is_mistaught(each.text, each.intent)]
        return judge(messages, before, after, largest_drop, mistaught)

    @cached_property
    def _messages(self) -> list[tuple[GateMessage, FirstMessage]]:
        return [(message, first_message(message.text)) for message in gate_messages()]

    @cached_property
    def _texts(self) -> list[str]:
        """What the engine is asked, each text once."""
        asked = (message.given for _, message in self._messages)
        return list(dict.fromkeys(text for text in asked if text is not None))

    def _outcomes(self, readings: list[Reading]) -> list[Outcome]:
        by_text = dict(zip(self._texts, readings, strict=True))
        return [
            outcome(message, by_text[message.given] if message.given is not None else None)
            for _, message in self._messages
        ]

    def _keep(self, model: Path, readings: list[Reading]) -> None:
        try:
            archive.keep_readings(model, self._digest, self._texts, readings)
        except OSError as error:
            # They will be read again.
            log.warning("readings could not be kept: %s", error.strerror)
