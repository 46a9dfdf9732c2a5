"""Bare answers and buttons: what they mean depends on what was asked before."""

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.prescriptions import names_identity
from bot.actions.registry import action_for
from bot.pharmacy.follow_up import ordinal
from bot.pharmacy.medicine_names import stated_strength

# What a bare medicine name or Rx number most likely asks.
USUAL = "ask_status"


class ActionInform(PatientAction):
    """Answers the question that waited, or asks the last one again for another medicine."""

    intents = ("inform",)

    async def answer(self, question: Question) -> Answer:
        asked = await _asked(question)
        if asked is not None:
            return await action_for(asked.intent).answer(question.about(asked))
        if not question.text:
            return [d.Say(response="identity_done")]
        return await action_for("nlu_fallback").answer(question)


async def _asked(question: Question) -> d.Ask | None:
    """The question that the answer completes; None when there is none."""
    memory, text = question.asker.memory, question.text
    last = d.Ask(intent=memory.last_intent, text=text) if memory.last_intent else None
    if not text:
        picked = question.asker.picked_prescription or question.asker.picked_product
        return memory.question or (last if picked else None)
    told_something = (
        ordinal(text) is not None
        or stated_strength(text) is not None
        or names_identity(text)
        or await question.app.catalogue.mentions(question.session, text)
    )
    if memory.question is not None:
        return (
            d.Ask(intent=memory.question.intent, text=text) if told_something else memory.question
        )
    return (last or d.Ask(intent=USUAL, text=text)) if told_something else None
