"""Every endpoint gets requests made from the document, right and wrong, from each kind of sender.

Nothing of it may end in a 5xx or without an answer, and what is answered is what docs/openapi.json
says: the schemathesis checks look at it, and `tests.contract` allows no field that is not named.
"""

import copy
import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.result import Ok

from tests import contract
from tests.fuzz import tally
from tests.fuzz.actors import Actor, everybody
from tests.fuzz.house import FuzzedGateway
from tests.fuzz.size import examples

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
# Would begin a training of a minute, again and again. tests/gateway/test_staff_models.py has it.
EXPENSIVE = (("POST", "/staff/api/models/train"), "pharmacist")
TEXTS = ("which", "who", "person", "unsure", "broken", "/restart", "hola")
WHO = ("nobody", "patient", "technician", "pharmacist", "admin", "feed")
NASTY: tuple[Any, ...] = (
    None, True, -1, 0, 2**31, 2**63, 1e308, "", " ", "\x00", "a\x00b", "\ud800", "\u202e\u200b",
    "/restart", '/x{"a": "b"}', "<script>alert(1)</script>", "' OR 1=1 --", "%", "\\", "x" * 10_000,
    [], {}, [[[[]]]], {"$ne": 1}, "0001-01-01", "9999-12-31T23:59:59+14:00", "٣",
)  # fmt: skip
# Answers that say so by themselves.
OWN_503 = {("GET", "/readyz")}


@schemathesis.serializer("application/x-ndjson")
def as_it_is(_ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    """The lines of a feed; tests/fuzz/test_feed.py makes better ones."""
    return str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def actors(postgres_gateway: FuzzedGateway) -> dict[str, Actor]:
    return everybody(postgres_gateway)


def operations() -> list[Any]:
    """The operations of the published document, as schemathesis reads them."""
    schema = schemathesis.openapi.from_dict(copy.deepcopy(contract.document()))
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


OPERATIONS = operations()


def senders(path: str) -> list[str]:
    """Whom an endpoint is for, several times, and everybody else once."""
    if path.startswith("/staff/"):
        meant = ["technician", "pharmacist", "admin"]
    else:
        meant = ["feed"] if path.startswith("/feed/") else ["patient"]
    return [*meant * (12 // len(meant)), *(who for who in WHO if who not in meant)]


@pytest.mark.parametrize(
    "operation", OPERATIONS, ids=[f"{each.method.upper()} {each.path}" for each in OPERATIONS]
)
def test_every_endpoint(actors: dict[str, Actor], operation: Any) -> None:
    name = (operation.method.upper(), operation.path)
    varied = bool(operation.body or operation.query or operation.path_parameters)
    modes = [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if varied else [])]
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])
    allowed = [who for who in senders(operation.path) if (name, who) != EXPENSIVE]

    @examples(10 if varied else 4)
    @given(cases, st.sampled_from(allowed), st.data())
    def throw(case: Case[Any], who: str, data: st.DataObject) -> None:
        actor = actors[who]
        tally.THROWN["examples"] += 1
        actor.ready()
        make_known(case, actor, data)
        answer = call(case, actor, changed(case, actor, data))
        found = contract.problems(
            *name, answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0],
            answer.content,
        )  # fmt: skip
        tally.THROWN["undescribed"] += bool(found)
        assert found == [], (who, case.as_curl_command(), answer.text[:500])
        assert answer.status_code < 500 or name in OWN_503
        if name not in OWN_503:
            case.validate_response(answer, checks=CHECKS)

    throw()


def make_known(case: Case[Any], actor: Actor, data: st.DataObject) -> None:
    """Put what exists into the path, and now and then something nasty into the body."""
    if "wait" in (case.query or {}):
        case.query["wait"] = data.draw(
            st.sampled_from(["0.01", "-1", "x", "", "nan", "inf", "1e9"])
        )
        if case.query["wait"] == "1e9":  # as long as there is, so there has to be something
            case.query["after"] = 0
    for name in list(case.path_parameters or {}):
        kind = "username" if name == "username" else "number"
        kind = "conversation" if "/conversations/" in case.operation.path else kind
        options = actor.known.get(kind, [])
        if options and data.draw(st.sampled_from([True, True, True, False])):
            case.path_parameters[name] = data.draw(st.sampled_from(options))


def changed(case: Case[Any], actor: Actor, data: st.DataObject) -> dict[str, Any] | None:
    """The body with one value of it replaced, by something nasty or something that is known."""
    if not isinstance(case.body, dict) or not case.body or data.draw(st.booleans()):
        return None
    chosen = data.draw(st.sampled_from(sorted(map(str, case.body))))
    return {**case.body, chosen: data.draw(st.sampled_from([*NASTY, *TEXTS]))}


def call(case: Case[Any], actor: Actor, body: dict[str, Any] | None) -> requests.Response:
    """Send a case as the actor, with another body if there is one. Of a stream, read the start."""
    wanted = case.as_transport_kwargs(base_url=actor.gateway.address)
    headers = {**dict(wanted["headers"]), **actor.headers}
    path = wanted["url"].removeprefix(actor.gateway.address)
    sent = {name: wanted[name] for name in ("json", "data") if name in wanted}
    if body is not None:  # written here, because of what the library does not write
        sent = {"data": json.dumps(body).encode()}
    answer = actor.send(
        wanted["method"], path, headers=headers, params=wanted.get("params"),
        stream=case.operation.path == "/staff/api/events", allow_redirects=False, **sent,
    )  # fmt: skip
    if answer.headers.get("Content-Type", "").startswith("text/event-stream"):
        answer._content = next(answer.iter_content(64))
        answer.close()
    return answer
