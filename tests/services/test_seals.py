"""What is sealed can be opened with its key, for its owner, and by nobody else."""

from datetime import UTC, datetime

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from bot.services import second_factor
from bot.services.seals import MARK, NO_SEAL, CannotOpen, Seal
from bot.services.sessions import SignInRules
from bot.services.sign_in import Attempt, Failed, Outcome, SignedIn, sign_in
from bot.settings import SettingsError, load
from bot.storage.database import Database
from bot.storage.staff import AuditEntry, StaffAccount
from tests.staff import PASSWORD, add_staff

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
OLD, NEW = "old phrase of an operator " * 2, "newer phrase of an operator " * 2
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


async def attempt(database: Database, seal: Seal, at: datetime = NOW) -> Outcome:
    rules = SignInRules(10, 15, 30, 12, demo=False, seal=seal)

    async def nothing(*_given: object) -> list[str]:
        return []

    sent = Attempt("paul", PASSWORD, pyotp.TOTP(SECRET).at(at))
    return await sign_in(database, sent, rules, at, nothing)


async def stored(database: Database) -> str:
    async with database.read() as session:
        return (await session.scalars(select(StaffAccount.totp_secret))).one() or ""


@given(st.text(), st.text().filter(lambda name: "\n" not in name))
def test_what_is_sealed_opens_for_its_owner(secret: str, owner: str) -> None:
    secret, owner = (each.encode("utf-8", "replace").decode() for each in (secret, owner))
    sealed = Seal([OLD]).close(owner, secret)
    assert Seal([OLD]).open(owner, sealed) == secret
    assert Seal([NEW, OLD]).open(owner, sealed) == secret
    for stranger in (Seal([NEW]), NO_SEAL):
        assert stranger.open(owner, sealed) == CannotOpen()
    assert Seal([OLD]).open(owner + "x", sealed) == CannotOpen()


def test_a_damaged_one_does_not_open() -> None:
    sealed = Seal([OLD]).close("paul", SECRET)
    for damaged in (sealed[:-1], sealed[:20] + "A" + sealed[21:], MARK, MARK + "ä"):
        assert Seal([OLD]).open("paul", damaged) == CannotOpen()


async def test_the_database_does_not_hold_the_secret(database: Database) -> None:
    await add_staff(database, "paul", "pharmacist")
    code = pyotp.TOTP(SECRET).at(NOW)
    await second_factor.set_up(database, "paul", SECRET, code, None, NOW, Seal([OLD]))
    assert SECRET not in await stored(database)
    later = datetime(2026, 11, 23, 19, 5, tzinfo=UTC)
    assert isinstance(await attempt(database, Seal([NEW, OLD]), later), SignedIn)


@pytest.mark.parametrize("seal", [Seal([NEW]), NO_SEAL])
async def test_without_the_key_nobody_signs_in(database: Database, seal: Seal) -> None:
    await add_staff(database, "paul", "pharmacist", totp_secret=Seal([OLD]).close("paul", SECRET))
    assert await attempt(database, seal) == Failed()
    async with database.read() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert entry.detail == {"why": "key"}


async def test_one_from_before_the_key_is_sealed_with_the_next_sign_in(database: Database) -> None:
    await add_staff(database, "paul", "pharmacist", totp_secret=SECRET)
    assert isinstance(await attempt(database, Seal([OLD])), SignedIn)
    sealed = await stored(database)
    assert Seal([OLD]).open("paul", sealed) == SECRET
    assert SECRET not in sealed


async def test_a_sealed_secret_is_no_ones_but_its_owners(database: Database) -> None:
    """Who can write to the database cannot give an account the second factor of another."""
    await add_staff(database, "eve", "technician", totp_secret=Seal([OLD]).close("eve", SECRET))
    await add_staff(database, "paul", "pharmacist", totp_secret="x")
    async with database.write() as session:
        copied = "(SELECT totp_secret FROM staff_account WHERE username = 'eve')"
        await session.execute(
            text(f"UPDATE staff_account SET totp_secret = {copied} WHERE username = 'paul'")
        )
    assert await attempt(database, Seal([OLD])) == Failed()


def test_a_short_key_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("short", f"{OLD}, short"):
        monkeypatch.setenv("WILLCALL_SECRET_KEY", wrong)
        with pytest.raises(SettingsError, match=r"WILLCALL_SECRET_KEY: .*32") as raised:
            load()
        assert OLD.strip() not in str(raised.value)
    monkeypatch.setenv("WILLCALL_SECRET_KEY", f"{NEW}, {OLD}")
    assert load().secret_keys == (NEW.strip(), OLD.strip())
    assert NEW.strip() not in repr(load())
