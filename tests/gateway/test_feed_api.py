"""The pharmacy system's interface: what it sends is kept whole or not at all."""

import asyncio
import gzip
import json
import logging
from typing import Any

import pytest
from sqlalchemy import func, select, text

from bot.storage.database import Database
from bot.storage.records import FeedImport, Fill, Patient, Prescription, RefillRequest
from tests.gateway.conftest import NOW, House, Opening
from tests.gateway.pharmacy_system import (
    ALL,
    PEOPLE,
    REQUESTS,
    RX,
    TOKEN,
    decision,
    fetch,
    fill,
    place,
    post,
    prescription,
    send,
)


@pytest.fixture
async def pharmacy(open_house: Opening) -> House:
    """A house whose pharmacy system may send records, with a few of them."""
    house: House = await open_house(feed_token=TOKEN)
    await send(house, *ALL)
    return house


async def patients(house: House) -> int:
    async with house.app.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Patient)) or 0


async def test_without_a_token_in_the_settings_the_feed_is_off(house: House) -> None:
    for status, body in (await post(house, ALL), await fetch(house)):
        assert (status, body["error"]["code"]) == (404, "feed_disabled")
        assert "WILLCALL_FEED_TOKEN" in body["error"]["message"]
    assert await patients(house) == 0


@pytest.mark.parametrize(
    "token", [None, "", "wrong", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "ñandú\udcff"]
)
async def test_only_the_right_token_passes(open_house: Opening, token: str | None) -> None:
    house = await open_house(feed_token=TOKEN)
    wrong = token and token.encode("utf-8", "surrogateescape").decode("latin-1")
    for status, body in (await post(house, ALL, wrong), await fetch(house, token=wrong)):
        assert (status, body["error"]["code"]) == (401, "unauthorized")
    assert await patients(house) == 0


async def test_another_scheme_does_not_pass(pharmacy: House) -> None:
    async with pharmacy.session.get(
        pharmacy.address + REQUESTS, headers={"Authorization": f"Basic {TOKEN}"}
    ) as response:
        assert response.status == 401


async def test_records_are_taken_and_counted(open_house: Opening) -> None:
    house = await open_house(feed_token=TOKEN)
    status, body = await post(house, ALL)
    assert (status, body) == (
        200,
        {
            "written": {"store": 1, "patient": 2, "proxy": 1, "product": 1, "prescription": 3},
            "warnings": [],
            "warnings_total": 0,
        },
    )
    assert await post(house, ALL) == (status, body)
    assert await patients(house) == 2


async def test_warnings_name_line_and_field(pharmacy: House) -> None:
    body = await send(pharmacy, fill("filling"), fill("robot_queue"))
    assert [(each["line"], each["field"]) for each in body["warnings"]] == [(2, "fill.state")]
    assert body["warnings"][0]["message"]


async def test_one_wrong_line_and_nothing_is_kept(pharmacy: House) -> None:
    new = {"type": "patient", "patient_id": "p9", "first_name": "Ann", "last_name": "Secretname"}
    status, body = await post(
        pharmacy,
        [
            {**new, "date_of_birth": "1970-01-01"},
            {**new, "date_of_birth": "01/01/1970"},
            prescription("7009", "nobody"),
        ],
    )
    assert status == 422
    assert body["error"]["code"] == "feed_rejected"
    assert body["error"]["message"]
    assert [(each["line"], each["field"]) for each in body["error"]["errors"]] == [
        (2, "patient.date_of_birth")
    ]
    assert body["error"]["total"] == 1
    assert "Secretname" not in json.dumps(body)
    assert await patients(pharmacy) == 2


async def test_a_reference_that_leads_nowhere_is_refused(pharmacy: House) -> None:
    status, body = await post(pharmacy, [*PEOPLE, prescription("7009", "nobody")])
    assert (status, body["error"]["total"]) == (422, 1)
    assert body["error"]["errors"][0] == {
        "line": 4,
        "field": "prescription.patient_id",
        "message": "no such patient in the feed or on record",
    }


@pytest.mark.parametrize(
    ("body", "total"),
    [
        (b"{", 1),
        (b"[]\n7\nnull", 3),
        (b'{"type": "patient"}{"type": "patient"}', 1),
        (b"\xff\xfe{\x00}\x00", 1),
        (b'{"type": "patient", "patient_id": "\xe9"}', 1),
        (b'{"type": "pa\\ud800"}', 1),
        (b"x\n" * 200, 200),
        (b"[" * 100_000, 1),
    ],
    ids=[
        "cut off",
        "no objects",
        "two on a line",
        "UTF-16",
        "Latin-1",
        "surrogate",
        "many",
        "deep",
    ],
)
async def test_what_is_no_json_lines_is_refused(pharmacy: House, body: bytes, total: int) -> None:
    status, answer = await post(pharmacy, body)
    assert status == 422
    assert answer["error"]["total"] == total
    assert len(answer["error"]["errors"]) == min(total, 50)
    assert await patients(pharmacy) == 2


async def test_names_of_all_scripts_arrive(pharmacy: House) -> None:
    name = "Núñez-Łukasiewicz 李 O’Neil"
    record = {
        "type": "patient", "patient_id": "p9", "first_name": "Ζωή", "last_name": name,
        "date_of_birth": "1970-01-01",
    }  # fmt: skip
    body = b"\xef\xbb\xbf" + json.dumps(record, ensure_ascii=False).encode() + b"\r\n\r\n"
    assert (await post(pharmacy, body))[0] == 200
    async with pharmacy.app.database.read() as session:
        row = await session.get_one(Patient, "p9")
    assert (row.first_name, row.last_name) == ("Ζωή", name)


@pytest.mark.parametrize(
    "headers", [{"Content-Encoding": "gzip"}, {"Content-Encoding": "deflate"}, {}]
)
async def test_packed_records_get_a_clear_error(pharmacy: House, headers: dict[str, str]) -> None:
    packed = gzip.compress(json.dumps(PEOPLE[0]).encode())
    status, body = await post(pharmacy, packed, headers=headers)
    assert (status, body["error"]["code"]) == (415, "feed_compressed")


async def test_the_feed_has_its_own_size_limit(open_house: Opening) -> None:
    house = await open_house(feed_token=TOKEN, max_feed_bytes=40_000)
    line = json.dumps(ALL[0]).encode() + b"\n"
    large = line * (39_000 // len(line))
    assert len(large) > 2 * house.app.settings.max_frame_bytes
    assert (await post(house, large))[0] == 200
    for body in (large + b" " * 2_000, large * 20):
        status, answer = await post(house, body)
        assert (status, answer["error"]["code"]) == (413, "feed_too_large")
        assert "40000" in answer["error"]["message"]


async def test_a_body_without_a_length_is_limited_as_well(open_house: Opening) -> None:
    house = await open_house(feed_token=TOKEN, max_feed_bytes=40_000)

    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 1_000

    async with house.session.post(
        f"{house.address}/feed/v1/records",
        data=endless(),
        headers={"Authorization": f"Bearer {TOKEN}"},
    ) as response:
        assert response.status == 413


async def test_patients_keep_their_limit(pharmacy: House) -> None:
    device = await pharmacy.opened()
    sent = {"client_id": "a", "text": "x" * 20_000}
    status, body = await pharmacy.post(device, "messages", sent)
    assert (status, body["error"]["code"]) == (413, "frame_too_large")


async def test_a_live_update_changes_what_is_stored(pharmacy: House) -> None:
    await send(pharmacy, fill("filling"))
    await send(pharmacy, fill("ready", copay_cents=1000))
    async with pharmacy.app.database.read() as session:
        row = await session.get_one(Fill, "f1")
        assert (row.state, row.copay_cents) == ("ready", 1000)
        imports = list(await session.scalars(select(FeedImport).order_by(FeedImport.id)))
    assert [(each.at, each.records) for each in imports] == [(NOW, 8), (NOW, 1), (NOW, 1)]


async def test_patients_chat_while_records_come_in(pharmacy: House) -> None:
    """One writer on SQLite: nobody gets an error, neither patients nor the feed."""
    many = [
        {"type": "patient", "patient_id": f"q{each}", "first_name": "Q", "last_name": f"Name{each}",
         "date_of_birth": "1970-01-01", "phone": f"216556{each:04d}"}
        for each in range(3_000)
    ]  # fmt: skip
    devices = [await pharmacy.opened() for _ in range(4)]

    async def chat(number: int) -> None:
        for _ in range(5):
            events = await devices[number].say("hello")
            assert [event["author"] for event in events] == ["bot"]

    feeds = [post(pharmacy, many), *(post(pharmacy, [fill("filling")]) for _ in range(10))]
    results = await asyncio.gather(*feeds, *(chat(number) for number in range(4)))
    assert [result[0] for result in results if result] == [200] * 11
    assert await patients(pharmacy) == 3_002


async def test_a_database_that_is_away_is_said(
    pharmacy: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OSError("quoting Secretname")

    monkeypatch.setattr("bot.gateway.feed_api.import_records", away)
    with caplog.at_level(logging.DEBUG):
        status, body = await post(pharmacy, PEOPLE)
    assert (status, body["error"]["code"]) == (503, "feed_unavailable")
    assert "Secretname" not in caplog.text


async def test_nothing_of_the_records_is_logged(
    pharmacy: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="bot"):
        await post(pharmacy, [PEOPLE[0], {**PEOPLE[0], "date_of_birth": "soon"}])
        await post(pharmacy, [prescription("7009", "nobody")])
        await send(pharmacy, *ALL)
    assert not any(word in caplog.text for word in ("Carter", "1961", "555", "7009", TOKEN))


async def test_answers_of_the_feed_are_not_cached(pharmacy: House) -> None:
    async with pharmacy.session.get(pharmacy.address + REQUESTS) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in response.headers


class TestRefillRequests:
    async def test_none_yet(self, pharmacy: House) -> None:
        assert await fetch(pharmacy) == (200, {"refill_requests": [], "last": 0})
        assert await fetch(pharmacy, 7) == (200, {"refill_requests": [], "last": 7})

    async def test_what_the_pharmacy_system_sees(self, pharmacy: House) -> None:
        device = await pharmacy.opened()
        number = await place(pharmacy, device, kind="renewal")
        placed = {
            "refill_request_id": number, "rx_number": RX, "kind": "renewal", "status": "placed",
            "reason": None, "placed_at": "2026-11-23T19:00:00Z", "decided_at": None,
        }  # fmt: skip
        assert await fetch(pharmacy) == (200, {"refill_requests": [placed], "last": number})
        await send(pharmacy, decision(number, "rejected", reason="no_refills"))
        _, body = await fetch(pharmacy)
        assert body["refill_requests"] == [
            placed
            | {
                "status": "rejected",
                "reason": "no_refills",
                "decided_at": "2026-11-23T18:30:00Z",
            }
        ]

    async def test_pages(self, pharmacy: House) -> None:
        async with pharmacy.app.database.write() as session:
            session.add_all(
                RefillRequest(rx_number=RX, kind="refill", status="placed", placed_at=NOW)
                for _ in range(1_100)
            )
        seen: list[int] = []
        sizes, after = [], 0
        while True:
            _, body = await fetch(pharmacy, after)
            sizes.append(len(body["refill_requests"]))
            seen += [each["refill_request_id"] for each in body["refill_requests"]]
            if not body["refill_requests"]:
                break
            after = body["last"]
        assert sizes == [500, 500, 100, 0]
        assert seen == sorted(seen)
        assert len(set(seen)) == 1_100

    @pytest.mark.parametrize("after", ["x", "-1", "1.5", "", "1e3", "٣", "9" * 30, 2**31])
    async def test_a_wrong_query_is_a_bad_request(self, pharmacy: House, after: object) -> None:
        status, body = await fetch(pharmacy, after)
        assert (status, body["error"]["code"]) == (400, "bad_request")

    async def test_a_request_that_commits_late_is_not_passed_over(self, postgres_url: str) -> None:
        """PostgreSQL: an id is given out before its row can be seen."""
        from bot.feed import json_lines
        from bot.services.records import import_records
        from bot.services.refill_feed import requests_after

        database = Database(postgres_url)
        await import_records(database, json_lines.read(map(json.dumps, ALL)), NOW)

        def request() -> RefillRequest:
            return RefillRequest(rx_number=RX, kind="refill", status="placed", placed_at=NOW)

        async with database.write() as slow:
            slow.add(request())
            await slow.flush()
            async with database.write() as quick:
                quick.add(request())
            reading = asyncio.create_task(requests_after(database, 0))
            await asyncio.sleep(0.3)
            assert not reading.done()
        assert [each.refill_request_id for each in await reading] == [1, 2]
        async with database.read() as session:
            locks = await session.scalar(
                text("SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND relation::regclass"
                     "::text = 'refill_request'")
            )  # fmt: skip
        assert locks == 0
        await database.close()


class TestDecisions:
    async def status(self, house: House, number: int) -> tuple[str, str | None]:
        async with house.app.database.read() as session:
            row = await session.get_one(RefillRequest, number)
            return row.status, row.reason

    async def test_a_decision_is_kept_and_may_be_repeated(self, pharmacy: House) -> None:
        number = await place(pharmacy, None)
        assert (await send(pharmacy, decision(number)))["written"] == {"refill_request": 1}
        later = decision(number, decided_at="2026-11-24T09:00:00-05:00")
        assert (await send(pharmacy, later, later))["written"] == {"refill_request": 1}
        async with pharmacy.app.database.read() as session:
            row = await session.get_one(RefillRequest, number)
        assert row.status == "accepted"
        assert row.decided_at is not None
        assert row.decided_at.isoformat() == "2026-11-23T18:30:00+00:00"

    async def test_a_decision_may_come_with_other_records(self, pharmacy: House) -> None:
        number = await place(pharmacy, None)
        body = await send(pharmacy, decision(number), fill("received"))
        assert body["written"] == {"fill": 1, "refill_request": 1}

    @pytest.mark.parametrize(
        ("first", "then"), [("accepted", "rejected"), ("rejected", "accepted")]
    )
    async def test_a_contradiction_is_refused(self, pharmacy: House, first: str, then: str) -> None:
        number = await place(pharmacy, None)
        await send(pharmacy, decision(number, first))
        status, body = await post(pharmacy, [fill("ready"), decision(number, then)])
        assert status == 422
        (error,) = body["error"]["errors"]
        assert (error["line"], error["field"]) == (2, "refill_request.status")
        assert first in error["message"]
        assert await self.status(pharmacy, number) == (first, None)
        async with pharmacy.app.database.read() as session:
            assert await session.get(Fill, "f1") is None

    async def test_a_contradiction_within_one_feed_is_refused(self, pharmacy: House) -> None:
        number = await place(pharmacy, None)
        status, body = await post(pharmacy, [decision(number), decision(number, "rejected")])
        assert (status, body["error"]["errors"][0]["line"]) == (422, 2)
        assert await self.status(pharmacy, number) == ("placed", None)

    async def test_what_the_patient_took_back_is_not_decided(self, pharmacy: House) -> None:
        number = await place(pharmacy, None)
        async with pharmacy.app.database.write() as session:
            (await session.get_one(RefillRequest, number)).status = "cancelled"
        status, body = await post(pharmacy, [decision(number)])
        assert status == 422
        assert "cancelled" in body["error"]["errors"][0]["message"]

    async def test_a_patient_who_takes_it_back_at_this_moment_wins(self, pharmacy: House) -> None:
        """The transaction that takes it back has the prescription; the decision waits for it."""
        number = await place(pharmacy, None)
        async with pharmacy.app.database.write() as session:
            await session.execute(
                select(Prescription.id)
                .where(Prescription.rx_number == RX)
                .with_for_update(key_share=True)
            )
            row = await session.get_one(RefillRequest, number)
            sent = asyncio.create_task(post(pharmacy, [decision(number)]))
            await asyncio.sleep(0.3)
            row.status = "cancelled"
        status, body = await sent
        assert status == 422
        assert "cancelled" in body["error"]["errors"][0]["message"]
        assert await self.status(pharmacy, number) == ("cancelled", None)

    async def test_a_request_that_does_not_exist(self, pharmacy: House) -> None:
        status, body = await post(pharmacy, [decision(404)])
        assert status == 422
        assert body["error"]["errors"] == [
            {
                "line": 1,
                "field": "refill_request.refill_request_id",
                "message": "no such refill request was placed here",
            }
        ]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"status": "placed"}, "status"),
            ({"status": "cancelled"}, "status"),
            ({"status": None}, "status"),
            ({"refill_request_id": "1"}, "refill_request_id"),
            ({"refill_request_id": 0}, "refill_request_id"),
            ({"refill_request_id": 2**31}, "refill_request_id"),
            ({"decided_at": "2026-11-23"}, "decided_at"),
            ({"decided_at": None}, "decided_at"),
            ({"rx_number": "7009"}, "rx_number"),
            ({"conversation_id": "x"}, "conversation_id"),
            ({"told_at": "2026-11-23T00:00:00Z"}, "told_at"),
            ({"reason": ""}, "reason"),
        ],
    )
    async def test_nothing_but_a_decision_is_taken(
        self, pharmacy: House, change: dict[str, Any], field: str
    ) -> None:
        number = await place(pharmacy, None)
        status, body = await post(pharmacy, [decision(number) | change])
        assert status == 422
        assert [each["field"] for each in body["error"]["errors"]] == [f"refill_request.{field}"]
        assert await self.status(pharmacy, number) == ("placed", None)

    async def test_a_reason_without_words_is_kept_with_a_warning(self, pharmacy: House) -> None:
        number = await place(pharmacy, None)
        body = await send(pharmacy, decision(number, "rejected", reason="SEE NOTE 7"))
        assert [each["field"] for each in body["warnings"]] == ["refill_request.reason"]
        assert "SEE NOTE" not in json.dumps(body)
        assert await self.status(pharmacy, number) == ("rejected", "SEE NOTE 7")
