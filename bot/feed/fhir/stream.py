"""Reads JSON piece by piece: a bundle's entries, or resources one after the other.

Memory holds one resource at a time, however long the text is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

CHUNK = 256 * 1024
# No resource is as long as this; a text without an end must not fill the memory.
LONGEST = 16 * 1024 * 1024
HEAD = 1024 * 1024
_SPACE = " \t\r\n\ufeff"
_AFTER = frozenset(" \t\r\n,:]}")


class NotFhirError(ValueError):
    """The text is not what it should be; the message is for people and repeats nothing of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource as JSON, and the address that a bundle gives it."""

    resource: dict[str, Any]
    full_url: str | None = None


def entries(text: TextIO) -> Iterator[Entry]:
    """The resources of a text: of bundles, or single ones, one after the other.

    Raises NotFhirError at the place where the text turns out to be wrong.
    """
    source = _Json(text)
    while source.peek():
        yield from _document(source)


def is_fhir(head: str) -> bool:
    """Whether a text begins like FHIR. `head` is its beginning, up to HEAD characters."""
    source = _Json(None, head)
    try:
        for name in source.members():
            if name in ("resourceType", "entry"):
                return True
            source.value()
    except NotFhirError:
        return False
    return False


def _document(source: "_Json") -> Iterator[Entry]:
    """One bundle or one resource. What a bundle is may be said after its entries."""
    members: dict[str, Any] = {}
    seen = False
    for name in source.members():
        if name == "entry" and members.get("resourceType", "Bundle") == "Bundle":
            seen = True
            for element in source.elements():
                yield from _entry(element)
        else:
            members[name] = source.value()
    kind = members.get("resourceType")
    if kind == "Bundle":
        if members.get("type") == "history":
            raise NotFhirError("a history bundle cannot be read: send the present resources")
    elif seen or not isinstance(kind, str):
        raise NotFhirError("must be a FHIR Bundle or a FHIR resource with a resourceType")
    else:
        yield Entry(members)


def _entry(element: object) -> Iterator[Entry]:
    if not isinstance(element, dict):
        raise NotFhirError("Bundle.entry: must be JSON objects")
    resource, url = element.get("resource"), element.get("fullUrl")
    if isinstance(resource, dict):
        yield Entry(resource, url if isinstance(url, str) else None)
    elif resource is not None:
        raise NotFhirError("Bundle.entry.resource: must be a JSON object")


class _Json:
    """A JSON text of which the outermost objects and lists are walked through."""

    def __init__(self, text: TextIO | None, head: str = "") -> None:
        self._text = text
        self._buffer = head
        self._at = 0
        self._decoder = json.JSONDecoder(parse_constant=self._no_number)

    def members(self) -> Iterator[str]:
        """The names of an object's members; the caller takes each value before the next."""
        self._take("{")
        if self._took("}"):
            return
        while True:
            name = self.value()
            if not isinstance(name, str):
                self._wrong()
            self._take(":")
            yield name
            if self._took("}"):
                return
            self._take(",")

    def elements(self) -> Iterator[Any]:
        """The elements of a list."""
        self._take("[")
        if self._took("]"):
            return
        while True:
            yield self.value()
            if self._took("]"):
                return
            self._take(",")

    def value(self) -> Any:
        """One whole value: of a text that is cut, `1` may be the beginning of `1.5`."""
        if not self.peek():
            self._wrong()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._buffer, self._at)
            except (ValueError, RecursionError):
                end = -1
            if 0 <= end < len(self._buffer) and self._buffer[end] in _AFTER:
                self._at = end
                return value
            ended = end == len(self._buffer)
            if len(self._buffer) - self._at > LONGEST:
                self._wrong()
            if not self._more():
                if not ended:
                    self._wrong()
                self._at = len(self._buffer)
                return value

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            while self._at < len(self._buffer):
                if self._buffer[self._at] not in _SPACE:
                    return self._buffer[self._at]
                self._at += 1
            if not self._more():
                return ""

    def _took(self, mark: str) -> bool:
        if self.peek() != mark:
            return False
        self._at += 1
        return True

    def _take(self, mark: str) -> None:
        if not self._took(mark):
            self._wrong()

    def _more(self) -> bool:
        """Read on, twice as much while a value does not end; forget what was walked through."""
        rest = self._buffer[self._at :]
        try:
            piece = self._text.read(max(CHUNK, len(rest))) if self._text else ""
        except UnicodeDecodeError:
            raise NotFhirError("is not UTF-8 text") from None
        self._buffer, self._at = rest + piece, 0
        return bool(piece)

    def _wrong(self) -> NoReturn:
        raise NotFhirError("is not valid JSON")

    def _no_number(self, _name: str) -> NoReturn:
        self._wrong()
