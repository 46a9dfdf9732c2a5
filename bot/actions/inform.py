"""Bare answers and buttons: what they mean depends on what was asked before."""

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.prescriptions import names_identity
from bot.actions.registry import action_for
from bot.pharmacy.denials import Wanted, wanted
from bot.pharmacy.follow_up import asks_other, ordinal
from bot.pharmacy.medicine_names import stated_strength
from bot.pharmacy.narrowing import names_form

# What a bare medicine name or Rx number most likely asks.
USUAL = "ask_status"


class ActionInform(PatientAction):
    """Answers the question that waited, or asks the last one again for another medicine."""

    intents = ("inform",)

    async def answer(self, question: Question) -> Answer:
        asked = await _asked(question)
        if asked is not None:
            return await action_for(asked.intent).respond(question.about(asked))
        if not question.text:
            return [d.Say(response="identity_done")]
        return await action_for("nlu_fallback").respond(question)


async def _asked(question: Question) -> d.Ask | None:
    """The question that the answer completes; None when there is none."""
    memory, text = question.asker.memory, question.text
    waiting, last = memory.question, _last(memory, text)
    if not text:
        return waiting or (last or _usual(question) if _picked(question) else None)
    if not await _tells_something(question):
        return waiting
    if waiting is not None:
        first = waiting.asked_as or waiting.text
        return d.Ask(intent=waiting.intent, text=text, asked_as=first)
    return last or d.Ask(intent=USUAL, text=text)


def _last(memory: d.Memory, text: str) -> d.Ask | None:
    """The question that was answered last, to be asked again for something else."""
    if memory.last_intent is None:
        return None
    return d.Ask(intent=memory.last_intent, text=text, asked_as=memory.last_text)


def _usual(question: Question) -> d.Ask:
    """What a button of an old choice asks, when nobody knows any more why it was offered."""
    return d.Ask(intent=USUAL if question.asker.picked_prescription else "ask_availability")


def _picked(question: Question) -> bool:
    return bool(question.asker.picked_prescription or question.asker.picked_product)


async def _tells_something(question: Question) -> bool:
    """Whether the answer names what a question can be about."""
    text = question.text
    return (
        ordinal(text) is not None
        or asks_other(text)
        or wanted(text) != Wanted(text)
        or stated_strength(text) is not None
        or names_form(text)
        or names_identity(text)
        or bool(await question.app.catalogue.mentions(question.session, text))
    )
