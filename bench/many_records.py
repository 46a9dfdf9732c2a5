"""Invents a chain's records: as many prescriptions as wanted, written in bulk.

Every patient has four prescriptions of medicines with different names, and of each one fill; one
in ten has a caregiver.
Medicines and stores are those of the demonstration pharmacy in every size, so that prescriptions,
fills and patients become more, and nothing else does.
"""

import json
import random
from datetime import date, datetime, timedelta
from itertools import batched

from sqlalchemy import Insert, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.feed.demo import demo_records
from bot.feed.json_lines import read
from bot.pharmacy.identity_keys import name_key, phone_key, rx_key
from bot.services.records import import_records
from bot.storage.base import Base
from bot.storage.database import Database
from bot.storage.records import Fill, Patient, Prescription, Product, Proxy, Store
from bot.storage.schema import migrate

EACH = 4  # prescriptions of a patient
CARED_FOR = 10  # one patient in so many has a caregiver
PATIENTS_A_BATCH = 2_500
STATES = ("ready", "in_progress", "picked_up", "picked_up")
NAMES = ("Abbott", "Bianchi", "Castillo", "Dvorak", "Eriksen", "Fournier", "Gupta", "Haddad")


async def write_records(database: Database, prescriptions: int, now: datetime) -> None:
    """Migrate an empty database and fill it."""
    await migrate(database)
    lines = (json.dumps(record) for record in demo_records(now))
    await import_records(database, read(lines), now)
    async with database.read() as session:
        products = [product for product, _ in await medicines(session)]
        stores = list(await session.scalars(select(Store.store_id).order_by(Store.store_id)))
    for numbers in batched(range(prescriptions // EACH), PATIENTS_A_BATCH):
        async with database.write() as session:
            await _write(session, numbers, products, stores, now)
    await _tidy(database)


async def _tidy(database: Database) -> None:
    """What PostgreSQL does by itself some time after a load. On SQLite nobody does it."""
    if database.backend != "postgresql":
        return
    async with database.engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("VACUUM ANALYZE"))
        await alone.execute(text("CHECKPOINT"))


async def medicines(session: AsyncSession) -> list[tuple[str, str]]:
    """(id, name) of one product of each name, so that a name means one prescription."""
    rows = await session.execute(
        select(func.min(Product.product_id), Product.generic_name)
        .group_by(Product.generic_name)
        .order_by(Product.generic_name)
    )
    return [(row[0], row[1]) for row in rows]


def patient_id(number: int) -> str:
    """The patient with this number, from 0."""
    return f"B-{number:07d}"


def rx_number(number: int, which: int) -> str:
    """One of a patient's prescriptions."""
    return f"9{number:07d}{which}"


def product_of(number: int, which: int, products: int) -> int:
    """Which of so many medicines one of a patient's prescriptions is for."""
    return (number * 7 + which * 11) % products


def last_name(number: int) -> str:
    """What the patient is called."""
    return f"{NAMES[number % len(NAMES)]}{number}"


def born(number: int) -> date:
    """When the patient was."""
    return date(1930, 1, 1) + timedelta(days=number % 30_000)


def _rows(model: type[Base]) -> Insert:
    """An insert of many rows at once: through the classes each row would be a statement."""
    return insert(Base.metadata.tables[model.__tablename__])


async def _write(
    session: AsyncSession,
    numbers: tuple[int, ...],
    products: list[str],
    stores: list[str],
    now: datetime,
) -> None:
    await session.execute(_rows(Patient), [_patient(number) for number in numbers])
    cared_for = [number for number in numbers if number % CARED_FOR == 0]
    await session.execute(_rows(Proxy), [_proxy(number) for number in cared_for])
    pairs = [(number, which) for number in numbers for which in range(EACH)]
    await session.execute(
        _rows(Prescription),
        [
            _prescription(
                number, which, products[product_of(number, which, len(products))],
                stores[number % len(stores)], now.date(),
            )
            for number, which in pairs
        ],
    )  # fmt: skip
    await session.execute(_rows(Fill), [_fill(*pair, now) for pair in pairs])


def _patient(number: int) -> dict[str, object]:
    name, phone = last_name(number), f"555{number:07d}"
    return {
        "patient_id": patient_id(number),
        "first_name": "Robin",
        "last_name": name,
        "last_name_key": name_key(name),
        "date_of_birth": born(number),
        "phone": phone,
        "phone_key": phone_key(phone),
        "language": "en",
    }


def _proxy(number: int) -> dict[str, object]:
    name, phone = f"{last_name(number)} junior", f"556{number:07d}"
    return {
        "proxy_id": f"C-{number:07d}",
        "patient_id": patient_id(number),
        "last_name": name,
        "last_name_key": name_key(name),
        "date_of_birth": born(number + 9_000),
        "phone": phone,
        "phone_key": phone_key(phone),
        "relationship": "child",
        "expires_on": None,
    }


def _prescription(
    number: int, which: int, product: str, store: str, today: date
) -> dict[str, object]:
    rx = rx_number(number, which)
    return {
        "rx_number": rx,
        "rx_key": rx_key(rx),
        "store_id": store,
        "patient_id": patient_id(number),
        "product_id": product,
        "directions": "Take 1 tablet by mouth once daily.",
        "quantity": 30,
        "days_supply": 30,
        "refills_remaining": 3,
        "written_on": today - timedelta(days=90),
        "expires_on": today + timedelta(days=275),
        "prescriber_name": "Dr. Helen Park",
        "status": "active",
        "sensitive": False,
    }


def _fill(number: int, which: int, now: datetime) -> dict[str, object]:
    asked, state = now - timedelta(days=2), STATES[which]
    return {
        "fill_id": f"F-{rx_number(number, which)}",
        "rx_number": rx_number(number, which),
        "state": state,
        "requested_at": asked,
        "promised_at": now + timedelta(days=1),
        "ready_at": asked + timedelta(days=1) if state != "in_progress" else None,
        "picked_up_at": now - timedelta(hours=3) if state == "picked_up" else None,
        "quantity": 30,
        "method": "pickup",
        "updated_at": now,
    }


def spread(patients: int, count: int, seed: int = 0) -> list[int]:
    """So many different patients' numbers, anywhere among all of them."""
    return random.Random(seed).sample(range(patients), min(count, patients))
