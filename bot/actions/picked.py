"""Which product of the catalogue an answer picks: by a button, a place in the list, a kind."""

from bot.actions.base import Question
from bot.pharmacy.follow_up import ordinal
from bot.pharmacy.medicine_names import narrow, stated_strength
from bot.pharmacy.narrowing import names_form
from bot.services.availability import Product, products_by_id, products_named
from bot.services.catalogue import as_medicine


async def picked_product(question: Question) -> Product | None:
    """The product that the answer picks, if it picks one."""
    asker = question.asker
    chosen = asker.picked_product
    place = ordinal(question.text)
    offered = asker.memory.offered_products
    if chosen is None and place is not None and -1 <= place < len(offered):
        chosen = offered[place]
    found = await products_by_id(question.session, [chosen]) if chosen else []
    return found[0] if found else await _by_kind(question)


async def _by_kind(question: Question) -> Product | None:
    """ "The 1000", "the capsules": after a choice, or after an answer about another kind."""
    if stated_strength(question.text) is None and not names_form(question.text):
        return None
    memory = question.asker.memory
    products = await products_by_id(question.session, memory.offered_products)
    if not products and memory.focus_product:
        last = await products_by_id(question.session, [memory.focus_product])
        names = [product.generic_name for product in last]
        products = await products_named(question.session, names)
    left = narrow([as_medicine(product) for product in products], question.text)
    if not len(left) == 1 < len(products):
        return None
    return next(product for product in products if product.product_id == left[0].product_id)
