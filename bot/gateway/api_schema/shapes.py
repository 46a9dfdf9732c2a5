"""The components of the document: the schemas of bodies, answers and frames, and the refusals."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from bot.feed.formats import Record
from bot.gateway.api_schema import frames, operations_public
from bot.gateway.api_schema.chat import ChatEvent
from bot.gateway.api_schema.desk import StreamChange, StreamHello, StreamPassing
from bot.gateway.api_schema.operation import BESIDE, JSON, WITHIN, Operation
from bot.gateway.errors import STATUS

REFERENCE = "#/components/schemas/{model}"
# Described beside the bodies of requests and answers.
NAMED: dict[str, Any] = {
    "ClientFrame": frames.ClientFrame,
    "PassingFrame": frames.PassingFrame,
    "ChatEvent": ChatEvent,
    "Record": Record,
    "Finding": operations_public.Finding,
    "StreamHello": StreamHello,
    "StreamChange": StreamChange,
    "StreamPassing": StreamPassing,
}


class _Untitled(GenerateJsonSchema):
    """Without titles that only repeat the name of a field."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Shapes:
    """The JSON Schemas of bodies and answers, each under its name, and of refusals."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        bodies = (kind for each in operations for kind in (*each.answers.values(), each.body))
        kinds = dict.fromkeys(
            [*NAMED.values(), *(kind for kind in bodies if isinstance(kind, type))]
        )
        adapters = [(kind, "validation", TypeAdapter[Any](kind)) for kind in kinds]
        found, top = TypeAdapter.json_schemas(
            adapters,  # type: ignore[arg-type]
            ref_template=REFERENCE,
            schema_generator=_Untitled,
        )
        self._by_kind = {kind: schema for (kind, _), schema in found.items()}
        self._definitions: dict[str, Any] = top["$defs"]
        self.refusals: dict[str, Any] = {}

    def of(self, kind: Any) -> dict[str, Any]:
        """The schema of a type, as a reference if it has fields of its own."""
        return self._by_kind[kind]

    def all(self) -> dict[str, Any]:
        """The components."""
        return dict(sorted({**self._definitions, **_event_frames(self._definitions)}.items()))

    def refusal(self, codes: Iterable[str]) -> dict[str, str]:
        """A reference to the answer that refuses with one of these codes."""
        known = sorted(codes)
        name = ".".join(known)
        self.refusals[name] = _refusal(known)
        return {"$ref": f"#/components/responses/{name}"}


def _event_frames(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The frames that carry events: each kind of event with the frame's type beside its fields."""
    kinds = definitions["ChatEvent"]["discriminator"]["mapping"]
    made: dict[str, Any] = {}
    mapping: dict[str, str] = {}
    for kind, reference in kinds.items():
        event = definitions[reference.rpartition("/")[2]]
        name = f"{event['title']}Frame"
        made[name] = {
            **event,
            "title": name,
            "properties": {"type": {"const": "event", "type": "string"}, **event["properties"]},
            "required": ["type", *event["required"]],
        }
        mapping[kind] = REFERENCE.format(model=name)
    made["EventFrame"] = {
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    made["ServerFrame"] = {
        "oneOf": [{"$ref": REFERENCE.format(model=name)} for name in ("PassingFrame", "EventFrame")]
    }
    return made


def _refusal(codes: Sequence[str]) -> dict[str, Any]:
    within: dict[str, Any] = {
        "code": {"type": "string", "enum": list(codes)},
        "message": {"type": "string", "description": "For people, in their language."},
    }
    beside: dict[str, Any] = {}
    for code in codes:
        within |= WITHIN.get(code, {})
        beside |= BESIDE.get(code, {})
    error = {"type": "object", "required": ["code", "message"], "properties": within}
    schema = {"type": "object", "required": ["error"], "properties": {"error": error, **beside}}
    told: dict[str, Any] = {"description": ", ".join(codes), "content": {JSON: {"schema": schema}}}
    if any(STATUS[code] == HTTPStatus.TOO_MANY_REQUESTS for code in codes):
        seconds = {"schema": {"type": "integer"}, "description": "In seconds."}
        return told | {"headers": {"Retry-After": seconds}}
    return told
