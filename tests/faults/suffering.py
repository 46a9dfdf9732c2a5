"""One fault under load, from the first answer to the account: what all these tests do."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.storage.database import Database
from tests.faults.accounts import MOST_LOOKS, Account, account
from tests.faults.kept import caught_up, settled, waiting
from tests.faults.load import Load
from tests.faults.processes import Installation
from tests.faults.report import ROWS, Row

NEWCOMERS = 5
AFTERWARDS_SECONDS = 2.0
# What two answers for everybody take, at most, on two cores that do nothing else.
WARM_UP_SECONDS = 12.0


@dataclass(frozen=True)
class Fault:
    """`strike` begins it, `mend` ends it after `seconds`; both may take their time."""

    name: str
    strike: Callable[[], None]
    mend: Callable[[], None]
    seconds: float


async def suffer(installation: Installation, fault: Fault) -> Account:
    """Let fifty people write, strike, mend, and count what became of every message."""
    async with opened(installation.database_url) as database, Load(installation.address) as load:
        began = time.monotonic()
        await load.answers(2)
        warm_up = time.monotonic() - began
        before = await waiting(database)
        await asyncio.to_thread(fault.strike)
        load.join(NEWCOMERS)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(fault.mend)
        recovered_at = await asyncio.to_thread(installation.wait_until_ready)
        looks = await settled(database, load.patients, recovered_at)
        await asyncio.sleep(AFTERWARDS_SECONDS)
        await load.finish()
        await caught_up(database, load.devices)
        found = await account(database, load.devices, before, recovered_at)
        # A machine that is busy with other things takes longer before anything fails, and after.
        found.looks = round(looks / max(1.0, warm_up / WARM_UP_SECONDS))
        note(fault.name, installation.database, found, len(load.patients))
        return found


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database, closed at the end."""
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()


def note(fault: str, database: str, found: Account, conversations: int) -> None:
    """Put an account into the report."""
    ROWS.append(
        Row(
            fault, database, 1, int(not found.faults()), conversations, found.sent,
            found.apologies, found.lost, found.doubled, found.out_of_order + found.altered,
            found.unanswered + found.wrong, found.escalations, found.escalations_lost,
            round(found.seconds, 1),
        )
    )  # fmt: skip


def survived(found: Account) -> None:
    """Fail unless nothing was lost, doubled, disordered or left alone, and all came in time."""
    assert not found.faults(), "\n".join(found.notes)
    assert found.looks <= MOST_LOOKS, f"recovered after {found.seconds:.1f} s"
