"""Holds what the gateway says against docs/openapi.json, in whichever test it says it.

The published schemas let programs meet fields that they do not know. Here nothing may be said that
the document does not name, so that it cannot fall behind.
"""

import json
from functools import cache
from typing import Any

import jsonschema_rs
from aiohttp import web

from bot.places import ROOT

FILE = ROOT / "docs" / "openapi.json"
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        }
    },
}


@cache
def document() -> dict[str, Any]:
    """The published document."""
    published: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return published


def closed(schema: Any) -> Any:
    """A schema that takes no field it does not name."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return made


@cache
def _components() -> dict[str, Any]:
    return {"schemas": closed(document()["components"]["schemas"])}


@cache
def _validator(written: str) -> jsonschema_rs.Validator:
    schema = {**json.loads(written), "components": _components()}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def problems_of(schema: dict[str, Any], value: Any) -> list[str]:
    """Where a value is not as the schema says, in words."""
    found = _validator(json.dumps(closed(schema))).iter_errors(value)
    return [f"{'/'.join(map(str, error.instance_path))}: {error.message}" for error in found]


def check_named(name: str, value: Any) -> None:
    """Fails unless a value is as the component says: a frame, an event of a stream."""
    found = problems_of({"$ref": f"#/components/schemas/{name}"}, value)
    assert found == [], f"not a {name} of docs/openapi.json: {value}: {found}"


def check_stream_event(event: str, data: Any) -> None:
    """Fails unless an event of the staff's stream is as the document says."""
    operation = document()["paths"]["/staff/api/events"]["get"]
    known = operation["responses"]["200"]["content"]["text/event-stream"]["x-events"]
    assert event in known, f"the document knows no event {event}"
    found = problems_of(known[event], data)
    assert found == [], f"not a {event} of docs/openapi.json: {data}: {found}"


def problems(method: str, path: str, status: int, media_type: str, body: bytes | None) -> list[str]:
    """What is wrong with an answer of a route (its path as the document writes it)."""
    operation = document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        # No such path, or no such method: the one shape of errors all the same.
        return _of_json(ERROR, media_type, body)
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [f"{status} is not described: {(body or b'')[:300]!r}"]
    if "$ref" in answer:
        answer = document()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer.get("content")
    if content is None:
        return [f"it has a body: {body[:300]!r}"] if body else []
    if media_type not in content:
        return [f"{media_type} is not described"]
    if media_type != "application/json":
        return []
    return _of_json(content[media_type]["schema"], media_type, body)


def _of_json(schema: dict[str, Any], media_type: str, body: bytes | None) -> list[str]:
    if media_type != "application/json":
        return [f"{media_type} is not JSON"]
    try:
        return problems_of(schema, json.loads(body or b""))
    except ValueError:
        return [f"it is not JSON: {(body or b'')[:300]!r}"]


def watch(web_app: web.Application) -> list[str]:
    """Note every answer of a gateway that is not as the document says."""
    noted: list[str] = []

    async def check(request: web.Request, response: web.StreamResponse) -> None:
        resource = request.match_info.route.resource
        path = resource.canonical if resource is not None else request.path
        if request.method in ("HEAD", "OPTIONS") or not _is_interface(request.path):
            return
        body = response.body if isinstance(response, web.Response) else None
        written = bytes(body) if isinstance(body, bytes | bytearray) else None
        media_type = response.content_type
        found = problems(request.method, path, response.status, media_type, written)
        noted.extend(f"{request.method} {request.path} {response.status}: {each}" for each in found)

    web_app.on_response_prepare.append(check)
    return noted


def _is_interface(path: str) -> bool:
    return path.startswith(("/api/", "/feed/", "/staff/api/", "/healthz", "/readyz"))
