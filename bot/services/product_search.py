"""Finding a medicine in the pharmacy's catalogue, for somebody who writes about it."""

import re
from collections.abc import Sequence

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.records import Product

MOST = 50


async def products_like(session: AsyncSession, query: str) -> Sequence[Product]:
    """The products that have every word in their name, brands, strength or form; at most 50."""
    chosen = select(Product)
    for word in query.lower().split():
        like = "%" + re.sub(r"([\\%_])", r"\\\1", word) + "%"
        columns = (Product.generic_name, Product.strength, Product.form, Product.product_id)
        chosen = chosen.where(
            or_(
                *(func.lower(column).like(like, escape="\\") for column in columns),
                func.lower(cast(Product.brand_names, String)).like(like, escape="\\"),
            )
        )
    order = (Product.generic_name, Product.form, Product.strength, Product.product_id)
    return (await session.scalars(chosen.order_by(*order).limit(MOST))).all()
