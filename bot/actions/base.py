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
from bot.actions.freshness import with_age
from bot.actions.metrics import Outcome, action_ended
from bot.bootstrap import Application, Provider, application
from bot.logs import fields
from bot.pharmacy.bare_answers import is_bare
from bot.services.access import Asker, asker
from bot.stopwatch import Stopwatch

log = logging.getLogger(__name__)

# Well below the gateway's patience with Rasa, and far below Rasa's own with an action.
ANSWER_SECONDS = 6
RANKED = 5
# How many prescriptions are remembered as talked about.
MOST_TOLD = 20
# Questions that wait for a medicine's name, not for identity.
ASKED_BACK_OPENLY = ("ask_availability", "ask_storage")
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
    asked_as: str = ""

    def about(self, asked: d.Ask) -> "Question":
        """The same turn, for the question that waited."""
        return Question(
            self.app, self.session, self.asker, asked.intent, asked.text, self.now,
            asked_as=asked.asked_as,
        )  # fmt: skip

    @property
    def words(self) -> str:
        """How the question was first asked, when `text` is only an answer to a question back."""
        return self.asked_as or self.text

    @property
    def ask(self) -> d.Ask:
        """The question, to be kept until identity or a choice completes it."""
        return d.Ask(intent=self.intent, text=self.text, asked_as=self.asked_as)

    def remember(self, **changes: Any) -> d.Remember:
        """The dialogue's memory after this turn; an understood turn clears the misses.

        What waited for a yes or a no is off, unless the turn asks again.
        """
        known = {"misunderstood": 0, "confirm": None, **changes}
        return d.Remember(memory=self.asker.memory.model_copy(update=known))

    def settled(
        self, focus: int | None = None, *, told: Sequence[int] = (), product: str | None = None
    ) -> d.Remember:
        """The question is answered: nothing waits, and `focus` is what "it" means now.

        `told` are the prescriptions that the answer was about, `product` the medicine of an
        answer that was about none.
        """
        memory = self.asker.memory
        talked = (*memory.told, *told, *([focus] if focus is not None else []))
        return self.remember(
            question=None,
            offered=(),
            offered_products=(),
            last_intent=self.intent,
            last_text=self.words,
            last_offer=memory.offered or memory.last_offer,
            told=tuple(dict.fromkeys(talked))[-MOST_TOLD:],
            focus=focus,
            focus_product=product,
        )

    def answered_openly(self, product: str | None = None) -> d.Remember:
        """Answered without identity. A question that waits for identity goes on waiting."""
        memory = self.asker.memory
        waits = memory.question is not None and memory.question.intent not in ASKED_BACK_OPENLY
        if self.asker.verified or not waits or memory.offered_products:
            return self.settled(memory.focus, product=product)
        return self.remember(focus_product=product)


class PatientAction(Action, ABC):
    """An action that answers one or more intents. `intents` names them.

    `from_records` says that the answer tells facts which may be old. `answer` makes an answer;
    whoever passes a question on to another action uses `respond`, which adds how old they are.

    `settles_confirmation` says that the answer itself tells what became of a question that waited
    for a yes or a no; after any other answer `run` does.

    `answer` never writes but through a service, and never raises for what it expects; whatever
    else goes wrong becomes a hand-over here, so that a patient is never left without a reply.
    """

    intents: ClassVar[tuple[str, ...]] = ()
    from_records: ClassVar[bool] = False
    settles_confirmation: ClassVar[bool] = False

    @classmethod
    def name(cls) -> str:
        """`ActionAskStatus` is `action_ask_status`."""
        letters = [f"_{char.lower()}" if char.isupper() else char for char in cls.__name__]
        return "".join(letters).lstrip("_")

    @abstractmethod
    async def answer(self, question: Question) -> Answer:
        """What to say and do."""

    async def respond(self, question: Question) -> Answer:
        """The answer, with the age of the records that it comes from when they are old."""
        spoken = await self.answer(question)
        if not self.from_records:
            return spoken
        return await with_age(question.app, question.session, question.asker.memory, spoken)

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer the tracker's latest message; Rasa's entry point."""
        outcome: Outcome = "answered"
        watch = Stopwatch()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                spoken = await self._answer(provider(), tracker)
        except (SQLAlchemyError, TimeoutError, OSError) as error:
            log.error("%s could not read the records: %s", self.name(), type(error).__name__)
            outcome, spoken = "database", [_failure("database")]
        except Exception as error:
            log.error("%s failed: %s at %s", self.name(), type(error).__name__, _where(error))
            outcome, spoken = "technical", [_failure("technical")]
        seconds = watch.so_far
        action_ended(self.name(), outcome, seconds)
        told = fields(action=self.name(), outcome=outcome, ms=round(seconds * 1000, 1))
        log.info("action run", extra=told)
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
            action = await _acting(self, question)
            spoken = [*await action.respond(question), *_understood(self, action, question)]
        if not any(isinstance(item, d.Remember) for item in spoken):
            spoken = [*spoken, question.remember()]
        return spoken if self.settles_confirmation else [*dropped(question, spoken), *spoken]


async def _acting(chosen: PatientAction, question: Question) -> PatientAction:
    """The action to answer with: a bare medicine, where one was asked for, is an answer.

    The engine sees no question before it, and takes "insulin lispro" for anything.
    """
    if question.asker.memory.question is None or not question.text or "inform" in chosen.intents:
        return chosen
    mentions = await question.app.catalogue.mentions(question.session, question.text)
    if not is_bare(question.text, mentions):
        return chosen
    from bot.actions.registry import action_for  # noqa: PLC0415 - the registry knows this class

    return action_for("inform")


def _understood(
    chosen: PatientAction, action: PatientAction, question: Question
) -> list[d.Understood]:
    """What the engine took a typed message for, unless the question before it decided."""
    if not question.text:
        return []
    if action is not chosen:
        return [d.Understood(intent="inform", ranking=question.ranking)]
    return [
        d.Understood(
            intent=question.intent, confidence=question.confidence, ranking=question.ranking
        )
    ]


def dropped(question: Question, spoken: Answer) -> Answer:
    """Says that nothing was placed, when the patient went on without a yes or a no.

    Patients have come to harm by taking a refill that they had looked at for one that was
    ordered. An emergency's notice stands alone.
    """
    waited = question.asker.memory.confirm
    now_waiting = [item.memory.confirm for item in spoken if isinstance(item, d.Remember)]
    if waited is None or waited in now_waiting:
        return []
    if any(isinstance(item, d.Notice) and item.urgent for item in spoken):
        return []
    return [d.Say(response=f"dropped.{waited.kind}")]


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
