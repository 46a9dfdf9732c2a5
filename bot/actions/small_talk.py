"""Small talk, help, and the answers that need no records."""

from typing import ClassVar

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.registry import action_for

SUGGESTED = ("ask_status", "ask_availability", "ask_hours", "request_human")


class ActionSmallTalk(PatientAction):
    """Says one fixed sentence; a question that waits keeps waiting."""

    responses: ClassVar[dict[str, str]] = {
        "greet": "greet",
        "goodbye": "goodbye",
        "thank": "thank",
        "bot_challenge": "bot_challenge",
    }
    intents = tuple(responses)

    async def answer(self, question: Question) -> Answer:
        return [d.Say(response=self.responses[question.intent])]


class ActionHelp(PatientAction):
    """Says what the assistant can do, with buttons for the most asked."""

    responses: ClassVar[dict[str, str]] = {"help": "help", "out_of_scope": "out_of_scope"}
    intents = tuple(responses)

    async def answer(self, question: Question) -> Answer:
        return [
            d.Say(response=self.responses[question.intent]),
            d.Choices(
                response="what_next", options=tuple(d.Option(intent=name) for name in SUGGESTED)
            ),
        ]


class ActionCancel(PatientAction):
    """Drops the question that waits."""

    intents = ("cancel",)
    settles_confirmation = True

    async def answer(self, question: Question) -> Answer:
        if question.asker.memory.confirm is not None:
            return await action_for("deny").respond(question)
        return [
            d.Say(response="cancelled_question"),
            question.remember(question=None, offered=(), offered_products=(), also=()),
        ]


class ActionRefuseIdentity(PatientAction):
    """Explains why identity is needed and what works without; then the counter."""

    intents = ("refuse_identity",)

    async def answer(self, question: Question) -> Answer:
        return [
            d.Say(response="identity_refused"),
            d.Handoff(
                queue="counter", reason="refuse_identity", response="handoff.refuse_identity"
            ),
            question.remember(question=None, offered=(), offered_products=()),
        ]
