"""Signing in and out at the desk, and the door that every request of a console passes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.bootstrap import build
from bot.gateway import staff_events
from bot.gateway.app import build_gateway
from bot.services import audit
from bot.services.sessions import csrf_of
from bot.settings import Settings
from bot.storage.database import Database
from bot.storage.staff import AuditEntry, StaffAccount
from tests.gateway.conftest import NOW, House, Opening
from tests.stack import Clock, free_port, serving
from tests.staff import COOKIE, PASSWORD, Console, add_staff, at_the_desk

MINUTE = timedelta(minutes=1)


def code_of(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


async def entries(house: House, **filters: Any) -> list[AuditEntry]:
    async with house.app.database.read() as session:
        return list(await audit.listed(session, audit.Filters(**filters)))


@pytest_asyncio.fixture
async def console(house: House) -> AsyncIterator[Console]:
    """A browser in which nobody is signed in."""
    async with Console(house.address) as opened:
        yield opened


@pytest_asyncio.fixture
async def paul(house: House) -> AsyncIterator[Console]:
    """A pharmacist who is signed in."""
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as opened:
        yield opened


class TestSigningIn:
    async def test_it_answers_who_it_is_and_sets_the_cookie(
        self, house: House, console: Console
    ) -> None:
        await add_staff(house.app.database, "paul", "pharmacist", display_name="Paul Kim")
        async with console.session.post(
            f"{house.address}/staff/api/login", json={"username": "paul", "password": PASSWORD}
        ) as response:
            assert response.status == 200
            assert response.headers["Cache-Control"] == "no-store"
            body = await response.json()
            set_cookie = response.headers["Set-Cookie"]
        token = console.cookie
        assert token is not None
        assert len(token) >= 43  # 256 bits
        assert body == {
            "csrf": csrf_of(token),
            "role": "pharmacist",
            "username": "paul",
            "display_name": "Paul Kim",
        }
        parts = set_cookie.split("; ")
        assert parts[0] == f"{COOKIE}={token}"
        assert set(parts[1:]) == {"HttpOnly", "Path=/staff", "SameSite=Strict"}

    async def test_the_cookie_is_secure_over_https(self, open_house: Opening) -> None:
        for proxies, secure in ((1, True), (0, False)):
            house = await open_house(trusted_proxies=proxies)
            if proxies:
                await add_staff(house.app.database, "paul", "pharmacist")
            async with house.session.post(
                f"{house.address}/staff/api/login",
                json={"username": "paul", "password": PASSWORD},
                headers={"X-Forwarded-Proto": "https"},
            ) as response:
                set_cookie = response.headers["Set-Cookie"]
                assert ("Secure" in set_cookie) == secure
                assert set_cookie.startswith(f"__Host-{COOKIE}=" if secure else f"{COOKIE}=")
                assert ("Path=/;" in set_cookie) == secure

    async def test_over_https_a_neighbours_cookie_is_not_taken(self, open_house: Opening) -> None:
        """Another host of the domain can set the plain name, and never the prefixed one."""
        house = await open_house(trusted_proxies=1)
        await add_staff(house.app.database, "paul", "pharmacist")
        over_tls = {"X-Forwarded-Proto": "https"}
        async with house.session.post(
            f"{house.address}/staff/api/login",
            json={"username": "paul", "password": PASSWORD}, headers=over_tls,
        ) as response:  # fmt: skip
            token = response.cookies[f"__Host-{COOKIE}"].value
        for name, status in ((COOKIE, 401), (f"__Host-{COOKIE}", 200)):
            async with house.session.get(
                f"{house.address}/staff/api/session",
                headers=over_tls | {"Cookie": f"{name}={token}"},
            ) as response:
                assert response.status == status
        signed_out = over_tls | {
            "Cookie": f"__Host-{COOKIE}={token}", "X-CSRF-Token": csrf_of(token),
        }  # fmt: skip
        async with house.session.post(
            f"{house.address}/staff/api/logout", headers=signed_out
        ) as response:
            assert response.status == 204
            assert "Secure" in response.headers["Set-Cookie"]
            assert f'__Host-{COOKIE}=""' in response.headers["Set-Cookie"]

    async def test_the_session_for_a_page_that_was_loaded_again(
        self, house: House, paul: Console
    ) -> None:
        assert await paul.get("session") == (
            200,
            {
                "csrf": paul.csrf,
                "role": "pharmacist",
                "username": "paul",
                "display_name": "Paul",
                "idle_minutes": 30,
                "expires_at": "2026-11-24T07:00:00.000Z",
                "second_factor": False,
            },
        )

    async def test_refusals_say_the_same_about_every_name(
        self, open_house: Opening, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "bot")
        house = await open_house(sign_ins_per_minute=1000)
        await add_staff(house.app.database, "paul", "pharmacist")
        async with Console(house.address) as console:
            told = []
            for name in ("paul", "nobody"):
                answers = [await console.sign_in(name, "a wrong secret") for _ in range(11)]
                assert {code_of(answer) for answer in answers[:10]} == {(401, "sign_in_failed")}
                assert code_of(answers[10]) == (429, "sign_in_locked")
                told.append(answers)
            assert told[0] == told[1]
            for name in ("paul", "nobody"):
                async with console.session.post(
                    f"{house.address}/staff/api/login", json={"username": name, "password": "x"}
                ) as response:
                    assert response.headers["Retry-After"] == "900"
            assert console.cookie is None
            house.clock.now += 15 * MINUTE
            assert (await console.sign_in("paul"))[0] == 200
        assert "a wrong secret" not in caplog.text
        assert "a wrong secret" not in str([each.detail for each in await entries(house)])

    async def test_an_address_may_not_try_all_day(self, open_house: Opening) -> None:
        house = await open_house(sign_ins_per_minute=3)
        async with Console(house.address) as console:
            codes = [code_of(await console.sign_in(f"name{each}")) for each in range(4)]
        assert codes == [(401, "sign_in_failed")] * 3 + [(429, "rate_limited")]

    async def test_a_second_factor(self, house: House, console: Console) -> None:
        secret = pyotp.random_base32()
        await add_staff(house.app.database, "paul", "pharmacist", totp_secret=secret)
        code = pyotp.TOTP(secret).at(house.clock.now)
        assert code_of(await console.sign_in("paul")) == (401, "code_required")
        assert console.cookie is None
        assert code_of(await console.sign_in("paul", code="123")) == (401, "sign_in_failed")
        assert (await console.sign_in("paul", code=code))[0] == 200
        assert (await console.get("session"))[1]["second_factor"] is True
        async with Console(house.address) as other:
            assert code_of(await other.sign_in("paul", code=code)) == (401, "sign_in_failed")

    @pytest.mark.parametrize(
        "body",
        [
            None,
            [],
            "x",
            {},
            {"username": "paul"},
            {"username": "paul", "password": 1},
            {"username": "paul", "password": None},
            {"username": "x" * 201, "password": "x"},
            {"username": "paul", "password": "x" * 201},
            {"username": "paul", "password": "x", "code": "1" * 21},
        ],
    )
    async def test_wrong_bodies(self, console: Console, body: Any) -> None:
        assert code_of(await console.request("POST", "login", body)) == (400, "bad_request")

    async def test_strange_characters_are_a_wrong_name(
        self, house: House, console: Console
    ) -> None:
        for text in ('"\\ud800"', '"a\\u0000b"', '"' + "ß" * 30 + '"'):
            async with console.session.post(
                f"{house.address}/staff/api/login",
                data=f'{{"username": {text}, "password": {text}}}',
            ) as response:
                assert response.status == 401


class TestTheCookie:
    async def test_every_sign_in_has_a_new_one(self, house: House, paul: Console) -> None:
        first = paul.cookie
        assert (await paul.sign_in("paul"))[0] == 200
        assert paul.cookie != first
        status, _ = await paul.get("session")
        assert status == 200
        paul.session.cookie_jar.clear()
        answer = await paul.get("session", headers={"Cookie": f"{COOKIE}={first}"})
        assert code_of(answer) == (401, "sign_in_required")

    async def test_one_that_was_planted_before_is_not_taken_over(
        self, house: House, console: Console
    ) -> None:
        planted = "planted" * 7
        await add_staff(house.app.database, "paul", "pharmacist")
        async with console.session.post(
            f"{house.address}/staff/api/login",
            json={"username": "paul", "password": PASSWORD},
            headers={"Cookie": f"{COOKIE}={planted}"},
        ) as response:
            assert response.status == 200
        assert console.cookie != planted
        async with Console(house.address) as thief:
            answer = await thief.get("session", headers={"Cookie": f"{COOKIE}={planted}"})
        assert code_of(answer) == (401, "sign_in_required")

    @pytest.mark.parametrize("path", ["logout", "logout_everywhere"])
    async def test_signing_out(self, house: House, paul: Console, path: str) -> None:
        token = paul.cookie
        async with Console(house.address) as elsewhere:
            await elsewhere.sign_in("paul")
            assert await paul.post(path) == (204, None)
            assert paul.cookie is None
            answer = await paul.get("session", headers={"Cookie": f"{COOKIE}={token}"})
            assert code_of(answer) == (401, "sign_in_required")
            status, _ = await elsewhere.get("session")
            assert status == (200 if path == "logout" else 401)

    async def test_it_ends_without_requests(self, house: House, paul: Console) -> None:
        for _ in range(3):
            house.clock.now += 29 * MINUTE
            assert (await paul.get("session"))[0] == 200
        house.clock.now += 30 * MINUTE
        assert code_of(await paul.get("session")) == (401, "sign_in_required")

    async def test_the_background_is_no_request(self, house: House, paul: Console) -> None:
        for _ in range(2):
            house.clock.now += 14 * MINUTE
            answer = await paul.get("session", headers={"X-Background": "1"})
            assert answer[0] == 200
        house.clock.now += 2 * MINUTE
        assert code_of(await paul.get("session")) == (401, "sign_in_required")

    async def test_it_ends_in_any_case(self, open_house: Opening) -> None:
        house = await open_house(staff_session_hours=1, staff_idle_minutes=45)
        async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as paul:
            house.clock.now += 40 * MINUTE
            assert (await paul.get("session"))[1]["idle_minutes"] == 45
            house.clock.now += 20 * MINUTE
            assert code_of(await paul.get("session")) == (401, "sign_in_required")


class TestTheDoor:
    @pytest.mark.parametrize("token", [None, "", "wrong", csrf_of("another session"), "ä"])
    async def test_changes_need_the_token(self, paul: Console, token: str | None) -> None:
        headers = {} if token is None else {"X-CSRF-Token": token}
        assert code_of(await paul.request("POST", "logout", **headers)) == (403, "csrf_failed")
        assert (await paul.get("session"))[0] == 200

    async def test_the_token_of_another_session_is_none(self, house: House, paul: Console) -> None:
        async with Console(house.address) as elsewhere:
            await elsewhere.sign_in("paul")
            answer = await paul.post("logout", headers={"X-CSRF-Token": elsewhere.csrf})
        assert code_of(answer) == (403, "csrf_failed")

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": ""},
            {"Sec-Fetch-Site": "cross-site"},
        ],
    )
    async def test_other_sites_are_refused(
        self, house: House, paul: Console, headers: dict[str, str]
    ) -> None:
        assert code_of(await paul.post("logout", headers=headers)) == (403, "origin_not_allowed")
        answer = await paul.sign_in("paul", **headers)
        assert code_of(answer) == (403, "origin_not_allowed")

    async def test_a_page_that_may_embed_the_widget_is_another_site(
        self, open_house: Opening
    ) -> None:
        house = await open_house(allowed_origins=("https://shop.example",))
        async with Console(house.address) as console:
            answer = await console.sign_in("paul", Origin="https://shop.example")
        assert code_of(answer) == (403, "origin_not_allowed")

    async def test_our_own_pages_are_not(self, house: House, paul: Console) -> None:
        headers = {"Origin": house.address, "Sec-Fetch-Site": "same-origin"}
        assert await paul.post("logout", headers=headers) == (204, None)

    async def test_no_page_of_another_origin_may_read(self, house: House, paul: Console) -> None:
        async with paul.session.get(
            f"{house.address}/staff/api/session", headers={"Origin": "https://evil.example"}
        ) as response:
            assert "Access-Control-Allow-Origin" not in response.headers
            assert response.headers["Cache-Control"] == "no-store"

    async def test_a_disabled_account_is_out_at_once(self, house: House, paul: Console) -> None:
        async with house.app.database.write() as session:
            account = (await session.scalars(select(StaffAccount))).one()
            account.disabled_at = house.clock.now
        assert code_of(await paul.get("session")) == (401, "sign_in_required")

    async def test_a_role_that_changes_counts_at_once(self, house: House, paul: Console) -> None:
        async with house.app.database.write() as session:
            account = (await session.scalars(select(StaffAccount))).one()
            account.role = "admin"
        assert (await paul.get("accounts"))[0] == 200

    async def test_an_unknown_address(self, paul: Console) -> None:
        assert code_of(await paul.get("nothing")) == (404, "not_found")


class TestTheStream:
    """Whoever is not signed in any more is told nothing more."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(staff_events, "HEARTBEAT_SECONDS", 0.05)

    async def test_it_ends_with_the_account(self, house: House, paul: Console) -> None:
        async with (
            at_the_desk(house.app.database, house.address, "ada", "admin") as ada,
            paul.stream() as stream,
        ):
            await stream.next("hello")
            assert (await ada.post("accounts/paul/disable"))[0] == 200
            await stream.ends()

    async def test_it_ends_with_the_session(self, house: House, paul: Console) -> None:
        async with paul.stream() as stream:
            await stream.next("hello")
            await paul.post("logout")
            await stream.ends()

    async def test_it_does_not_keep_a_session_alive(self, house: House, paul: Console) -> None:
        async with paul.stream() as stream:
            await stream.next("hello")
            for _ in range(2):
                house.clock.now += 14 * MINUTE
                await asyncio.sleep(0.2)
                assert not stream.response.content.at_eof()
            house.clock.now += 2 * MINUTE
            await stream.ends()


class TestRoles:
    async def test_what_is_denied_is_in_the_audit(self, house: House, paul: Console) -> None:
        assert code_of(await paul.get("audit")) == (403, "forbidden")
        assert code_of(await paul.post("accounts/ada/disable")) == (403, "forbidden")
        denied = await entries(house, action="denied")
        told = [(each.username, each.role, each.outcome) for each in denied]
        assert told == [("paul", "pharmacist", "forbidden")] * 2
        assert [each.detail for each in denied] == [
            {"method": "POST", "path": "/staff/api/accounts/{username}/disable"},
            {"method": "GET", "path": "/staff/api/audit"},
        ]


class TestOutsideTheDemonstration:
    async def test_its_accounts_are_disabled_at_the_start(
        self, open_house: Opening, database: Database, caplog: pytest.LogCaptureFixture
    ) -> None:
        await add_staff(database, "tina", "technician", demo=True)
        await add_staff(database, "zoe", "admin")
        house = await open_house(demo=False)
        assert "disabled: tina" in caplog.text
        async with Console(house.address) as console:
            assert code_of(await console.sign_in("tina")) == (401, "sign_in_failed")
            assert (await console.sign_in("zoe"))[0] == 200
        [entry] = await entries(house, action="account_disabled")
        assert entry.detail["account"] == "tina"

    async def test_one_that_turns_up_later_is_refused_too(self, open_house: Opening) -> None:
        house = await open_house(demo=False)
        await add_staff(house.app.database, "tina", "technician", demo=True)
        async with Console(house.address) as console:
            assert code_of(await console.sign_in("tina")) == (401, "sign_in_failed")

    async def test_a_database_without_tables_does_not_stop_the_start(
        self, empty_database_url: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        app = build(Settings(demo=False), Clock(NOW), Database(empty_database_url))
        async with serving(build_gateway(app), free_port()):
            assert "demonstration accounts cannot be looked for" in caplog.text
