"""Whatever is done to a feed: it is mapped or refused, with a reason, and never half of it."""

import copy
import io
import json
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feed.fhir.outcome import Outcome
from bot.feed.fhir.reader import read
from bot.services.feed_batch import Batch, FeedRejected
from bot.storage.record_tables import RECORD_TABLES
from tests.feed.fhir import bundles as b
from tests.feed.fhir import synthea

WHOLE = [b.bundle(*b.ALL), synthea.BUNDLE]
_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["", "2026", "Patient/p1", "#x", "urn:uuid:", "active", "\\ud800", "\0"]),
    lambda inner: st.lists(inner, max_size=2)
    | st.dictionaries(st.text(max_size=8), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def places(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of every value within."""
    inside: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for step, each in inside:
        yield (*at, step)
        yield from places(each, (*at, step))


PLACES = [sorted(places(whole), key=str) for whole in WHOLE]


def taken(text: str) -> tuple[Batch, Outcome] | None:
    try:
        return read(io.StringIO(text), b.OPTIONS, b.NOW)
    except FeedRejected as refused:
        rejected = refused
    assert rejected.total >= 1
    assert all(error.message and "\n" not in error.field for error in rejected.errors)
    return None


def consistent(batch: Batch) -> None:
    """Every reference within leads to a record within, but for stores."""
    for name, table in RECORD_TABLES.items():
        for column, target in table.references.items():
            for row in batch.rows(name):
                key = row.values[table.position(column)]
                assert target == "store" or batch.find(target, key), (name, column)


@settings(max_examples=300)
@given(st.data())
def test_a_changed_value(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, 1))
    path = data.draw(st.sampled_from(PLACES[number]))
    whole = copy.deepcopy(WHOLE[number])
    inside: b.Json = whole
    for step in path[:-1]:
        inside = inside[step]  # type: ignore[index]  # a step is of the kind that its place needs
    if data.draw(st.booleans()):
        del inside[path[-1]]  # type: ignore[arg-type]
    else:
        inside[path[-1]] = data.draw(_values)  # type: ignore[index]
    found = taken(json.dumps(whole))
    if found:
        consistent(found[0])
        json.dumps(found[1].public())


@settings(max_examples=100)
@given(st.integers(0, 1), st.data())
def test_a_cut_or_scribbled_text(number: int, data: st.DataObject) -> None:
    text = json.dumps(WHOLE[number])
    at = data.draw(st.integers(0, len(text) - 1))
    taken(text[:at])
    found = taken(text[:at] + data.draw(st.text(max_size=3)) + text[at + 1 :])
    if found:
        consistent(found[0])


@given(st.permutations(b.ALL))
def test_in_any_order(resources: list[b.Json]) -> None:
    batch, _ = b.take(*resources)
    expected, _ = b.take(*b.ALL)
    for name in RECORD_TABLES:
        assert b.rows(batch, name) == b.rows(expected, name)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text(text: str) -> None:
    taken(text)


def test_refusals_repeat_nothing_of_people() -> None:
    secret = {"family": "Secretname", "given": 5}
    errors = b.refused(b.PATIENT | {"name": [secret], "birthDate": "Secretdate"})
    assert len(errors) == 2
    assert "Secret" not in "".join(errors)


@pytest.mark.parametrize("kind", ["Patient", "MedicationRequest", "MedicationDispense"])
def test_the_same_resource_again_counts_once(kind: str) -> None:
    twice = [each for each in b.ALL if each["resourceType"] == kind]
    batch, _ = b.take(*b.ALL, *twice)
    assert len(b.rows(batch, "fill")) == 1
