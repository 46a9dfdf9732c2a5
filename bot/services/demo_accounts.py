"""The accounts of the demonstration, whose passwords everybody may read: never outside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.pharmacy.desk import Role
from bot.services.accounts import create, shut
from bot.services.sessions import LetGo, lock_accounts
from bot.storage.database import Database
from bot.storage.staff import StaffAccount


@dataclass(frozen=True)
class DemoAccount:
    """Somebody of the demonstration."""

    username: str
    display_name: str
    role: Role

    @property
    def password(self) -> str:
        """Printed at the start, and in the documentation."""
        return f"willcall-demo-{self.username}"


@dataclass(frozen=True)
class Retired:
    """The accounts that were disabled, and the conversations that were let go."""

    accounts: Sequence[str]
    conversations: Sequence[str]

    def sentence(self) -> str:
        """What the operator is told."""
        names = ", ".join(self.accounts)
        return f"accounts of the demonstration are not for this pharmacy; disabled: {names}"


PEOPLE = (
    DemoAccount("tina", "Tina Lopez", "technician"),
    DemoAccount("paul", "Paul Kim", "pharmacist"),
    DemoAccount("ada", "Ada Stone", "admin"),
)


async def add(database: Database, now: datetime) -> bool:
    """Make them, if there is no account at all yet; whether they were made."""
    async with database.read() as session:
        if await session.scalar(select(func.count()).select_from(StaffAccount)):
            return False
    for person in PEOPLE:
        await create(
            database, person.username, person.display_name, person.role, person.password, None,
            now, demo=True,
        )  # fmt: skip
    return True


async def present(database: Database) -> Sequence[DemoAccount]:
    """Those that can be signed in with the printed password."""
    usable = select(StaffAccount.username).where(
        StaffAccount.demo, StaffAccount.disabled_at.is_(None)
    )
    async with database.read() as session:
        names = set(await session.scalars(usable))
    return [person for person in PEOPLE if person.username in names]


async def retire(database: Database, now: datetime, let_go: LetGo) -> Retired:
    """Disable them and end their sessions, as is done outside the demonstration."""
    usable = select(StaffAccount.username).where(
        StaffAccount.demo, StaffAccount.disabled_at.is_(None)
    )
    changed: list[str] = []
    async with database.write() as session:
        accounts = await lock_accounts(session, (await session.scalars(usable)).all())
        for account in accounts.values():
            changed += await shut(session, account, None, now, let_go, why="not_a_demonstration")
    return Retired(list(accounts), changed)
