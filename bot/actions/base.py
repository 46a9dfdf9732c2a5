"""What every action shares: reading the question, one error boundary, and the answer's way out."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot import directives as d
from bot.bootstrap import Application, Provider, application
from bot.services.access import Asker, asker

log = logging.getLogger(__name__)

# Well below the gateway's patience with Rasa, and far below Rasa's own with an action.
ANSWER_SECONDS = 6
RANKED = 5
# Where an action finds the real objects; a test puts its own here.
provider: Provider = application
Answer = Sequence[d.Directive]


@dataclass(frozen=True)
class Question:
    """One question of a patient, with what is needed to answer it."""

    app: Application
    session: AsyncSession
    asker: Asker
    intent: str
    text: str
    now: datetime
    confidence: float | None = None
    ranking: tuple[tuple[str, float], ...] = ()

    def about(self, asked: d.Ask) -> "Question":
        """The same turn, for the question that waited."""
        return Question(self.app, self.session, self.asker, asked.intent, asked.text, self.now)

    def remember(self, **changes: Any) -> d.Remember:
        """The dialogue's memory after this turn; an understood turn clears the misses."""
        known = {"misunderstood": 0, **changes}
        return d.Remember(memory=self.asker.memory.model_copy(update=known))

    def settled(self, focus: int | None = None) -> d.Remember:
        """The question is answered: nothing waits, and `focus` is what "it" means now."""
        return self.remember(
            question=None, offered=(), offered_products=(), last_intent=self.intent, focus=focus
        )


class PatientAction(Action, ABC):
    """An action that answers one or more intents. `intents` names them.

    `answer` never writes and never raises for what it expects; whatever else goes wrong becomes
    a hand-over here, so that a patient is never left without a reply.
    """

    intents: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def name(cls) -> str:
        """`ActionAskStatus` is `action_ask_status`."""
        letters = [f"_{char.lower()}" if char.isupper() else char for char in cls.__name__]
        return "".join(letters).lstrip("_")

    @abstractmethod
    async def answer(self, question: Question) -> Answer:
        """What to say and do."""

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer the tracker's latest message; Rasa's entry point."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                spoken = await self._answer(provider(), tracker)
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.error("%s could not read the records: %s", self.name(), type(error).__name__)
            spoken = [_failure("database")]
        except Exception as error:
            log.error("%s failed: %s at %s", self.name(), type(error).__name__, _where(error))
            spoken = [_failure("technical")]
        for directive in spoken:
            dispatcher.utter_message(json_message=d.dump(directive))
        return []

    async def _answer(self, app: Application, tracker: Tracker) -> Answer:
        now = app.now()
        message = tracker.latest_message
        async with app.database.read() as session:
            who = await asker(session, tracker.sender_id, now)
            if who is None:
                return []
            question = Question(
                app,
                session,
                who,
                (message.get("intent") or {}).get("name") or "nlu_fallback",
                _typed(message.get("text") or ""),
                now,
                (message.get("intent") or {}).get("confidence"),
                _ranking(message),
            )
            spoken = await self.answer(question)
        if any(isinstance(item, d.Remember) for item in spoken):
            return spoken
        return [*spoken, question.remember()]


def _typed(text: str) -> str:
    """The patient's words; nothing when the gateway sent a command for a button."""
    return "" if text.startswith("/") else text


def _ranking(message: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    ranked = message.get("intent_ranking") or []
    return tuple((item["name"], round(item["confidence"], 4)) for item in ranked[:RANKED])


def _failure(reason: str) -> d.Handoff:
    return d.Handoff(
        queue="counter", priority="soon", reason=reason, response=f"handoff.{reason}",
        transfers=False,
    )  # fmt: skip


def _where(error: Exception) -> str:
    """File and line of an error: never its text, which may quote a record."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return "?"
    return f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
