"""Questions that people answer: which queue, how urgent, and what is said first."""

from typing import ClassVar

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.confirmations import ask_again
from bot.actions.prescriptions import ask_identity, names_identity
from bot.actions.registry import action_for
from bot.pharmacy.routes import HANDOVERS, serious_guess

# How often in a row the bot may ask to rephrase.
MISSES_ALLOWED = 1


class ActionHandOver(PatientAction):
    """Hands the question over as `HANDOVERS` says."""

    intents = tuple(HANDOVERS)

    async def answer(self, question: Question) -> Answer:
        route = HANDOVERS[question.intent]
        handoff = d.Handoff(
            queue=route.queue,
            priority=route.priority,
            reason=question.intent,
            response=f"handoff.{route.response}",
        )
        return [handoff, question.settled(question.asker.memory.focus)]


class ActionReportEmergency(PatientAction):
    """The second net below the red-flag screen: the notice first, then the pharmacist."""

    intents = ("report_emergency",)

    async def answer(self, question: Question) -> Answer:
        return [
            d.Notice(response="urgent.general", urgent=True),
            d.Handoff(
                queue="pharmacist", priority="urgent", reason="report_emergency",
                response="handoff.emergency",
            ),
            d.Remember(memory=d.Memory()),
        ]  # fmt: skip


class ActionNotUnderstood(PatientAction):
    """Asks to rephrase once, then hands over; records the question each time. Never guesses."""

    intents: ClassVar[tuple[str, ...]] = ("nlu_fallback",)

    async def answer(self, question: Question) -> Answer:
        if names_identity(question.text) and not question.asker.verified:
            # Somebody says who they are: that is about their prescriptions, whatever the words.
            return ask_identity(question.about(d.Ask(intent="ask_status", text=question.text)))
        guesses = [guess for guess in question.ranking if guess[0] not in self.intents]
        unanswered = d.Unanswered(
            intent=guesses[0][0] if guesses else None,
            confidence=guesses[0][1] if guesses else None,
            ranking=tuple(guesses),
        )
        serious = serious_guess(guesses)
        if serious is not None:
            asked = d.Ask(intent=serious, text=question.text)
            spoken = await action_for(serious).answer(question.about(asked))
            return [unanswered, *spoken]
        missed = question.asker.memory.misunderstood + 1
        if missed <= MISSES_ALLOWED and question.asker.memory.confirm is not None:
            return [unanswered, *await ask_again(question, missed)]
        if missed <= MISSES_ALLOWED:
            again = question.remember(misunderstood=missed)
            return [unanswered, d.Say(response="not_understood"), again]
        handoff = d.Handoff(
            queue="counter", reason="low_confidence", response="handoff.low_confidence"
        )
        return [unanswered, handoff, question.remember(misunderstood=0)]


class ActionDefaultFallback(ActionNotUnderstood):
    """Rasa's own fallback, when no rule fits: the same."""

    intents: ClassVar[tuple[str, ...]] = ()
