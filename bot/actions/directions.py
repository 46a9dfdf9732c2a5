"""What the label says, word for word, and what is approved about taking it with food."""

from bot import directives as d
from bot.actions.base import Answer, Question
from bot.actions.instructions import (
    look_up,
    own_prescriptions,
    products_asked,
    tell,
    text_of,
    to_pharmacist,
)
from bot.actions.prescriptions import PrescriptionAction
from bot.pharmacy.instruction_topics import directions_topic, is_clinical, topic_of
from bot.services.access import PrescriptionView
from bot.services.instructions import NoText, Text, missing


class ActionAskDirections(PrescriptionAction):
    """The label's directions after identity. Approved texts about food need none."""

    intents = ("ask_directions",)
    from_records = True

    async def answer(self, question: Question) -> Answer:
        if is_clinical(question.words):
            return to_pharmacist(question, "clinical", soon=True)
        openly = await self._openly(question)
        return openly if openly is not None else await super().answer(question)

    async def _openly(self, question: Question) -> Answer | None:
        """An approved text for a medicine that was named; None: the label has to answer.

        Somebody who is verified gets the label of a medicine of their own as well.
        """
        topic = directions_topic(question.words)
        groups = await products_asked(question) if topic is not None else []
        if topic is None or not groups or missing(await look_up(question, groups, topic)):
            return None
        asked = {item.product_id for group in groups for item in group}
        if question.asker.verified and asked & (await own_prescriptions(question)).keys():
            return None
        return await tell(question, groups, topic)

    async def describe(self, question: Question, view: PrescriptionView) -> Answer:
        spoken: list[d.Directive] = []
        directions = view.prescription.directions.strip()
        if directions:
            values: d.Values = {"medicine": view.medicine, "directions": directions}
            spoken.append(d.Say(response="directions", values=values))
        topic = directions_topic(question.words)
        found = (await look_up(question, [[view.product]], topic))[0] if topic else NoText()
        if isinstance(found, Text):
            return [*spoken, text_of(found)]
        # A label that says "with meals" answers the question itself.
        answered = topic != "with_food" or topic_of(directions) == "with_food"
        if directions and answered:
            return spoken
        name = "storage" if directions else "directions"
        handoff = d.Handoff(
            queue="pharmacist", reason=question.intent, response=f"handoff.{name}",
            store_id=view.store.store_id,
        )  # fmt: skip
        return [*spoken, handoff]
