"""Every endpoint of the staff interface, for every role and for nobody, with the status expected.

The status is what the door says: a request that gets in is answered about things that do not exist,
so that nothing here depends on what stands before it.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio

from bot.gateway import app as _routes  # noqa: F401 - importing it registers the endpoints
from bot.gateway.staff_access import ENDPOINTS
from bot.pharmacy.desk import ROLES, Role
from tests.gateway.conftest import House, Opening
from tests.staff import Console, add_staff

DESK = {"technician", "pharmacist"}
ADMIN = {"admin"}
PHARMACIST = {"pharmacist"}
ALL = DESK | ADMIN
MISSING = "conversations/none"
ACCOUNT = "accounts/nobody"

# (method, path, body): the roles that get in, and the status that they get.
EXPECTED: dict[tuple[str, str], tuple[set[str], int, Any]] = {
    ("GET", "session"): (ALL, 200, None),
    ("POST", "logout"): (ALL, 204, None),
    ("POST", "password"): (ALL, 422, {"present": "x", "new": "short"}),
    ("POST", "logout_everywhere"): (ALL, 204, None),
    ("GET", "escalations"): (DESK, 200, None),
    ("POST", "escalations/4711/claim"): (DESK, 404, None),
    ("POST", "escalations/4711/release"): (DESK, 404, None),
    ("POST", "escalations/4711/transfer"): (DESK, 404, {"queue": "counter"}),
    ("POST", "escalations/4711/hand_back"): (DESK, 404, None),
    ("POST", "escalations/4711/close"): (DESK, 404, {"outcome": "answered"}),
    ("GET", MISSING): (DESK, 404, None),
    ("POST", f"{MISSING}/messages"): (DESK, 404, {"client_id": "a", "text": "hello"}),
    ("POST", f"{MISSING}/notes"): (DESK, 404, {"text": "hello"}),
    ("POST", f"{MISSING}/typing"): (DESK, 404, None),
    ("POST", f"{MISSING}/seen"): (DESK, 404, {"seq": 1}),
    ("GET", f"{MISSING}/canned"): (DESK, 404, None),
    ("POST", "search"): (DESK, 200, {"q": "nobody"}),
    ("GET", "events"): (DESK, 200, None),
    ("GET", "audit"): (ADMIN, 200, None),
    ("GET", "audit.csv"): (ADMIN, 200, None),
    ("GET", "accounts"): (ADMIN, 200, None),
    ("POST", f"{ACCOUNT}/disable"): (ADMIN, 404, None),
    ("POST", f"{ACCOUNT}/enable"): (ADMIN, 404, None),
    ("POST", f"{ACCOUNT}/unlock"): (ADMIN, 404, None),
    ("POST", f"{ACCOUNT}/logout"): (ADMIN, 404, None),
    ("GET", "questions"): (PHARMACIST, 200, None),
    ("GET", "intents"): (PHARMACIST, 200, None),
    ("POST", "questions/4711/answer"): (PHARMACIST, 404, {"client_id": "a", "text": "yes"}),
    ("POST", "questions/4711/label"): (PHARMACIST, 404, {"intent": "ask_price"}),
    ("POST", "questions/4711/dismiss"): (PHARMACIST, 404, None),
    ("POST", "questions/groups/4711/answer"): (PHARMACIST, 404, {"client_id": "a", "text": "yes"}),
    ("POST", "questions/groups/4711/label"): (PHARMACIST, 404, {"intent": "ask_price"}),
    ("POST", "questions/groups/4711/dismiss"): (PHARMACIST, 404, None),
    ("POST", "questions/reviews/4711/undo"): (PHARMACIST, 404, None),
    ("GET", "instructions"): (PHARMACIST, 200, None),
    ("GET", "instructions/series"): (PHARMACIST, 404, None),
    ("POST", "instructions"): (PHARMACIST, 422, {}),
    ("POST", "instructions/4711/approve"): (PHARMACIST, 404, None),
    ("POST", "instructions/4711/retire"): (PHARMACIST, 404, None),
    ("GET", "products"): (PHARMACIST, 200, None),
    ("GET", "models"): (PHARMACIST, 200, None),
    ("GET", "models/reviewed.yml"): (PHARMACIST, 200, None),
    ("GET", "models/4711"): (PHARMACIST, 404, None),
    ("POST", "models/4711/activate"): (PHARMACIST, 404, None),
    ("POST", "models/rollback"): (PHARMACIST, 409, None),
    ("POST", "models/train"): (PHARMACIST, 202, None),
    ("GET", "numbers"): (PHARMACIST, 200, None),
    ("GET", "numbers.csv"): (PHARMACIST, 200, None),
    ("GET", "retention"): (ADMIN, 200, None),
    ("POST", "retention/export"): (ADMIN, 404, {"conversation_id": "none"}),
    ("POST", "retention/erase"): (ADMIN, 404, {"conversation_id": "none", "reason": "asked"}),
}
REQUESTS = sorted(EXPECTED)


def shape(path: str) -> str:
    """A request's path in the form of the route's."""
    return (
        f"/staff/api/{path}".replace("4711", "{id}")
        .replace("/none", "/{id}")
        .replace("/series", "/{series}")
        .replace("/nobody", "/{username}")
    )


def test_no_endpoint_is_left_out() -> None:
    behind_the_door = {(entry.method, entry.path) for entry in ENDPOINTS if entry.roles}
    assert {(method, shape(path)) for method, path in EXPECTED} == behind_the_door
    open_ones = [(entry.method, entry.path) for entry in ENDPOINTS if not entry.roles]
    assert open_ones == [("POST", "/staff/api/login")]


@pytest_asyncio.fixture
async def signed_in(open_house: Opening) -> AsyncIterator[dict[str, Console]]:
    """A console for each role, and one of nobody."""
    house: House = await open_house(sign_ins_per_minute=1000)
    async with AsyncExitStack() as exits:
        consoles: dict[str, Console] = {}
        for role in ROLES:
            await add_staff(house.app.database, role, role)
        for who in (*ROLES, "nobody"):
            consoles[who] = await exits.enter_async_context(Console(house.address))
            if who != "nobody":
                assert (await consoles[who].sign_in(who))[0] == 200
        yield consoles


async def ask(console: Console, method: str, path: str, body: Any, **headers: str) -> int:
    """The status alone; a stream is not waited for."""
    async with console.session.request(
        method, f"{console.address}/staff/api/{path}", json=body, headers=headers
    ) as response:
        return response.status


async def test_every_endpoint_for_every_role(signed_in: dict[str, Console]) -> None:
    wrong = []
    for method, path in REQUESTS:
        allowed, status, body = EXPECTED[method, path]
        for who, console in signed_in.items():
            expected = 401 if who == "nobody" else status if who in allowed else 403
            found = await ask(console, method, path, body, **{"X-CSRF-Token": console.csrf})
            if found != expected:
                wrong.append((method, path, who, found, expected))
            if path.startswith("logout"):
                await console.sign_in(who)
    assert wrong == []


async def test_every_change_needs_the_token(signed_in: dict[str, Console]) -> None:
    other: Role
    for method, path in REQUESTS:
        if method == "GET":
            continue
        allowed, _, body = EXPECTED[method, path]
        for who in sorted(allowed):
            other = "admin" if who != "admin" else "pharmacist"
            for token in ("", "x", signed_in[other].csrf):
                headers = {"X-CSRF-Token": token} if token else {}
                assert await ask(signed_in[who], method, path, body, **headers) == 403, path


async def test_no_page_of_another_site_gets_in(signed_in: dict[str, Console]) -> None:
    for method, path in REQUESTS:
        allowed, _, body = EXPECTED[method, path]
        if method == "GET":
            continue
        console = signed_in[sorted(allowed)[0]]
        for foreign in ({"Origin": "https://track.example"}, {"Sec-Fetch-Site": "cross-site"}):
            headers = {"X-CSRF-Token": console.csrf, **foreign}
            assert await ask(console, method, path, body, **headers) == 403, path
