"""Whether a medicine is in stock: in general words, and never for controlled substances."""

from collections.abc import Sequence

from bot import directives as d
from bot.actions.base import Answer, PatientAction, Question
from bot.actions.picked import picked_product
from bot.services.access import medicine_name
from bot.services.availability import InStoreStock, Product, named_products, stock_of

OFFERED = 9


class ActionAskAvailability(PatientAction):
    """Answers for each store; several products are a numbered choice."""

    intents = ("ask_availability",)
    from_records = True

    async def answer(self, question: Question) -> Answer:
        picked = await picked_product(question)
        if picked is not None:
            return await self._tell(question, picked)
        groups = await named_products(question.session, question.app.catalogue, question.text)
        if not groups:
            which = d.Say(response="stock.which_medicine")
            return [which, question.remember(question=question.ask)]
        spoken: list[d.Directive] = []
        for products in groups:
            if any(product.dea_schedule for product in products):
                spoken.append(d.Say(response="stock.controlled"))
            elif len(products) > 1:
                return [*spoken, *_offer(question, products)]
            else:
                spoken += await self._stock(question, products[0])
        return [*spoken, question.answered_openly(groups[-1][0].product_id)]

    async def _tell(self, question: Question, product: Product) -> Answer:
        spoken = await self._stock(question, product)
        return [*spoken, question.answered_openly(product.product_id)]

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
    return [
        d.Choices(response="stock.which", options=options, numbered=True),
        question.remember(
            question=question.ask,
            offered_products=tuple(product.product_id for product in shown),
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
