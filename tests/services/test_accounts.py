"""Accounts, signing in and sessions, as services on both databases."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.services import account_list, accounts, demo_accounts, passwords, second_factor, sessions
from bot.services.accounts import Created, Done, OwnAccount, Refused, Unknown
from bot.services.audit import Actor, Filters, listed
from bot.services.seals import NO_SEAL
from bot.services.second_factor import Changed, WrongCode
from bot.services.sessions import Current, SignInRules
from bot.services.sign_in import Attempt, CodeRequired, Failed, Locked, Outcome, SignedIn, sign_in
from bot.storage.database import Database
from bot.storage.staff import AuditEntry, SignInFailure, StaffAccount, StaffSession
from tests.staff import CHEAP, PASSWORD, add_staff

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
RULES = SignInRules(failures=3, lock_minutes=15, idle_minutes=30, session_hours=12, demo=True)
ADMIN = Actor("ada", "Ada", "admin", "192.0.2.1")
MINUTE = timedelta(minutes=1)


class LettingGo:
    """Notes for whom conversations were let go."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def __call__(self, session: AsyncSession, username: str, now: datetime) -> Sequence[str]:
        self.names.append(username)
        return [f"conversation of {username}"]


@pytest.fixture
def let_go() -> LettingGo:
    return LettingGo()


async def attempt(
    database: Database,
    username: str,
    password: str = PASSWORD,
    code: str | None = None,
    *,
    at: datetime = NOW,
    rules: SignInRules = RULES,
    old: str | None = None,
    let_go: LettingGo | None = None,
) -> Outcome:
    sent = Attempt(username, password, code, "192.0.2.7", old)
    return await sign_in(database, sent, rules, at, let_go or LettingGo())


async def signed_in(database: Database, username: str, **more: Any) -> SignedIn:
    outcome = await attempt(database, username, **more)
    assert isinstance(outcome, SignedIn)
    return outcome


async def lives(database: Database, token: str, at: datetime = NOW, **more: Any) -> bool:
    return await sessions.current(database, token, RULES, at, **more) is not None


async def audit_of(database: Database, **filters: Any) -> list[AuditEntry]:
    """Oldest first."""
    async with database.read() as session:
        return list(await listed(session, Filters(**filters)))[::-1]


class TestMakingAccounts:
    async def test_an_account_is_made_once(self, database: Database) -> None:
        made = await accounts.create(
            database, "Paul.K", " Paul Kim ", "pharmacist", PASSWORD, ADMIN, NOW
        )
        assert made == Created("paul.k")
        again = await accounts.create(
            database, "paul.k", "Paul", "technician", PASSWORD, ADMIN, NOW
        )
        assert again == Refused("taken")
        [account] = await account_list.listed(database, RULES, NOW)
        assert (account.username, account.display_name, account.role) == (
            "paul.k", "Paul Kim", "pharmacist",
        )  # fmt: skip
        [entry] = await audit_of(database)
        assert (entry.username, entry.action, entry.outcome) == ("ada", "account_created", "ok")
        assert entry.detail == {"account": "paul.k", "account_role": "pharmacist"}

    @pytest.mark.parametrize(
        ("username", "display_name", "role", "password", "reason"),
        [
            ("x", "X", "admin", PASSWORD, "username"),
            ("x" * 41, "X", "admin", PASSWORD, "username"),
            ("two words", "X", "admin", PASSWORD, "username"),
            ("pául", "X", "admin", PASSWORD, "username"),
            ("paul\n", "X", "admin", PASSWORD, "username"),
            ("paul", " ", "admin", PASSWORD, "display_name"),
            ("paul", "x" * 61, "admin", PASSWORD, "display_name"),
            ("paul", "Paul\nKim", "admin", PASSWORD, "display_name"),
            ("paul", "Paul", "owner", PASSWORD, "role"),
            ("paul", "Paul", "admin", "short", "password_short"),
            ("paul", "Paul", "admin", "x" * 11, "password_short"),
            ("paul", "Paul", "admin", "long enough " * 20, "password_long"),
            ("paul.kim.pharmacist", "P", "admin", "Paul.Kim.Pharmacist", "password_is_name"),
            ("paul", "Paul", "admin", "Password1234", "password_common"),
            ("paul", "Paul", "admin", "aaaaaaaaaaaaaaaaaa", "password_common"),
        ],
    )
    async def test_what_is_refused(
        self,
        database: Database,
        username: str,
        display_name: str,
        role: str,
        password: str,
        reason: accounts.Reason,
    ) -> None:
        made = await accounts.create(database, username, display_name, role, password, None, NOW)
        assert made == Refused(reason)
        assert await account_list.listed(database, RULES, NOW) == []

    async def test_a_password_is_the_same_however_a_keyboard_composes_it(
        self, database: Database
    ) -> None:
        await accounts.create(database, "ana", "Ana", "admin", "contrasen\u0303a larga", None, NOW)
        await signed_in(database, "ana", password="contrase\u00f1a larga")

    async def test_what_nobody_has_is_unknown(self, database: Database, let_go: LettingGo) -> None:
        assert await accounts.enable(database, "nobody", ADMIN, NOW) == Unknown()
        assert await accounts.unlock(database, "nobody", ADMIN, NOW) == Unknown()
        assert await accounts.disable(database, "nobody", ADMIN, NOW, let_go) == Unknown()
        unknown = await accounts.sign_out_everywhere(database, "nobody", ADMIN, NOW, let_go)
        assert unknown == Unknown()
        unset = await accounts.set_password(database, "nobody", PASSWORD, ADMIN, NOW, let_go)
        assert unset == Unknown()
        assert await second_factor.remove(database, "nobody", ADMIN, NOW) == Unknown()
        assert let_go.names == []


class TestSigningIn:
    async def test_name_and_password(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist", display_name="Paul Kim")
        outcome = await signed_in(database, " Paul ")
        assert (outcome.username, outcome.display_name, outcome.role) == (
            "paul", "Paul Kim", "pharmacist",
        )  # fmt: skip
        current = await sessions.current(database, outcome.token, RULES, NOW)
        expires = NOW + timedelta(hours=12)
        assert current == Current(outcome.token, "paul", "Paul Kim", "pharmacist", False, expires)
        async with database.read() as session:
            stored = await session.scalar(select(StaffSession.token_hash))
        assert stored == sessions.digest(outcome.token)
        assert outcome.token not in str(outcome)
        [entry] = await audit_of(database)
        assert (entry.username, entry.role, entry.action, entry.outcome, entry.address) == (
            "paul", "pharmacist", "sign_in", "ok", "192.0.2.7",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "username", ["nobody", "paul\x00", "\ud800", "x" * 200, "", PASSWORD, "' or 1=1 --"]
    )
    async def test_names_that_nobody_has(self, database: Database, username: str) -> None:
        assert await attempt(database, username) == Failed()
        [entry] = await audit_of(database)
        assert (entry.username, entry.role, entry.outcome) == (None, None, "sign_in_failed")
        assert entry.detail == {"why": "no_account"}

    @pytest.mark.parametrize("password", ["", "wrong", "\ud800", "x\x00y", PASSWORD + " "])
    async def test_wrong_passwords(self, database: Database, password: str) -> None:
        await add_staff(database, "paul", "pharmacist")
        assert await attempt(database, "paul", password) == Failed()
        [entry] = await audit_of(database)
        assert (entry.username, entry.outcome) == ("paul", "sign_in_failed")
        assert entry.detail == {"why": "password"}

    async def test_a_name_that_nobody_has_costs_the_same_work(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Counting(PasswordHasher):
            verified = 0

            def verify(self, hash: str | bytes, password: str | bytes) -> Any:
                Counting.verified += 1
                return super().verify(hash, password)

        monkeypatch.setattr(
            passwords, "HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1)
        )
        await add_staff(database, "paul", "pharmacist")
        for name in ("paul", "nobody"):
            before = Counting.verified
            await attempt(database, name, "wrong")
            assert Counting.verified == before + 1

    async def test_an_older_hash_is_renewed(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await add_staff(database, "paul", "pharmacist")
        dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
        monkeypatch.setattr(passwords, "HASHER", dearer)
        await signed_in(database, "paul")
        async with database.read() as session:
            stored = await session.scalar(select(StaffAccount.password_hash))
        assert stored is not None
        assert not dearer.check_needs_rehash(stored)
        await signed_in(database, "paul")

    async def test_hashing_leaves_the_database_and_the_loop_alone(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While a hash is computed, others write: SQLite has one writer."""
        await add_staff(database, "paul", "pharmacist")
        began, loop = asyncio.Event(), asyncio.get_running_loop()

        class Slow(PasswordHasher):
            def verify(self, hash: str | bytes, password: str | bytes) -> Any:
                loop.call_soon_threadsafe(began.set)
                asyncio.run_coroutine_threadsafe(written.wait(), loop).result(10)
                return super().verify(hash, password)

        written = asyncio.Event()
        monkeypatch.setattr(passwords, "HASHER", Slow(time_cost=1, memory_cost=8, parallelism=1))
        under_way = asyncio.create_task(attempt(database, "paul"))
        await began.wait()
        await add_staff(database, "tina", "technician")
        written.set()
        assert isinstance(await under_way, SignedIn)

    async def test_a_password_that_is_changed_meanwhile_counts(
        self, database: Database, let_go: LettingGo, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await add_staff(database, "paul", "pharmacist")
        began, loop = asyncio.Event(), asyncio.get_running_loop()
        changed = asyncio.Event()

        class Slow(PasswordHasher):
            def verify(self, hash: str | bytes, password: str | bytes) -> Any:
                loop.call_soon_threadsafe(began.set)
                asyncio.run_coroutine_threadsafe(changed.wait(), loop).result(10)
                return super().verify(hash, password)

        monkeypatch.setattr(passwords, "HASHER", Slow(time_cost=1, memory_cost=8, parallelism=1))
        under_way = asyncio.create_task(attempt(database, "paul"))
        await began.wait()
        await accounts.set_password(database, "paul", "another password", ADMIN, NOW, let_go)
        changed.set()
        assert await under_way == Failed()

    async def test_a_disabled_account_reads_like_a_wrong_password(
        self, database: Database, let_go: LettingGo
    ) -> None:
        await add_staff(database, "paul", "pharmacist")
        await accounts.disable(database, "paul", ADMIN, NOW, let_go)
        assert await attempt(database, "paul") == Failed()
        assert (await audit_of(database, action="sign_in"))[0].detail == {"why": "disabled"}
        await accounts.enable(database, "paul", ADMIN, NOW)
        await signed_in(database, "paul")

    async def test_nothing_typed_is_kept_or_logged(
        self, database: Database, let_go: LettingGo, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "bot")
        secret = "hunter2 and more of it"
        await accounts.create(database, "paul", "Paul", "admin", secret, None, NOW)
        await accounts.set_password(database, "paul", secret + "!", None, NOW, let_go)
        await signed_in(database, "paul", password=secret + "!")
        await attempt(database, secret, "a wrong one that is typed")  # into the wrong field
        await attempt(database, "paul", "a wrong one that is typed")
        assert "hunter2" not in repr(Attempt("paul", secret))
        async with database.read() as session:
            for table in ("audit_entry", "sign_in_failure", "staff_account", "staff_session"):
                rows = (await session.execute(text(f"SELECT * FROM {table}"))).all()
                assert rows
                assert "hunter2" not in str(rows)
                assert "a wrong one" not in str(rows)
        assert "hunter2" not in caplog.text
        assert "a wrong one" not in caplog.text


@pytest.mark.parametrize("name", ["paul", "nobody"])
class TestLocks:
    """The same for a name with an account and for one without."""

    @pytest.fixture(autouse=True)
    async def paul(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist")

    async def test_failures_lock_the_name(self, database: Database, name: str) -> None:
        times = [NOW + each * MINUTE for each in (0, 5, 14)]
        for at in times:
            assert await attempt(database, name, "wrong", at=at) == Failed()
        # Even the right password is not looked at now, whatever way the name is written.
        last = times[-1]
        assert await attempt(database, name.upper(), at=last) == Locked(15 * 60)
        assert await attempt(database, name, at=last + 14.5 * MINUTE) == Locked(30)
        outcome = await attempt(database, name, at=last + 15 * MINUTE)
        assert isinstance(outcome, SignedIn if name == "paul" else Failed)
        refused = await audit_of(database, outcome="sign_in_locked")
        assert [entry.username for entry in refused] == [name if name == "paul" else None] * 2

    async def test_failures_far_apart_do_not(self, database: Database, name: str) -> None:
        for at in (0, 8, 16, 24, 32):
            assert await attempt(database, name, "wrong", at=NOW + at * MINUTE) == Failed()

    async def test_many_at_once_are_judged_one_by_one(self, database: Database, name: str) -> None:
        outcomes = await asyncio.gather(*(attempt(database, name, "wrong") for _ in range(8)))
        assert sum(isinstance(each, Failed) for each in outcomes) == 3
        assert sum(isinstance(each, Locked) for each in outcomes) == 5

    async def test_other_names_stay_open(self, database: Database, name: str) -> None:
        await add_staff(database, "tina", "technician")
        for _ in range(4):
            await attempt(database, name, "wrong")
        await signed_in(database, "tina")

    async def test_old_failures_are_forgotten(self, database: Database, name: str) -> None:
        await attempt(database, name, "wrong")
        await attempt(database, "another", "wrong", at=NOW + timedelta(days=2))
        async with database.read() as session:
            assert await session.scalar(select(func.count()).select_from(SignInFailure)) == 1


class TestLocksOfAccounts:
    async def test_a_success_takes_failures_back(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist")
        for _ in range(3):
            await attempt(database, "paul", "wrong")
            await attempt(database, "paul", "wrong")
            await signed_in(database, "paul")

    async def test_an_admin_unlocks(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist")
        for _ in range(3):
            await attempt(database, "paul", "wrong")
        [account] = await account_list.listed(database, RULES, NOW)
        assert account.locked
        assert await accounts.unlock(database, "paul", ADMIN, NOW) == Done()
        [account] = await account_list.listed(database, RULES, NOW)
        assert not account.locked
        await signed_in(database, "paul")

    async def test_wrong_codes_lock_too(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist", totp_secret=pyotp.random_base32())
        for _ in range(3):
            assert await attempt(database, "paul", code="000000") == Failed()
        assert isinstance(await attempt(database, "paul", code="000000"), Locked)


class TestSecondFactor:
    SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

    def code(self, at: datetime) -> str:
        return pyotp.TOTP(self.SECRET).at(at)

    async def test_the_code_is_asked_for_after_the_password(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist", totp_secret=self.SECRET)
        assert await attempt(database, "paul", "wrong") == Failed()
        assert await attempt(database, "paul", "wrong", self.code(NOW)) == Failed()
        assert await attempt(database, "paul") == CodeRequired()
        assert await attempt(database, "paul", code=" ") == CodeRequired()
        outcome = await signed_in(database, "paul", code=self.code(NOW))
        current = await sessions.current(database, outcome.token, RULES, NOW)
        assert current is not None
        assert current.second_factor
        assert [entry.outcome for entry in await audit_of(database)] == [
            "sign_in_failed", "sign_in_failed", "code_required", "code_required", "ok",
        ]  # fmt: skip

    async def test_a_code_is_good_once(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist", totp_secret=self.SECRET)
        code = self.code(NOW)
        outcomes = await asyncio.gather(*(attempt(database, "paul", code=code) for _ in range(3)))
        assert sum(isinstance(each, SignedIn) for each in outcomes) == 1
        assert sum(each == Failed() for each in outcomes) == 2
        earlier = self.code(NOW - timedelta(seconds=30))
        assert await attempt(database, "paul", code=earlier) == Failed()

    @pytest.mark.parametrize(("seconds", "right"), [(-60, 0), (-30, 1), (0, 1), (30, 1), (60, 0)])
    async def test_clocks_may_differ_by_one_step(
        self, database: Database, seconds: int, right: int
    ) -> None:
        await add_staff(database, "paul", "pharmacist", totp_secret=self.SECRET)
        code = self.code(NOW + timedelta(seconds=seconds))
        typed = f" {code[:3]} {code[3:]}"
        outcome = await attempt(database, "paul", code=typed)
        assert isinstance(outcome, SignedIn if right else Failed)

    @pytest.mark.parametrize("code", ["\ud800", "١٢٣٤٥٦", "12345", "x" * 20])
    async def test_strange_codes(self, database: Database, code: str) -> None:
        await add_staff(database, "paul", "pharmacist", totp_secret=self.SECRET)
        assert await attempt(database, "paul", code=code) == Failed()

    async def test_it_is_set_up_with_a_code_that_is_then_used_up(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist")
        wrong = await second_factor.set_up(
            database, "paul", self.SECRET, "000000", None, NOW, NO_SEAL
        )
        assert wrong == WrongCode()
        await signed_in(database, "paul")
        code = self.code(NOW)
        done = await second_factor.set_up(database, "paul", self.SECRET, code, None, NOW, NO_SEAL)
        assert done == Changed()
        assert await attempt(database, "paul", code=code) == Failed()
        later = NOW + MINUTE
        await signed_in(database, "paul", code=self.code(later), at=later)
        assert await second_factor.remove(database, "paul", None, NOW) == Changed()
        await signed_in(database, "paul")
        told = [entry.action for entry in await audit_of(database)]
        assert "second_factor_set" in told
        assert "second_factor_removed" in told

    def test_the_address_for_an_authenticator(self) -> None:
        address = second_factor.address_of(self.SECRET, "paul")
        assert address == f"otpauth://totp/Willcall:paul?secret={self.SECRET}&issuer=Willcall"
        assert len(second_factor.new_secret()) == 32


class TestSessions:
    @pytest.fixture(autouse=True)
    async def paul(self, database: Database) -> None:
        await add_staff(database, "paul", "pharmacist")

    async def test_it_ends_after_some_time_without_requests(self, database: Database) -> None:
        token = (await signed_in(database, "paul")).token
        at = NOW
        for _ in range(4):
            at += 29 * MINUTE
            assert await lives(database, token, at)
        assert not await lives(database, token, at + 30 * MINUTE)

    async def test_the_background_does_not_count(self, database: Database) -> None:
        token = (await signed_in(database, "paul")).token
        for minutes in (10, 20, 29):
            assert await lives(database, token, NOW + minutes * MINUTE, active=False)
        assert not await lives(database, token, NOW + 30 * MINUTE)

    async def test_it_ends_after_some_hours_in_any_case(self, database: Database) -> None:
        token = (await signed_in(database, "paul")).token
        at, end = NOW, NOW + timedelta(hours=12)
        while at < end:
            assert await lives(database, token, at)
            at += 20 * MINUTE
        assert not await lives(database, token, end)

    async def test_not_every_request_writes(self, database: Database) -> None:
        token = (await signed_in(database, "paul")).token

        async def seen() -> datetime | None:
            async with database.read() as session:
                return await session.scalar(select(StaffSession.seen_at))

        await lives(database, token, NOW + 0.9 * MINUTE)
        assert await seen() == NOW
        await lives(database, token, NOW + MINUTE)
        assert await seen() == NOW + MINUTE
        await lives(database, token, NOW)
        assert await seen() == NOW + MINUTE

    @pytest.mark.parametrize("token", ["", "x", "\udc80", "x" * 5000])
    async def test_other_tokens_are_nobody(self, database: Database, token: str) -> None:
        await signed_in(database, "paul")
        assert not await lives(database, token)

    async def test_the_stored_digest_is_not_a_token(self, database: Database) -> None:
        token = (await signed_in(database, "paul")).token
        assert not await lives(database, sessions.digest(token))

    async def test_signing_in_again_ends_the_session_of_that_browser(
        self, database: Database, let_go: LettingGo
    ) -> None:
        first = await signed_in(database, "paul")
        second = await signed_in(database, "paul", old=first.token, let_go=let_go)
        assert second.token != first.token
        assert not await lives(database, first.token)
        assert await lives(database, second.token)
        assert let_go.names == []

    async def test_a_failure_does_not(self, database: Database) -> None:
        first = await signed_in(database, "paul")
        await attempt(database, "paul", "wrong", old=first.token)
        assert await lives(database, first.token)

    async def test_somebody_else_in_the_same_browser(
        self, database: Database, let_go: LettingGo
    ) -> None:
        await add_staff(database, "tina", "technician")
        first = await signed_in(database, "paul")
        second = await signed_in(database, "tina", old=first.token, let_go=let_go)
        assert not await lives(database, first.token)
        assert let_go.names == ["paul"]
        assert second.conversations == ["conversation of paul"]
        [entry] = await audit_of(database, action="sign_out")
        assert entry.username == "paul"

    async def test_only_the_last_session_lets_go(
        self, database: Database, let_go: LettingGo
    ) -> None:
        for left in (1, 0):
            first = await signed_in(database, "paul")
            current = await sessions.current(database, first.token, RULES, NOW)
            assert current is not None
            if left:
                second = await signed_in(database, "paul")
            changed = await sessions.sign_out(
                database, current, current.actor(None), RULES, NOW, let_go
            )
            assert not await lives(database, first.token)
            assert list(changed) == ([] if left else ["conversation of paul"])
            if left:
                assert await lives(database, second.token)
                await accounts.sign_out_everywhere(database, "paul", None, NOW, LettingGo())
        assert let_go.names == ["paul"]

    async def test_two_browsers_that_sign_out_together_let_go(
        self, database: Database, let_go: LettingGo
    ) -> None:
        found = [
            await sessions.current(database, (await signed_in(database, "paul")).token, RULES, NOW)
            for _ in range(2)
        ]
        await asyncio.gather(
            *(
                sessions.sign_out(database, each, each.actor(None), RULES, NOW, let_go)
                for each in found
                if each is not None
            )
        )
        assert let_go.names == ["paul"]

    @pytest.mark.parametrize("how", ["disable", "password", "everywhere"])
    async def test_all_sessions_end_at_once(
        self, database: Database, let_go: LettingGo, how: str
    ) -> None:
        tokens = [(await signed_in(database, "paul")).token for _ in range(2)]
        if how == "disable":
            outcome: object = await accounts.disable(database, "paul", ADMIN, NOW, let_go)
        elif how == "password":
            outcome = await accounts.set_password(
                database, "paul", "another password", ADMIN, NOW, let_go
            )
        else:
            outcome = await accounts.sign_out_everywhere(database, "paul", ADMIN, NOW, let_go)
        assert outcome == Done(["conversation of paul"])
        assert let_go.names == ["paul"]
        assert [await lives(database, token) for token in tokens] == [False, False]
        entry = (await audit_of(database))[-1]
        assert (entry.username, entry.address) == ("ada", "192.0.2.1")
        assert entry.detail == {"account": "paul", "sessions": 2}

    async def test_a_session_of_a_disabled_account_is_nobodys_even_if_its_row_is_left(
        self, database: Database
    ) -> None:
        token = (await signed_in(database, "paul")).token
        async with database.write() as session:
            await session.execute(update(StaffAccount).values(disabled_at=NOW))
        assert not await lives(database, token)

    async def test_whoever_has_gone_lets_go(self, database: Database, let_go: LettingGo) -> None:
        await add_staff(database, "tina", "technician")
        for name in ("paul", "tina"):
            await signed_in(database, name)
        await signed_in(database, "tina", at=NOW + 20 * MINUTE)
        assert await sessions.end_expired(database, RULES, NOW + 29 * MINUTE, let_go) == []
        changed = await sessions.end_expired(database, RULES, NOW + 31 * MINUTE, let_go)
        assert changed == ["conversation of paul"]
        assert await sessions.end_expired(database, RULES, NOW + 31 * MINUTE, let_go) == []
        expired = await audit_of(database, action="session_expired")
        assert [entry.username for entry in expired] == ["paul", "tina"]

    async def test_nobody_shuts_their_own_account(
        self, database: Database, let_go: LettingGo
    ) -> None:
        await add_staff(database, "ada", "admin")
        assert await accounts.disable(database, "ada", ADMIN, NOW, let_go) == OwnAccount()
        await signed_in(database, "ada")
        assert (await audit_of(database))[0].outcome == "own_account"

    def test_the_csrf_token_follows_from_the_session(self) -> None:
        assert sessions.csrf_fits("a", sessions.csrf_of("a"))
        assert not sessions.csrf_fits("a", sessions.csrf_of("b"))
        assert not sessions.csrf_fits("a", "")
        assert not sessions.csrf_fits("a", "ä\udc80")


class TestDemonstration:
    async def test_three_people_in_a_database_without_accounts(self, database: Database) -> None:
        assert await demo_accounts.add(database, NOW)
        assert not await demo_accounts.add(database, NOW)
        roles = [
            (await signed_in(database, each.username, password=each.password)).role
            for each in await demo_accounts.present(database)
        ]
        assert roles == ["technician", "pharmacist", "admin"]

    async def test_not_beside_accounts_of_ones_own(self, database: Database) -> None:
        await add_staff(database, "zoe", "admin")
        assert not await demo_accounts.add(database, NOW)
        assert await demo_accounts.present(database) == []

    async def test_outside_they_are_refused_like_any_failure(self, database: Database) -> None:
        await demo_accounts.add(database, NOW)
        tina = demo_accounts.PEOPLE[0]
        session = await signed_in(database, "tina", password=tina.password)
        strict = replace(RULES, demo=False)
        refused = await attempt(database, "tina", tina.password, rules=strict)
        assert refused == Failed()
        assert await sessions.current(database, session.token, strict, NOW) is None

    async def test_outside_they_are_disabled(self, database: Database, let_go: LettingGo) -> None:
        await demo_accounts.add(database, NOW)
        await add_staff(database, "zoe", "admin")
        tina = demo_accounts.PEOPLE[0]
        session = await signed_in(database, "tina", password=tina.password)
        retired = await demo_accounts.retire(database, NOW, let_go)
        assert retired.accounts == ["ada", "paul", "tina"]
        assert "ada, paul, tina" in retired.sentence()
        assert let_go.names == ["ada", "paul", "tina"]
        assert not await lives(database, session.token)
        assert await demo_accounts.present(database) == []
        told = await audit_of(database, action="account_disabled")
        assert [entry.detail["account"] for entry in told] == ["ada", "paul", "tina"]
        assert (await demo_accounts.retire(database, NOW, let_go)).accounts == []
        await signed_in(database, "zoe")

    async def test_one_with_a_password_of_its_own_is_an_account_like_any_other(
        self, database: Database, let_go: LettingGo
    ) -> None:
        await demo_accounts.add(database, NOW)
        await accounts.set_password(database, "ada", "a password of my own", None, NOW, let_go)
        assert "ada" not in {each.username for each in await demo_accounts.present(database)}
        assert (await demo_accounts.retire(database, NOW, let_go)).accounts == ["paul", "tina"]
        strict = replace(RULES, demo=False)
        await signed_in(database, "ada", password="a password of my own", rules=strict)


@pytest.mark.parametrize(
    "change",
    [update(AuditEntry).values(outcome="ok"), delete(AuditEntry)],
    ids=["update", "delete"],
)
async def test_the_audit_cannot_be_changed(database: Database, change: Any) -> None:
    await attempt(database, "nobody")
    with pytest.raises(DBAPIError, match="append"):
        async with database.write() as session:
            await session.execute(change)
    assert len(await audit_of(database, outcome="sign_in_failed")) == 1


def test_tests_use_a_cheap_hash() -> None:
    assert passwords.HASHER is CHEAP
