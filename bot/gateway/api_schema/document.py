"""Builds the OpenAPI document from the routes that are there."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bot.gateway.api_schema import operations_public, operations_staff
from bot.gateway.api_schema.operation import JSON, Content, Operation
from bot.gateway.api_schema.prose import DESCRIPTION, SECURITY, TAGS
from bot.gateway.api_schema.shapes import Shapes
from bot.gateway.errors import STATUS
from bot.gateway.staff_access import ENDPOINTS

OPERATIONS = operations_public.OPERATIONS | operations_staff.OPERATIONS
PREFIXES = ("/api/", "/feed/", "/staff/api/", "/healthz", "/readyz")


@dataclass(frozen=True)
class Route:
    """A route of the gateway; `doc` is what its handler says of itself."""

    method: str
    path: str
    doc: str

    @property
    def described(self) -> bool:
        """Whether it belongs to an interface, and not to a page."""
        return self.path.startswith(PREFIXES) and self.method != "HEAD"


def build(routes: Iterable[Route], limits: Mapping[str, int | float]) -> dict[str, Any]:
    """The document as JSON. Raises KeyError for a route that nothing describes."""
    chosen = sorted((each.path, each.method, each) for each in routes if each.described)
    shapes = Shapes(OPERATIONS[method, path] for path, method, _ in chosen)
    roles = {(entry.method, entry.path): sorted(entry.roles) for entry in ENDPOINTS}
    paths: dict[str, dict[str, Any]] = {}
    for path, method, route in chosen:
        described = _operation(route, OPERATIONS[method, path], shapes)
        if found := roles.get((method, path)):
            described["x-roles"] = found
        paths.setdefault(path, {"parameters": _path_parameters(path)})[method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Willcall",
            "version": "1",
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
            "description": DESCRIPTION,
            "x-limits": dict(limits),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": said} for name, said in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": shapes.all(),
            "responses": dict(sorted(shapes.refusals.items())),
            "securitySchemes": SECURITY,
        },
    }


def _operation(route: Route, operation: Operation, shapes: Shapes) -> dict[str, Any]:
    summary, _, more = inspect.cleandoc(route.doc).partition("\n\n")
    described: dict[str, Any] = {
        "operationId": _identifier(route),
        "tags": [operation.tag],
        "summary": " ".join(summary.split()),
    }
    notes = " ".join(filter(None, [" ".join(more.split()), operation.notes]))
    if notes:
        described["description"] = notes
    if operation.query is not None:
        described["parameters"] = _query_parameters(operation.query)
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": _content(operation.body, shapes),
        }
    described["responses"] = _responses(route, operation, shapes)
    described["security"] = _security(route, operation)
    return described | dict(operation.extra)


def _identifier(route: Route) -> str:
    words = route.path.replace("{", "").replace("}", "").replace(".", "_").strip("/").split("/")
    return "_".join([route.method.lower(), *words]).replace("-", "_")


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _kind_of(path, name)}
        for name in (part[1:-1] for part in path.split("/") if part.startswith("{"))
    ]


def _kind_of(path: str, name: str) -> dict[str, Any]:
    """What a part of a path is: a name, the id of a conversation, or else a number."""
    if name == "username" or "/conversations/" in path:
        return {"type": "string"}
    return {"type": "integer", "minimum": 0, "maximum": 999_999_999}


def _query_parameters(query: type[BaseModel]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "required": False, "schema": _not_null(schema)}
        for name, schema in query.model_json_schema()["properties"].items()
    ]


def _not_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A field that may be left out, as a parameter: a query cannot say null."""
    kept = {name: value for name, value in schema.items() if value is not None and name != "title"}
    kinds = [kind for kind in kept.pop("anyOf", []) if kind != {"type": "null"}]
    return {**kinds[0], **kept} if len(kinds) == 1 else kept


def _content(kind: Any, shapes: Shapes) -> dict[str, Any]:
    if isinstance(kind, Content):
        return {kind.media_type: {"schema": {"type": "string"}, **kind.parts}}
    return {JSON: {"schema": shapes.of(kind)}}


def _answer(kind: Any, shapes: Shapes) -> dict[str, Any]:
    if isinstance(kind, Content):
        return {kind.media_type: dict(kind.parts)}
    return _content(kind, shapes)


def _responses(route: Route, operation: Operation, shapes: Shapes) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in operation.codes(route.method, route.path):
        by_status.setdefault(STATUS[code], []).append(code)
    found: dict[str, Any] = {str(at): shapes.refusal(codes) for at, codes in by_status.items()}
    for status, kind in operation.answers.items():
        content = {} if kind is None else {"content": _answer(kind, shapes)}
        found[str(status)] = {"description": _meaning(kind), **content}
    return dict(sorted(found.items()))


def _meaning(kind: Any) -> str:
    if kind is None:
        return "Done."
    if isinstance(kind, Content):
        return f"As {kind.media_type}."
    return " ".join((inspect.getdoc(kind) or "").split()) if kind is not dict else "A document."


def _security(route: Route, operation: Operation) -> list[dict[str, list[str]]]:
    match operation.security:
        case "staff" if route.method == "GET":
            return [{"staffSession": []}]
        case "staff":
            return [{"staffSession": [], "csrfToken": []}]
        case "conversation":
            return [{"conversationSecret": []}]
        case "feed":
            return [{"feedToken": []}]
        case _:
            return []
