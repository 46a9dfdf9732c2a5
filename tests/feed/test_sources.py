"""Several files as one feed, told apart by what is in them."""

import json
from pathlib import Path

import pytest

from bot.feed.sources import Feed, Source, explain, form_of, sources
from bot.services.feed_batch import FeedRejected
from tests.feed import examples
from tests.feed.fhir import bundles as b


def folder(place: Path, **files: str) -> Path:
    for name, text in files.items():
        path = place / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    return place


def feed_of(*paths: Path) -> Feed:
    feed = Feed(b.OPTIONS, b.NOW)
    for source in sources(paths):
        feed.take(source)
    return feed


def test_fhir_and_json_lines_make_one_feed(tmp_path: Path) -> None:
    """The store and its stock as lines; patients and prescriptions in files of a bulk export."""
    lines = "\n".join(examples.lines([examples.STORE, examples.STOCK, examples.PRODUCT]))
    place = folder(
        tmp_path,
        store_jsonl=lines,
        export__MedicationRequest_ndjson=b.ndjson([b.REQUEST | {"dispenseRequest": {}}]),
        export__MedicationDispense_ndjson=b.ndjson([b.DISPENSE]),
        export__Patient_ndjson=b.ndjson([b.PATIENT]),
        export__readme_txt="not a record",
    )
    batch = feed_of(place).done()
    names = ("store", "stock", "product", "patient", "prescription", "fill")
    assert [len(batch.rows(name)) for name in names] == [1] * 6
    product = b.the(batch, "product")
    assert product["critical"] is True  # what the pharmacy says itself, whichever came first


def test_mistakes_are_told_with_their_file(tmp_path: Path) -> None:
    place = folder(
        tmp_path,
        a_jsonl=json.dumps(examples.STORE) + '\n{"type": "store"}\n',
        b_json=json.dumps(b.bundle(b.PATIENT, b.PATIENT | {"id": "p2", "birthDate": 1})),
        c_ndjson=b.ndjson([b.REQUEST]) + "{",
    )
    feed = feed_of(place)
    with pytest.raises(FeedRejected) as rejected:
        feed.done()
    told = explain(rejected.value, feed.places).splitlines()
    assert told[0].startswith(f"{place}/a.jsonl, line 2, store.store_id: is missing")
    assert f"{place}/b.json, resource 2, Patient/p2: birthDate: must be a text" in told
    assert told[-1] == f"{place}/c.ndjson, resource 2: is not valid JSON"


def test_one_file_is_not_named(tmp_path: Path) -> None:
    feed = feed_of(folder(tmp_path, a_json=json.dumps(b.bundle(b.RELATED))) / "a.json")
    with pytest.raises(FeedRejected) as rejected:
        feed.done()
    told = explain(rejected.value, feed.places)
    assert told == "resource 1, RelatedPerson/x1: patient: must be a patient of the same feed"


@pytest.mark.parametrize("form", ["jsonl", "fhir"])
def test_text_of_another_encoding_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "x.json"
    start = {"jsonl": '{"type": "store", "name": "', "fhir": '{"resourceType": "Patient", "id": "'}
    path.write_bytes(start[form].encode() + b'\xff\xfe"}')
    feed = feed_of(path)
    with pytest.raises(FeedRejected) as rejected:
        feed.done()
    assert "is not UTF-8 text" in str(rejected.value)


def test_a_format_that_is_named_is_not_guessed() -> None:
    line = Source("x", text=json.dumps(examples.STORE))
    feed = Feed(b.OPTIONS, b.NOW)
    feed.take(line, "fhir")
    with pytest.raises(FeedRejected):
        feed.done()
    feed = Feed(b.OPTIONS, b.NOW)
    feed.take(line, "jsonl")
    assert len(feed.done()) == 1


def test_an_empty_file_is_an_empty_feed(tmp_path: Path) -> None:
    source = Source("x", text="\n\n")
    assert form_of(source) == "jsonl"
    assert len(feed_of(folder(tmp_path, a_jsonl="")).done()) == 0
