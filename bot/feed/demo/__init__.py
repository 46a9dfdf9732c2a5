"""The demonstration pharmacy: invented people, medicines and prescriptions around any moment.

The records go through the same import as a pharmacy's own feed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.feed.demo.clock import Clock
from bot.feed.demo.holidays import holidays
from bot.feed.demo.prescriptions import patient_records
from bot.feed.demo.source import DemoInstruction, DemoPatient, DemoProduct, DemoStore, load
from bot.pharmacy.hours import OpeningHours

type FeedRecord = dict[str, object]

REVIEWER = "Dana Whitfield, PharmD (demonstration)"


def demo_records(now: datetime) -> list[FeedRecord]:
    """The records of Cedar Street Pharmacy as of `now` (aware). The same for the same `now`."""
    stores = load("stores.yml", list[DemoStore])
    products = {product.key: product for product in load("products.yml", list[DemoProduct])}
    records = [_store(store, now.year) for store in stores]
    clocks = {
        store.store_id: Clock(now, OpeningHours.from_record(store.hours, store.timezone, special))
        for store in stores
        for special in [_special_days(store, now.year)]
    }
    records += [_product(product) for product in products.values()]
    for patient in load("people.yml", list[DemoPatient]):
        records += patient_records(patient, products, clocks[patient.store])
    records += _stock(products, clocks)
    records += _instructions(products, clocks["cedar-street"])
    return records


def _store(store: DemoStore, year: int) -> FeedRecord:
    fields = store.model_dump(exclude={"holidays"})
    return {"type": "store", **fields, "exceptions": _special_days(store, year)}


def _special_days(store: DemoStore, year: int) -> list[FeedRecord]:
    """The holidays of this year, the next, and the New Year's Day after it."""
    days = {
        day: store.holidays[name]
        for each in (year, year + 1, year + 2)
        for name, day in holidays(each).items()
        if each < year + 2 or name == "new_year"
    }
    return [{"date": day.isoformat(), "hours": hours} for day, hours in sorted(days.items())]


def _product(product: DemoProduct) -> FeedRecord:
    return {
        "type": "product",
        "product_id": product.id,
        "generic_name": product.name,
        "brand_names": product.brands,
        "strength": product.strength,
        "form": product.form,
        "dea_schedule": product.dea,
        "special_order": product.special_order,
        "critical": product.critical,
    }


def _stock(products: dict[str, DemoProduct], clocks: dict[str, Clock]) -> Iterator[FeedRecord]:
    missing = load("stock.yml", dict[str, dict[str, str | None]])
    for store_id, clock in clocks.items():
        for number, product in enumerate(products.values()):
            out = product.key in missing[store_id]
            expected = missing[store_id].get(product.key)
            yield {
                "type": "stock",
                "store_id": store_id,
                "product_id": product.id,
                "on_hand": 0 if out else 30 + number * 37 % 270,
                "reserved": 0 if out else number % 4 * 5,
                "expected_on": clock.day(expected).isoformat() if expected else None,
                "as_of": clock.moment("-40m").isoformat(),
            }


def _instructions(products: dict[str, DemoProduct], clock: Clock) -> Iterator[FeedRecord]:
    for instruction in load("instructions.yml", list[DemoInstruction]):
        approved = clock.day("-40d")
        product = products[instruction.product] if instruction.product else None
        yield {
            "type": "instruction",
            **instruction.model_dump(exclude={"product"}),
            "product_id": product.id if product else None,
            "approved_by": REVIEWER,
            "approved_on": approved.isoformat(),
            "review_due_on": (approved + timedelta(days=365)).isoformat(),
        }
