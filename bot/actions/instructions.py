"""Storing, disposing and using a medicine: an approved text, else the pharmacist.

Approved texts are public: whoever names a medicine gets them, and nothing in the answer says
whether somebody takes it.
"""

from collections.abc import Sequence
from datetime import date
from typing import ClassVar
from zoneinfo import ZoneInfo

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.picked import picked_product
from bot.actions.prescriptions import OFFERED, offer
from bot.pharmacy.follow_up import refers_back
from bot.pharmacy.instruction_topics import Topic, needs_judgement, storage_topic
from bot.services.access import medicine_name, visible_prescriptions
from bot.services.availability import Product, named_products, products_by_id
from bot.services.instructions import Found, OtherLanguage, Text, Which, find, missing
from bot.services.prescriptions import Meant, NothingOnFile, is_active, meant


class ActionAskStorage(PatientAction):
    """Tells what is approved about storing or disposing of a medicine, and hands over the rest."""

    intents: ClassVar[tuple[str, ...]] = ("ask_storage",)

    async def answer(self, question: Question) -> Answer:
        topic = storage_topic(question.words)
        if topic is None:
            return to_pharmacist(question, "storage", soon=needs_judgement(question.words))
        groups = await products_asked(question)
        if groups:
            return await tell(question, groups, topic)
        if question.asker.verified:
            return await self._among_their_own(question, topic)
        return self._ask_which(question)

    async def _among_their_own(self, question: Question, topic: Topic) -> Answer:
        found = await meant(
            question.session, question.app.catalogue, question.asker, question.text, is_active
        )
        if isinstance(found, NothingOnFile):
            return self._ask_which(question)
        if not isinstance(found, Meant):
            return offer(question, found.views, "which_medicine", {})
        return await tell(
            question, [[view.product] for view in found.views], topic,
            found.views[-1].prescription.id,
        )  # fmt: skip

    def _ask_which(self, question: Question) -> Answer:
        """Ask for the medicine, once."""
        waiting = question.asker.memory.question
        if waiting is not None and waiting.intent == question.intent:
            return to_pharmacist(question, "storage")
        return [d.Say(response="name_the_medicine"), question.remember(question=question.ask)]


async def products_asked(question: Question) -> list[list[Product]]:
    """The products that the question can mean, for each medicine in it; empty: none is named."""
    picked = await picked_product(question)
    if picked is not None:
        return [[picked]]
    if question.asker.picked_prescription is not None:
        return []
    groups = await named_products(question.session, question.app.catalogue, question.text)
    memory = question.asker.memory
    if not groups and memory.focus_product and refers_back(question.text):
        return [await products_by_id(question.session, [memory.focus_product])]
    if not groups or not question.asker.verified:
        return groups
    # Somebody who is verified means the one that they have.
    own = await own_prescriptions(question)
    return [[item for item in group if item.product_id in own] or group for group in groups]


async def own_prescriptions(question: Question) -> dict[str, int]:
    """The prescriptions that the patient may see, by what they are for."""
    views = await visible_prescriptions(question.session, question.asker.grants)
    return {view.product.product_id: view.prescription.id for view in views}


async def look_up(
    question: Question, groups: Sequence[Sequence[Product]], topic: Topic
) -> list[Found]:
    """What is approved about each medicine that the question can mean."""
    return [
        await find(question.session, group, topic, question.asker.locale, pharmacy_day(question))
        for group in groups
        if group
    ]


async def tell(
    question: Question,
    groups: Sequence[Sequence[Product]],
    topic: Topic,
    prescription: int | None = None,
) -> Answer:
    """The approved texts, a choice where the form matters, or the pharmacist.

    `prescription` is the one that the question turned out to be about, if any.
    """
    found = await look_up(question, groups, topic)
    spoken: list[d.Directive] = [text_of(item) for item in found if isinstance(item, Text)]
    lacks = missing(found)
    if lacks is not None or not found:
        name = "instruction_language" if isinstance(lacks, OtherLanguage) else "storage"
        return [*spoken, *to_pharmacist(question, name)]
    choices = [item for item in found if isinstance(item, Which)]
    if choices:
        return [*spoken, *_offer(question, choices[0].products)]
    last = groups[-1][0].product_id
    if prescription is None:
        prescription = (await own_prescriptions(question)).get(last)
    if prescription is not None:
        return [*spoken, question.settled(prescription)]
    return [*spoken, question.answered_openly(last)]


def text_of(found: Text) -> d.Say:
    """The approved text with who approved it, when, and from what source."""
    row = found.instruction
    about = found.product if row.product_id else None
    values: d.Values = {
        "medicine": medicine_name(about) if about else _name_and_form(found.product),
        "text": row.text,
        "approved_by": row.approved_by,
        "approved_on": row.approved_on.isoformat(),
        "source": row.source,
    }
    return d.Say(response="instruction", values=values)


def to_pharmacist(question: Question, response: str, *, soon: bool = False) -> Answer:
    """Hand the question over; `soon` when something has happened to the medicine already."""
    handoff = d.Handoff(
        queue="pharmacist",
        priority="soon" if soon else "routine",
        reason=question.intent,
        response="handoff.clinical" if soon else f"handoff.{response}",
    )
    return [handoff, question.settled(question.asker.memory.focus)]


def pharmacy_day(question: Question) -> date:
    """Today where the pharmacy is."""
    return question.now.astimezone(ZoneInfo(question.app.rules.timezone)).date()


def _offer(question: Question, products: Sequence[Product]) -> Answer:
    """A numbered choice; the strength is named only where the form does not tell them apart."""
    shown = products[:OFFERED]
    forms = [_name_and_form(product) for product in shown]
    alike = len(set(forms)) < len(forms)
    options = tuple(
        d.Option(
            intent="inform",
            label_text=_at_the_beginning(medicine_name(product) if alike else form),
            product_id=product.product_id,
        )
        for product, form in zip(shown, forms, strict=True)
    )
    offered = tuple(product.product_id for product in shown)
    return [
        d.Choices(response="which_medicine", options=options, numbered=True),
        question.remember(question=question.ask, offered_products=offered),
    ]


def _name_and_form(product: Product) -> str:
    return f"{product.generic_name} {product.form}".strip()


def _at_the_beginning(text: str) -> str:
    return text[:1].upper() + text[1:]
