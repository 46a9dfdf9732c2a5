"""Bundles and exports of any length, read piece by piece."""

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feed.fhir import stream
from tests.feed.fhir import bundles as b

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_resources = st.lists(
    st.dictionaries(st.text(max_size=5), _json, max_size=4).map(
        lambda fields: fields | {"resourceType": "Basic"}
    ),
    max_size=5,
)


def found(text: str) -> list[b.Json]:
    return [entry.resource for entry in stream.entries(io.StringIO(text))]


@given(_resources, st.integers(1, 9), st.sampled_from([None, 1]), st.booleans())
def test_every_resource_arrives_wherever_the_pieces_end(
    resources: list[b.Json], chunk: int, indent: int | None, last: bool
) -> None:
    whole = {"type": "collection", "entry": [{"resource": each} for each in resources]}
    named = whole | {"resourceType": "Bundle"} if last else {"resourceType": "Bundle"} | whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "CHUNK", chunk)
        assert found(json.dumps(named, indent=indent)) == resources
        assert found(b.ndjson(resources)) == resources


def test_bundles_and_resources_may_follow_each_other() -> None:
    text = json.dumps(b.bundle(b.PATIENT)) + "\n\n" + b.ndjson([b.REQUEST, b.DISPENSE]) + "  \n"
    kinds = [each["resourceType"] for each in found("\ufeff" + text)]
    assert kinds == ["Patient", "MedicationRequest", "MedicationDispense"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("[1]", "is not valid JSON"),
        ('{"resourceType": "Bundle", "entry": [{"resource": null}', "is not valid JSON"),
        ('{"resourceType": "Patient", "id": NaN}', "is not valid JSON"),
        ('{"a": ' + "[" * 100_000, "is not valid JSON"),
        ('{"resourceType": "Bundle", "entry": {}}', "is not valid JSON"),
        ('{"resourceType": "Bundle", "entry": [1]}', "Bundle.entry: must be JSON objects"),
        ('{"resourceType": "Bundle", "entry": [{"resource": 1}]}', "Bundle.entry.resource: must"),
        ('{"resourceType": "Bundle", "type": "history"}', "a history bundle cannot be read"),
        ('{"entry": []}', "must be a FHIR Bundle or a FHIR resource"),
        ('{"entry": [], "resourceType": "List"}', "must be a FHIR Bundle or a FHIR resource"),
        ("{}", "must be a FHIR Bundle or a FHIR resource"),
    ],
    ids=range(12),
)
def test_what_is_no_fhir_is_refused(text: str, message: str) -> None:
    (error,) = b.refusal(text)
    assert message in error


def test_the_place_of_a_mistake_is_counted() -> None:
    errors = b.refusal(b.ndjson([b.PATIENT, b.PATIENT | {"birthDate": 7}]) + "{")
    assert errors == [
        "line 2, Patient/p1: birthDate: must be a text",
        "line 3: is not valid JSON",
    ]


def test_a_text_without_an_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST", 1_000_000)

    class Endless(io.StringIO):
        def read(self, size: int | None = -1, /) -> str:
            return "x" * (size or 0)

    text = Endless()
    taken = stream.entries(text)
    tracemalloc.start()
    with pytest.raises(stream.NotFhirError):
        next(taken)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_memory_does_not_grow_with_the_bundle() -> None:
    """The text is made while it is read, so that only the reader's memory counts."""

    class Made(io.StringIO):
        def __init__(self, count: int) -> None:
            super().__init__()
            self.left = count
            self.begun = False

        def read(self, size: int | None = -1, /) -> str:
            start = "" if self.begun else '{"resourceType": "Bundle", "entry": ['
            taken = min(self.left, 500)
            self.begun, self.left = True, self.left - taken
            padding = json.dumps({"resource": {"resourceType": "Claim", "note": "x" * 2_000}})
            end = ", ".join([padding] * taken) + (", " if self.left else "]}")
            return start + end if taken else ""

    def peak(count: int) -> int:
        tracemalloc.start()
        assert sum(1 for _ in stream.entries(Made(count))) == count
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(10_000) < 2 * peak(1_000)


@pytest.mark.parametrize(
    ("head", "fhir"),
    [
        ('{"resourceType": "Patient"', True),
        ('\ufeff\n{"type": "collection", "entry": [', True),
        ('{"id": "x", "meta": {"a": [1]}, "resourceType": "Bundle"}', True),
        ('{"type": "store", "store_id": "main"}', False),
        ('{"store_id": "main", "type": "store"}\n{"resourceType": "Patient"}', False),
        ("", False),
        ("[]", False),
        ("nonsense", False),
        ('{"type": "store", "name": "cut', False),
    ],
)
def test_fhir_is_known_by_its_beginning(head: str, fhir: bool) -> None:
    assert stream.is_fhir(head) is fhir
