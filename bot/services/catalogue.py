"""The medicines of the pharmacy, ready to be found in what a patient types."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.pharmacy.medicine_names import Medicine, MedicineIndex, Mention
from bot.storage.records import FeedImport, Product


@dataclass
class Catalogue:
    """An index of all products, built again when the records have changed.

    The products are read again when something is asked for that the index does not have, if there
    was an import since: a product that has just come in is found by the first who asks for it.
    """

    _index: MedicineIndex = field(default_factory=lambda: MedicineIndex(()))
    _medicines: dict[str, Medicine] = field(default_factory=dict)
    _newest: int | None = None

    async def mentions(
        self, session: AsyncSession, text: str, own: Sequence[Product] = ()
    ) -> tuple[Mention, ...]:
        """The medicines that a text names; `own` are products that must be known."""
        if any(self._medicines.get(item.product_id) != as_medicine(item) for item in own):
            await self.refresh(session)
        searched = self._newest
        found = self._index.find(text)
        if not found and await _newest_import(session) != searched:
            await self.refresh(session)
            found = self._index.find(text)
        return found

    async def refresh(self, session: AsyncSession) -> None:
        """Read the products again."""
        newest = await _newest_import(session)  # before: what comes meanwhile is read again
        rows = await session.scalars(select(Product).order_by(Product.product_id))
        self._medicines = {row.product_id: as_medicine(row) for row in rows}
        self._index = MedicineIndex(self._medicines.values())
        self._newest = newest  # with the index: who asks meanwhile has searched an older one


async def _newest_import(session: AsyncSession) -> int | None:
    """The last import: nothing else writes products."""
    return await session.scalar(select(func.max(FeedImport.id)))


def as_medicine(product: Product) -> Medicine:
    """A product as the matching rules see it."""
    return Medicine(
        product.product_id,
        product.generic_name,
        tuple(product.brand_names),
        product.strength,
        product.form,
    )
