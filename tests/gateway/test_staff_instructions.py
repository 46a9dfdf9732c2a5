"""Instructions over HTTP: what the console sends, and what it is answered."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.feed.json_lines import read
from bot.services.records import import_records
from tests.feed.examples import INSTRUCTION, PRODUCT, lines
from tests.gateway.conftest import NOW, House
from tests.gateway.test_staff_sessions import code_of
from tests.staff import Console, at_the_desk

DRAFT: dict[str, Any] = {
    "generic_name": "lisinopril",
    "form": "tablet",
    "topic": "storage",
    "texts": {"en": "Keep it dry.", "es": "En un lugar seco."},
    "source": "Label",
    "source_url": "https://label.example/1",
    "review_due_on": "2027-11-01",
    "clinical": False,
}
FEED = [PRODUCT, {**INSTRUCTION, "review_due_on": "2027-04-01"}]


@pytest_asyncio.fixture
async def paul(house: House) -> AsyncIterator[Console]:
    await import_records(house.app.database, read(lines(FEED)), NOW)
    async with at_the_desk(house.app.database, house.address, "paul", "pharmacist") as opened:
        yield opened


@pytest_asyncio.fixture
async def rosa(house: House) -> AsyncIterator[Console]:
    async with at_the_desk(house.app.database, house.address, "rosa", "pharmacist") as opened:
        yield opened


async def test_from_the_draft_to_the_end(paul: Console) -> None:
    status, draft = await paul.post("instructions", DRAFT)
    assert status == 201
    person = {"username": "paul", "display_name": "Paul", "role": "pharmacist"}
    assert draft == {
        "version_id": draft["series"],
        "series": draft["series"],
        "medicine": "lisinopril tablet",
        "product_id": None,
        **{name: value for name, value in DRAFT.items() if name != "clinical"},
        "clinical": False,
        "state": "draft",
        "written_by": person,
        "written_at": "2026-11-23T19:00:00.000Z",
        **dict.fromkeys(
            ("approved_by", "approved_at", "second_by", "second_at", "ended_by", "ended_at")
        ),
        "imported": False,
        "active_id": None,
    }
    number = draft["version_id"]
    status, approved = await paul.post(f"instructions/{number}/approve")
    assert (status, approved["state"], approved["approved_by"]) == (200, "active", person)
    assert approved["active_id"] == number
    status, body = await paul.get(f"instructions/{draft['series']}")
    assert (status, body["versions"]) == (200, [approved])
    status, body = await paul.get("instructions", q="zestril seco")
    assert status == 200
    assert body["instructions"] == [approved]
    assert body["topics"][0] == {"name": "storage", "label": "Storage", "clinical": False}
    status, retired = await paul.post(f"instructions/{number}/retire")
    assert (status, retired["state"], retired["ended_by"]) == (200, "retired", person)


async def test_clinical_texts_need_two(paul: Console, rosa: Console) -> None:
    _, draft = await paul.post("instructions", {**DRAFT, "topic": "with_food"})
    assert draft["clinical"] is True
    approve = f"instructions/{draft['version_id']}/approve"
    status, body = await paul.post(approve)
    assert (status, body["state"]) == (200, "second")
    status, body = await paul.post(approve)
    assert (status, body["error"]["code"]) == (409, "needs_second_pharmacist")
    assert body["error"]["message"] == "Another pharmacist has to approve this one as well."
    status, body = await rosa.post(approve)
    assert (status, body["state"], body["second_by"]["username"]) == (200, "active", "rosa")
    assert (await paul.post(approve))[0] == 200  # a repeat of what is done


async def test_what_came_with_the_feed(paul: Console) -> None:
    _, body = await paul.get("instructions", expiring="180")
    (row,) = body["instructions"]
    assert body["expiring"] == 1
    assert (row["imported"], row["version_id"], row["series"]) == (True, None, None)
    assert row["medicine"] == "lisinopril 10 mg tablet"
    assert row["texts"] == {"es": INSTRUCTION["text"]}
    assert row["approved_by"]["display_name"] == "Dana Whitfield, PharmD"
    assert row["approved_at"] == "2026-04-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"texts": {"en": "Keep it dry."}}, ["texts.es"]),
        ({"texts": {"en": " ", "es": "x" * 1501}}, ["texts.en", "texts.es"]),
        ({"texts": "Keep it dry."}, ["texts"]),
        ({"topic": "weather"}, ["topic"]),
        ({"topic": None}, ["topic"]),
        ({"source": " "}, ["source"]),
        ({"source": "two\nlines"}, ["source"]),
        ({"source_url": "http://label.example"}, ["source_url"]),
        ({"source_url": "https://a b"}, ["source_url"]),
        ({"source_url": "javascript:alert(1)"}, ["source_url"]),
        ({"review_due_on": "2026-11-23"}, ["review_due_on"]),
        ({"review_due_on": "2028-11-24"}, ["review_due_on"]),
        ({"review_due_on": "soon"}, ["review_due_on"]),
        ({"form": "spray"}, ["generic_name", "form"]),
        ({"product_id": "none", "generic_name": None, "form": None}, ["product_id"]),
        ({"series": 0}, ["series"]),
    ],
)
async def test_what_has_to_be_corrected_is_named(
    paul: Console, fields: dict[str, Any], named: list[str]
) -> None:
    status, body = await paul.post("instructions", {**DRAFT, **fields})
    assert (status, body["error"]["code"]) == (422, "instruction_invalid")
    assert body["fields"] == body["error"]["fields"] == named


async def test_what_no_database_stores_is_left_out(paul: Console) -> None:
    texts = {"en": "Keep\x00 it\ud800 dry.", "es": "Seco."}
    status, body = await paul.post("instructions", {**DRAFT, "texts": texts})
    assert (status, body["texts"]["en"]) == (201, "Keep it dry.")
    assert (await paul.get("products", q="lisin\x00opril"))[0] == 200


async def test_what_is_not_there(paul: Console) -> None:
    for path in ("instructions/4711/approve", "instructions/x/retire", "instructions/99999999999"):
        answer = await (paul.get(path) if path[-1] == "9" else paul.post(path))
        assert code_of(answer) == (404, "not_found")
    assert code_of(await paul.post("instructions", {**DRAFT, "series": 9})) == (404, "not_found")
    wrong: list[dict[str, Any]] = [
        {"state": "gone"}, {"topic": "x"}, {"expiring": "-1"}, {"q": "x" * 201},
    ]  # fmt: skip
    for query in wrong:
        assert code_of(await paul.get("instructions", **query)) == (400, "bad_request")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 1),
        ("lisin", 1),
        ("ZESTRIL 10", 1),
        ("tablet lisinopril", 1),
        ("99001", 1),
        ("%", 0),
        ("lisinopril capsule", 0),
    ],
)
async def test_medicines_to_choose_from(paul: Console, query: str, found: int) -> None:
    _, body = await paul.get("products", q=query)
    assert len(body["products"]) == found
    if found:
        assert body["products"] == [
            {
                "product_id": "99001-0101-30",
                "generic_name": "lisinopril",
                "strength": "10 mg",
                "form": "tablet",
                "brand_names": ["Zestril"],
            }
        ]
