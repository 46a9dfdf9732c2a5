"""What an admin sees and does: accounts, and the audit."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.gateway.staff_audit import PAGE
from bot.services import audit
from bot.services.audit import Actor
from tests.gateway.conftest import NOW, House
from tests.gateway.test_staff_sessions import code_of
from tests.staff import Console, add_staff, at_the_desk

TINA = Actor("tina", "Tina", "technician", "192.0.2.9")


@pytest_asyncio.fixture
async def ada(house: House) -> AsyncIterator[Console]:
    """An admin who is signed in."""
    async with at_the_desk(house.app.database, house.address, "ada", "admin") as opened:
        yield opened


@pytest_asyncio.fixture
async def paul(house: House) -> AsyncIterator[Console]:
    """A pharmacist who is signed in."""
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as opened:
        yield opened


async def written(house: House, count: int, **values: Any) -> None:
    async with house.app.database.write() as session:
        for number in range(count):
            audit.record(
                session, "claim", NOW + timedelta(minutes=number), actor=TINA, number=number,
                **values,
            )  # fmt: skip


class TestAccounts:
    async def test_the_list(self, ada: Console, paul: Console) -> None:
        status, body = await ada.get("accounts")
        assert status == 200
        assert [account["username"] for account in body["accounts"]] == ["ada", "paul"]
        assert body["accounts"][1] == {
            "username": "paul",
            "display_name": "Paul",
            "role": "pharmacist",
            "second_factor": False,
            "demo": False,
            "created_at": "2026-11-01T12:00:00.000Z",
            "disabled_at": None,
            "locked": False,
            "sessions": 1,
        }

    async def test_disabled_is_out_at_once_and_back_after_enabling(
        self, house: House, ada: Console, paul: Console
    ) -> None:
        status, account = await ada.post("accounts/paul/disable")
        assert (status, account["disabled_at"], account["sessions"]) == (
            200, "2026-11-23T19:00:00.000Z", 0,
        )  # fmt: skip
        assert code_of(await paul.get("session")) == (401, "sign_in_required")
        assert code_of(await paul.sign_in("paul")) == (401, "sign_in_failed")
        status, account = await ada.post("accounts/paul/enable")
        assert (status, account["disabled_at"]) == (200, None)
        assert (await paul.sign_in("paul"))[0] == 200

    async def test_nobody_shuts_their_own_account(self, ada: Console) -> None:
        assert code_of(await ada.post("accounts/ada/disable")) == (409, "own_account")
        assert (await ada.get("session"))[0] == 200

    async def test_unlocking(self, house: House, ada: Console) -> None:
        await add_staff(house.app.database, "tina", "technician")
        async with Console(house.address) as tina:
            for _ in range(9):  # the tenth attempt a minute was the admin's
                await tina.sign_in("tina", "wrong")
        async with house.app.database.read() as session:
            assert len(await audit.listed(session, audit.Filters(username="tina"))) == 9
        status, account = await ada.post("accounts/tina/unlock")
        assert (status, account["locked"]) == (200, False)

    async def test_signing_somebody_out(self, ada: Console, paul: Console) -> None:
        status, account = await ada.post("accounts/paul/logout")
        assert (status, account["sessions"]) == (200, 0)
        assert code_of(await paul.get("session")) == (401, "sign_in_required")
        assert (await paul.sign_in("paul"))[0] == 200

    @pytest.mark.parametrize("action", ["disable", "enable", "unlock", "logout"])
    @pytest.mark.parametrize("name", ["nobody", "a%00b", "%F0%9F%98%80", "x" * 99, "PAUL"])
    async def test_accounts_that_are_not_there(self, ada: Console, action: str, name: str) -> None:
        assert code_of(await ada.post(f"accounts/{name}/{action}")) == (404, "not_found")

    async def test_what_was_done_is_in_the_audit(self, ada: Console, paul: Console) -> None:
        for action in ("disable", "enable", "unlock", "logout"):
            await ada.post(f"accounts/paul/{action}")
        _, body = await ada.get("audit", username="ada")
        told = [(each["action"], each["detail"].get("account")) for each in body["entries"]]
        assert told == [
            ("sign_out_everywhere", "paul"),
            ("account_unlocked", "paul"),
            ("account_enabled", "paul"),
            ("account_disabled", "paul"),
            ("sign_in", None),
        ]


class TestAudit:
    async def test_an_entry(self, house: House, ada: Console) -> None:
        await written(house, 1, conversation_id="c1", escalation_id=7, outcome="already_claimed")
        _, body = await ada.get("audit")
        entry = body["entries"][0]
        assert body["next"] is None
        assert entry == {
            "entry_id": entry["entry_id"],
            "at": "2026-11-23T19:00:00.000Z",
            "username": "tina",
            "role": "technician",
            "action": "claim",
            "outcome": "already_claimed",
            "conversation_id": "c1",
            "escalation_id": 7,
            "address": "192.0.2.9",
            "detail": {"number": 0},
        }

    async def test_pages_leave_nothing_out_while_others_write(
        self, house: House, ada: Console
    ) -> None:
        await written(house, 2 * PAGE + 5)
        seen: list[int] = []
        before: dict[str, Any] = {}
        while True:
            _, body = await ada.get("audit", action="claim", **before)
            seen += [entry["detail"]["number"] for entry in body["entries"]]
            await written(house, 1, outcome="late")
            if body["next"] is None:
                break
            before = {"before": body["next"]}
        assert seen == list(range(2 * PAGE + 5))[::-1]

    async def test_filters(self, house: House, ada: Console) -> None:
        await written(house, 3)
        await written(house, 1, conversation_id="c1", outcome="forbidden")

        async def numbers(**query: Any) -> list[int]:
            status, body = await ada.get("audit", action="claim", **query)
            assert status == 200
            return [entry["detail"]["number"] for entry in body["entries"]]

        assert await numbers() == [0, 2, 1, 0]
        assert await numbers(username="tina", conversation_id="c1") == [0]
        assert await numbers(outcome="forbidden") == [0]
        assert await numbers(username="nobody") == []
        assert await numbers(since="2026-11-23T19:01:00Z") == [2, 1]
        assert await numbers(since="2026-11-23T14:01:00-05:00") == [2, 1]
        assert await numbers(until="2026-11-23T19:01:00.000Z", outcome="ok") == [0]
        assert await numbers(until="") == [0, 2, 1, 0]

    @pytest.mark.parametrize(
        "query",
        [
            {"since": "yesterday"},
            {"since": "2026-11-23T19:00:00"},
            {"since": "0001-01-01T00:00:00+14:00"},
            {"before": "0"},
            {"before": "x"},
            {"before": str(2**31)},
            {"username": "a\x00"},
            {"action": "a b"},
            {"conversation_id": "x" * 65},
        ],
    )
    @pytest.mark.parametrize("path", ["audit", "audit.csv"])
    async def test_wrong_filters(self, ada: Console, path: str, query: dict[str, Any]) -> None:
        assert code_of(await ada.get(path, **query)) == (400, "bad_request")

    async def test_reading_it_is_written_into_it(self, house: House, ada: Console) -> None:
        await ada.get("audit", username="tina", since="2026-11-23T19:00:00Z")
        await ada.get("audit.csv", outcome="ok")
        _, body = await ada.get("audit")
        told = [(each["username"], each["action"], each["detail"]) for each in body["entries"]]
        assert told[:2] == [
            ("ada", "audit_exported", {"filters": {"outcome": "ok"}}),
            (
                "ada",
                "audit_read",
                {"filters": {"username": "tina", "since": "2026-11-23T19:00:00.000Z"}},
            ),
        ]

    async def test_everything_as_csv(self, house: House, ada: Console) -> None:
        await written(house, 2 * PAGE)
        async with ada.session.get(
            f"{house.address}/staff/api/audit.csv", params={"action": "claim"}
        ) as response:
            assert response.content_type == "text/csv"
            assert response.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
            assert response.headers["Cache-Control"] == "no-store"
            rows = list(csv.DictReader(io.StringIO(await response.text())))
        assert len(rows) == 2 * PAGE
        assert rows[0]["detail"] == f'{{"number": {2 * PAGE - 1}}}'
        assert rows[0]["username"] == "tina"
        assert rows[0]["conversation_id"] == ""
        assert rows[-1]["at"] == "2026-11-23T19:00:00.000Z"

    @pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
    async def test_a_cell_is_no_formula(self, house: House, ada: Console, start: str) -> None:
        cell = f'{start}HYPERLINK("https://evil.example","x")'
        await written(house, 1, conversation_id=cell, outcome="odd")
        async with ada.session.get(
            f"{house.address}/staff/api/audit.csv", params={"outcome": "odd"}
        ) as response:
            text = await response.text()
        [row] = csv.DictReader(io.StringIO(text, newline=""))
        assert row["conversation_id"] == f"'{cell}"
