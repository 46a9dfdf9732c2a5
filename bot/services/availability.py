"""The stock of a product in each store, as far as a patient may know it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.denials import wanted
from bot.pharmacy.medicine_names import narrow
from bot.services.catalogue import Catalogue
from bot.storage.records import Product, Stock, Store

__all__ = [
    "InStoreStock",
    "Product",
    "named_products",
    "products_by_id",
    "products_named",
    "stock_of",
]


@dataclass(frozen=True)
class InStoreStock:
    """One store's stock of a product; `stock` is None when the store has reported none."""

    store: Store
    stock: Stock | None

    @property
    def available(self) -> bool:
        """Whether something is left that is not reserved for others."""
        return self.stock is not None and self.stock.on_hand > self.stock.reserved


async def products_by_id(session: AsyncSession, ids: Sequence[str]) -> list[Product]:
    """The products, in the order of `ids`."""
    rows = await session.scalars(select(Product).where(Product.product_id.in_(ids)))
    found = {row.product_id: row for row in rows}
    return [found[key] for key in ids if key in found]


async def named_products(
    session: AsyncSession, catalogue: Catalogue, text: str
) -> list[list[Product]]:
    """The products that each medicine named in a text can mean, narrowed by what it states."""
    said = wanted(text).text
    mentions = await catalogue.mentions(session, said) if said else ()
    return [
        await products_by_id(session, [item.product_id for item in narrow(mention.medicines, said)])
        for mention in mentions
    ]


async def products_named(session: AsyncSession, names: Sequence[str]) -> list[Product]:
    """All strengths and forms of the generic names, by number."""
    rows = await session.scalars(
        select(Product).where(Product.generic_name.in_(names)).order_by(Product.product_id)
    )
    return list(rows)


async def stock_of(session: AsyncSession, product: Product) -> list[InStoreStock]:
    """What each store reports, by the stores' names."""
    rows = await session.execute(
        select(Store, Stock)
        .outerjoin(
            Stock,
            and_(Stock.store_id == Store.store_id, Stock.product_id == product.product_id),
        )
        .order_by(Store.name)
    )
    return [InStoreStock(store, stock) for store, stock in rows]
