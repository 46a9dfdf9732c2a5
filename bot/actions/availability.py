"""Whether a medicine is in stock: in general words, and never for controlled substances."""

from collections.abc import Sequence

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.pharmacy.follow_up import ordinal
from bot.pharmacy.medicine_names import narrow, stated_strength
from bot.services.access import medicine_name
from bot.services.availability import (
    InStoreStock,
    products_by_id,
    stock_of,
)
from bot.services.catalogue import as_medicine
from bot.storage.records import Product

OFFERED = 9


class ActionAskAvailability(PatientAction):
    """Answers for each store; several products are a numbered choice."""

    intents = ("ask_availability",)

    async def answer(self, question: Question) -> Answer:
        picked = await self._picked(question)
        if picked is not None:
            return await self._tell(question, picked)
        mentions = await question.app.catalogue.mentions(question.session, question.text)
        if not mentions:
            asked = d.Ask(intent=question.intent, text=question.text)
            return [d.Say(response="stock.which_medicine"), question.remember(question=asked)]
        spoken: list[d.Directive] = []
        for mention in mentions:
            named = narrow(mention.medicines, question.text)
            ids = [medicine.product_id for medicine in named]
            products = await products_by_id(question.session, ids)
            if any(product.dea_schedule for product in products):
                spoken.append(d.Say(response="stock.controlled"))
            elif len(products) > 1:
                return [*spoken, *_offer(question, products)]
            else:
                spoken += await self._stock(question, products[0])
        return [*spoken, question.settled(question.asker.memory.focus)]

    async def _picked(self, question: Question) -> Product | None:
        asker = question.asker
        chosen = asker.picked_product
        place = ordinal(question.text)
        offered = asker.memory.offered_products
        if chosen is None and place is not None and -1 <= place < len(offered):
            chosen = offered[place]
        if chosen is None and offered and stated_strength(question.text):
            products = await products_by_id(question.session, offered)
            left = narrow([as_medicine(product) for product in products], question.text)
            chosen = left[0].product_id if len(left) == 1 < len(offered) else None
        found = await products_by_id(question.session, [chosen]) if chosen else []
        return found[0] if found else None

    async def _tell(self, question: Question, product: Product) -> Answer:
        spoken = await self._stock(question, product)
        return [*spoken, question.settled(question.asker.memory.focus)]

    async def _stock(self, question: Question, product: Product) -> list[d.Directive]:
        if product.dea_schedule:
            return [d.Say(response="stock.controlled")]
        stores = await stock_of(question.session, product)
        return [_sentence(product, item) for item in stores]


def _offer(question: Question, products: Sequence[Product]) -> Answer:
    shown = products[:OFFERED]
    options = tuple(
        d.Option(
            intent="inform",
            label_text=medicine_name(product),
            product_id=product.product_id,
        )
        for product in shown
    )
    asked = d.Ask(intent=question.intent, text=question.text)
    return [
        d.Choices(response="stock.which", options=options, numbered=True),
        question.remember(
            question=asked, offered_products=tuple(product.product_id for product in shown)
        ),
    ]


def _sentence(product: Product, item: InStoreStock) -> d.Say:
    stock = item.stock
    values: d.Values = {"store_name": item.store.name, "medicine": medicine_name(product)}
    if stock is None:
        return d.Say(response="stock.unknown", values=values)
    values["as_of"] = stock.as_of.isoformat()
    values["expected_on"] = stock.expected_on.isoformat() if stock.expected_on else None
    name = "in_stock" if item.available else "expected" if stock.expected_on else "out"
    return d.Say(response=f"stock.{name}", values=values, timezone=item.store.timezone)
