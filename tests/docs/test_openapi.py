"""docs/openapi.json describes the interfaces: all of their routes, and nothing else.

That answers are as it says, `tests.contract` looks at in every test that asks a gateway.
"""

import re
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import pytest

from bot.gateway.api_schema.document import OPERATIONS, Route, build
from bot.gateway.api_schema.frames import SocketCode
from bot.gateway.app import PATIENT_SIDE, STAFF_SIDE
from bot.gateway.errors import STATUS
from bot.gateway.openapi import LIMITS
from bot.gateway.staff_access import ENDPOINTS
from tests import contract
from tests.docs.openapi_file import written
from tests.docs.pages import ROOT, text_of
from tests.gateway.test_staff_matrix import EXPECTED, shape

DOCUMENT = contract.document()
METHODS = ("get", "post", "put", "delete", "patch")
PAGES = re.compile(r"/|/widget\.js|/metrics|/staff(/\w*)?")


def described() -> dict[tuple[str, str], Any]:
    """Every operation of the document."""
    return {
        (method.upper(), path): item[method]
        for path, item in DOCUMENT["paths"].items()
        for method in METHODS
        if method in item
    }


def served() -> set[tuple[str, str]]:
    """Every route of the gateway that is no page."""
    routes = (route for module in (*PATIENT_SIDE, *STAFF_SIDE) for route in vars(module)["routes"])
    found = {(route.method, route.path) for route in routes}
    return {(method, path) for method, path in found if not PAGES.fullmatch(path)}


def test_the_file_is_current() -> None:
    told = "run: .venv/bin/python -m tests.docs.openapi_file"
    assert contract.FILE.read_text(encoding="utf-8") == written(), told


def test_every_route_is_described_and_no_other() -> None:
    assert set(described()) == served()
    assert set(OPERATIONS) == served()


def test_a_route_that_nothing_describes_stops_the_document() -> None:
    with pytest.raises(KeyError):
        build([Route("GET", "/api/v1/forgotten", "")], {})


def test_roles_are_those_of_the_door_and_of_the_matrix() -> None:
    told = {
        name: set(operation["x-roles"])
        for name, operation in described().items()
        if "x-roles" in operation
    }
    assert told == {(each.method, each.path): set(each.roles) for each in ENDPOINTS if each.roles}
    assert told == {(method, shape(path)): who for (method, path), (who, *_) in EXPECTED.items()}


def test_who_has_to_sign_in_is_told() -> None:
    for (method, path), operation in described().items():
        schemes = {name for each in operation["security"] for name in each}
        if "x-roles" in operation:
            csrf = set() if method == "GET" else {"csrfToken"}
            assert schemes == {"staffSession"} | csrf, path
        elif path.startswith("/feed/"):
            assert schemes == {"feedToken"}, path
        elif "/conversations/{id}/socket" not in path and "{id}" in path:
            assert schemes == {"conversationSecret"}, path
        else:
            assert schemes == set(), path


def test_every_code_is_told_somewhere_and_no_other() -> None:
    told = {
        code
        for response in DOCUMENT["components"]["responses"].values()
        for code in _error(response)["properties"]["code"]["enum"]
    }
    assert told | set(get_args(SocketCode)) == set(STATUS)


def _error(response: dict[str, Any]) -> dict[str, Any]:
    schema = response["content"]["application/json"]["schema"]
    error: dict[str, Any] = schema["properties"]["error"]
    return error


def test_every_reference_leads_somewhere() -> None:
    lost = [reference for reference in _references(DOCUMENT) if not _leads(reference)]
    assert lost == []


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        for each in part:
            yield from _references(each)
    elif isinstance(part, dict):
        for name, value in part.items():
            if name == "$ref":
                yield value
            elif name == "mapping":
                yield from value.values()
            else:
                yield from _references(value)


def _leads(reference: str) -> bool:
    part: Any = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        part = part.get(step) if isinstance(part, dict) else None
    return part is not None


def test_schemas_are_json_schema() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema)
        assert schema.get("title", name) == name


def test_ids_of_operations_are_unique() -> None:
    ids = [operation["operationId"] for operation in described().values()]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"\w+", each) for each in ids)
    assert all(operation["summary"] for operation in described().values())


SEQ = b'{"seq": 1}'
WRONG = {
    "a field too many": (202, "application/json", b'{"seq": 1, "more": 2}'),
    "a field too few": (202, "application/json", b"{}"),
    "another type": (202, "application/json", b'{"seq": "1"}'),
    "another status": (201, "application/json", SEQ),
    "another form": (202, "text/plain", SEQ),
    "no JSON": (202, "application/json", b"seq"),
    "an unknown code": (429, "application/json", b'{"error": {"code": "x", "message": "y"}}'),
    "no message": (429, "application/json", b'{"error": {"code": "rate_limited"}}'),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG.keys())
def test_an_answer_that_is_not_described_is_found(answer: tuple[int, str, bytes]) -> None:
    path = "/api/v1/conversations/{id}/messages"
    assert contract.problems("POST", path, 202, "application/json", SEQ) == []
    status, media_type, body = answer
    assert contract.problems("POST", path, status, media_type, body) != []


def test_a_frame_that_is_not_described_is_found() -> None:
    contract.check_named("ServerFrame", {"type": "ack", "client_id": "a", "seq": 1})
    for wrong in (
        {"type": "ack", "client_id": "a"},
        {"type": "ack", "client_id": "a", "seq": 1, "more": 1},
        {"type": "event", "seq": 1, "at": "2026-11-23T19:00:00.000Z", "kind": "message"},
        {"type": "none"},
    ):
        with pytest.raises(AssertionError, match="not a ServerFrame"):
            contract.check_named("ServerFrame", wrong)


def test_the_page_for_integrators_names_every_limit_and_code_of_patients() -> None:
    page = text_of(ROOT / "docs" / "api.md")
    assert [name for name in LIMITS if f"`{name}`" not in page] == []
    patients = {
        code
        for (_, path), operation in OPERATIONS.items()
        if path.startswith(("/api/", "/feed/"))
        for code in operation.codes("POST", path)
    }
    missing = (patients | set(get_args(SocketCode))) - set(re.findall(r"`(\w+)`", page))
    assert missing == set()
