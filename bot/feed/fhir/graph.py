"""The resources of a feed, and where their references lead."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import ValidationError

from bot.feed.fhir.datatypes import Reference
from bot.feed.fhir.outcome import Outcome
from bot.feed.fhir.resources import SHAPES, Known
from bot.feed.fhir.stream import Entry
from bot.feed.intake import mistakes
from bot.services.feed_batch import FeedError

ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
_RELATIVE = re.compile(r"(?:^|/)([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[^/]+)?$")


@dataclass(frozen=True, slots=True)
class Held[R: Known]:
    """A resource, and which of the feed it was, from 1."""

    number: int
    id: str
    resource: R

    @property
    def name(self) -> str:
        """`Patient/123`."""
        return f"{self.resource.resource_type}/{self.id}"


class Graph:
    """All resources that are read. Of the same resource twice, the last counts."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._held: dict[type, dict[str, Held[Known]]] = {}
        self._by_url: dict[str, tuple[type[Known], str]] = {}

    def add(self, number: int, entry: Entry) -> Iterable[FeedError]:
        """Take a resource; answers what is wrong with it. Other types are counted only."""
        kind = entry.resource.get("resourceType")
        if not isinstance(kind, str):
            return [FeedError(number, "resourceType", "is missing")]
        shape = SHAPES.get(kind)
        if shape is None:
            known = kind.isascii() and kind.isalpha() and len(kind) <= 60
            self._outcome.not_read[kind if known else "?"] += 1
            return []
        self._outcome.read[kind] += 1
        name = _id_of(entry)
        if name is None:
            return [FeedError(number, f"{kind}.id", "must be a FHIR id")]
        try:
            resource = shape.validate_python(entry.resource)
        except (ValidationError, RecursionError) as error:
            if isinstance(error, RecursionError):
                return [FeedError(number, f"{kind}/{name}", "is nested too deeply")]
            return list(mistakes(number, error, f"{kind}/{name}: "))
        self._held.setdefault(type(resource), {})[name] = Held(number, name, resource)
        if entry.full_url:
            self._by_url[entry.full_url] = (type(resource), name)
        return []

    def all[R: Known](self, kind: type[R]) -> Iterator[Held[R]]:
        """The resources of one type, in the order of the feed."""
        yield from self._of(kind).values()

    def find[R: Known](
        self, reference: Reference | None, kind: type[R], within: Iterable[Known] = ()
    ) -> Held[R] | None:
        """The resource that a reference leads to, in the feed or in those contained `within`."""
        target = reference.reference if reference else None
        if not target:
            return None
        if target.startswith("#"):
            for resource in within:
                if isinstance(resource, kind) and resource.id == target[1:]:
                    return Held(0, target[1:], resource)
            return None
        by_url = self._by_url.get(target)
        if by_url is not None:
            return self._of(kind).get(by_url[1]) if by_url[0] is kind else None
        named = _RELATIVE.search(target)
        return self._of(kind).get(named[2]) if named and named[1] == kind.__name__ else None

    def _of[R: Known](self, kind: type[R]) -> Mapping[str, Held[R]]:
        return cast("dict[str, Held[R]]", self._held.get(kind, {}))  # filed under its own type


def id_in(reference: Reference | None, kind: str) -> str | None:
    """The id in `Location/main`, for a resource that need not be in the feed."""
    named = _RELATIVE.search(reference.reference or "") if reference else None
    return named[2] if named and named[1] == kind else None


def _id_of(entry: Entry) -> str | None:
    """Its id; of a bundle of new resources, which have none, the end of the address."""
    given = entry.resource.get("id")
    if given is None and entry.full_url:
        given = re.split(r"[/:]", entry.full_url)[-1]
    return given if isinstance(given, str) and ID.fullmatch(given) else None
