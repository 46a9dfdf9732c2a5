"""The stock of a product in each store, as far as a patient may know it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.storage.records import Product, Stock, Store


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
