"""Reading a feed: what is taken, what is refused, and what is said about it."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feed.json_lines import read
from bot.services.feed_batch import FeedRejected
from bot.storage.record_tables import RECORD_TABLES
from tests.feed import examples
from tests.feed.examples import FeedRecord, lines, without

REQUIRED = {
    "store": ["store_id", "name", "phone", "address", "timezone", "hours"],
    "patient": ["patient_id", "first_name", "last_name", "date_of_birth"],
    "proxy": ["proxy_id", "patient_id", "last_name", "date_of_birth"],
    "product": ["product_id", "generic_name"],
    "prescription": [
        "rx_number", "store_id", "patient_id", "product_id", "quantity", "refills_remaining",
        "written_on",
    ],
    "fill": ["fill_id", "rx_number", "state"],
    "prior_authorization": ["fill_id", "status"],
    "prescriber_request": ["request_id", "rx_number", "kind", "status", "sent_at"],
    "stock": ["store_id", "product_id", "on_hand"],
    "instruction": [
        "instruction_id", "topic", "text", "source", "approved_by", "approved_on", "review_due_on",
    ],
}  # fmt: skip


def refused(*records: FeedRecord) -> list[str]:
    with pytest.raises(FeedRejected) as rejected:
        read(lines(records))
    return str(rejected.value).splitlines()


def refusal(feed: Sequence[str | bytes]) -> FeedRejected | None:
    try:
        read(feed)
    except FeedRejected as rejected:
        return rejected
    return None


def test_every_record_type_is_read() -> None:
    batch = read(lines(examples.ALL))
    assert {name: len(batch.rows(name)) for name in RECORD_TABLES} == dict.fromkeys(
        RECORD_TABLES, 1
    )
    assert batch.warnings.listed == ()


def test_blank_lines_a_byte_order_mark_and_bytes_are_taken() -> None:
    store, patient = lines([examples.STORE, examples.PATIENT])
    assert len(read([f"\ufeff{store}\n", "\n", "   \r\n", f"{patient}\r\n"])) == 2
    assert len(read([b"\xef\xbb\xbf" + store.encode(), b"\n", patient.encode()])) == 2


@pytest.mark.parametrize(
    ("record", "field"),
    [(record, field) for record in examples.ALL for field in record if field != "type"],
    ids=lambda value: value if isinstance(value, str) else str(value["type"]),
)
def test_each_field_is_either_required_or_may_be_null_or_missing(
    record: FeedRecord, field: str
) -> None:
    record_type = str(record["type"])
    needed = field in REQUIRED[record_type]
    if record_type == "instruction" and field in ("product_id", "generic_name", "form"):
        return
    for changed in (without(record, field), record | {field: None}):
        if not needed:
            assert len(read(lines([changed]))) == 1
        else:
            (error,) = refused(changed)
            assert error.startswith(f"line 1, {record_type}.{field}: ")


WRONG: list[tuple[FeedRecord, FeedRecord, str]] = [
    (examples.STORE, {"colour": "green"}, "store.colour: is not a field of this record type"),
    (examples.STORE, {"timezone": "Mars/Olympus"}, "store.timezone: must be a time zone"),
    (examples.STORE, {"timezone": "../etc"}, "store.timezone: must be a time zone"),
    (examples.STORE, {"hours": {"monday": []}}, "store.hours.monday: not a weekday"),
    (examples.STORE, {"hours": {"mon": [["19:00", "09:00"]]}}, "store.hours.mon: "),
    (examples.STORE, {"hours": {"mon": [["9", "10"]]}}, "store.hours.mon: "),
    (examples.STORE, {"hours": {"mon": [[9, "10:00"]]}}, "store.hours.mon[0][0]: must be a text"),
    (examples.STORE, {"hours": "always"}, "store.hours: must be a JSON object"),
    (
        examples.STORE,
        {"exceptions": [{"date": "Dec 25", "hours": []}]},
        "store.exceptions[0].date: must be a date",
    ),
    (examples.STORE, {"pickup_rules": {"english": "x"}}, "store.pickup_rules: must be a text"),
    (examples.STORE, {"pickup_rules": [""]}, "store.pickup_rules: must be a text"),
    (examples.STORE, {"delivery": {"offered": "yes"}}, "store.delivery.offered: must be true"),
    (examples.STORE, {"phone": "911"}, "store.phone: must contain at least 7 digits"),
    (examples.PATIENT, {"phone": "216-55-ask"}, "patient.phone: must contain at least 7 digits"),
    (examples.PATIENT, {"last_name": "--"}, "patient.last_name: must contain a letter"),
    (examples.PATIENT, {"date_of_birth": "03/04/1961"}, "patient.date_of_birth: must be a date"),
    (examples.PATIENT, {"date_of_birth": "1961-02-30"}, "patient.date_of_birth: must be a date"),
    (examples.PATIENT, {"language": "Spanish"}, "patient.language: must be a language code"),
    (examples.PATIENT, {"patient_id": 7}, "patient.patient_id: must be a text"),
    (examples.PATIENT, {"patient_id": " "}, "patient.patient_id: must not be empty"),
    (examples.PATIENT, {"patient_id": "x" * 101}, "patient.patient_id: must have at most 100"),
    (examples.PRODUCT, {"dea_schedule": "2"}, "product.dea_schedule: must be one of 'II'"),
    (examples.PRODUCT, {"critical": "no"}, "product.critical: must be true or false"),
    (examples.PRODUCT, {"brand_names": "Zestril"}, "product.brand_names: must be a list"),
    (examples.PRESCRIPTION, {"status": "paused"}, "prescription.status: must be one of 'active'"),
    (examples.PRESCRIPTION, {"quantity": -1}, "prescription.quantity: must not be less than 0"),
    (examples.PRESCRIPTION, {"quantity": "30"}, "prescription.quantity: must be a number"),
    (examples.PRESCRIPTION, {"quantity": float("nan")}, "prescription.quantity: must be a finite"),
    (
        examples.PRESCRIPTION,
        {"refills_remaining": 1.5},
        "prescription.refills_remaining: must be a",
    ),
    (examples.PRESCRIPTION, {"rx_number": "Rx #"}, "prescription.rx_number: must contain"),
    (examples.PRESCRIPTION, {"directions": "a\0b"}, "prescription.directions: must not contain"),
    (examples.FILL, {"promised_at": "2026-05-03T17:00:00"}, "fill.promised_at: must be a date and"),
    (examples.FILL, {"promised_at": "2026-05-03"}, "fill.promised_at: must be a date and time"),
    (examples.FILL, {"promised_at": 1777800000}, "fill.promised_at: must be a date and time"),
    (examples.FILL, {"promised_at": "1777800000"}, "fill.promised_at: must be a date and time"),
    (examples.FILL, {"promised_at": "0001-01-01T00:00:00+09:00"}, "fill.promised_at: must be"),
    (examples.FILL, {"kept_until": "2026-05-03T17:00:00"}, "fill.kept_until: must be a date, or"),
    (examples.FILL, {"copay_cents": 9.99}, "fill.copay_cents: must be a whole number"),
    (examples.FILL, {"copay_cents": 10**30}, "fill.copay_cents: must not be more than"),
    (examples.FILL, {"method": "drone"}, "fill.method: must be one of 'pickup' or 'delivery'"),
    (examples.FILL, {"tracking_url": "javascript:alert(1)"}, "fill.tracking_url: must be an http"),
    (examples.PRIOR_AUTHORIZATION, {"status": "x"}, "prior_authorization.status: must be one of"),
    (examples.PRESCRIBER_REQUEST, {"kind": "x"}, "prescriber_request.kind: must be one of"),
    (examples.INSTRUCTION, {"topic": "dose"}, "instruction.topic: must be one of"),
    (examples.INSTRUCTION, {"generic_name": "a", "form": "b"}, "instruction: needs either"),
    (examples.INSTRUCTION, {"product_id": None}, "instruction: needs either product_id"),
    (examples.INSTRUCTION, {"product_id": None, "form": "b"}, "instruction: needs either"),
    (examples.STORE, {"type": "shop"}, "type: must be one of store, patient"),
    (examples.STORE, {"type": None}, "type: must be one of store, patient"),
]


@pytest.mark.parametrize(("record", "change", "message"), WRONG, ids=[case[2] for case in WRONG])
def test_a_wrong_field_is_named(record: FeedRecord, change: FeedRecord, message: str) -> None:
    (error,) = refused(record | change)
    assert error.startswith(f"line 1, {message}")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: is not valid JSON"),
        ("store", "line 1: is not valid JSON"),
        ('{"type": "store"} {}', "line 1: is not valid JSON"),
        ("[" * 100_000, "line 1: is not valid JSON"),
        ("[1, 2]", "line 1: must be a JSON object"),
        ("null", "line 1: must be a JSON object"),
        ("{}", "line 1, type: is missing"),
        (b'{"type": "\xff"}', "line 1: is not valid JSON"),
    ],
    ids=range(8),
)
def test_a_line_that_is_no_record_is_refused(line: str | bytes, message: str) -> None:
    with pytest.raises(FeedRejected) as rejected:
        read([line])
    assert str(rejected.value) == message


def test_all_mistakes_are_reported_with_their_lines() -> None:
    broken = without(examples.FILL, "fill_id") | {"copay_cents": "free"}
    good, bad = lines([examples.STORE, broken])
    with pytest.raises(FeedRejected) as rejected:
        read([good, "", bad, "{"])
    found = [(error.line, error.field) for error in rejected.value.errors]
    assert found == [(3, "fill.fill_id"), (3, "fill.copay_cents"), (4, "")]
    assert rejected.value.total == 3


def test_at_most_fifty_mistakes_are_listed_and_all_are_counted() -> None:
    with pytest.raises(FeedRejected) as rejected:
        read(["{"] * 120)
    assert len(rejected.value.errors) == 50
    assert rejected.value.total == 120
    assert str(rejected.value).endswith("and 70 more")


def test_mistakes_do_not_repeat_what_the_feed_says_about_people() -> None:
    secrets = {"last_name": 7461, "date_of_birth": "SECRET-1961", "phone": "SECRET-5"}
    said = "\n".join(refused(examples.PATIENT | secrets | {"first_name": ["SECRET"]}))
    assert "SECRET" not in said
    assert "7461" not in said
    assert said.count("\n") == 3


def test_an_unknown_state_is_kept_as_reported_with_a_warning() -> None:
    batch = read(lines([examples.FILL | {"state": "robot_queue"}]))
    row = batch.find("fill", "F1")
    assert row is not None
    columns = RECORD_TABLES["fill"].columns
    values = dict(zip(columns, row, strict=True))
    assert (values["state"], values["reported_state"]) == ("unknown", "robot_queue")
    (warning,) = batch.warnings.listed
    assert str(warning) == "line 1, fill.state: unknown state 'robot_queue'"


def test_an_unknown_reason_is_kept_with_a_warning() -> None:
    batch = read(lines([examples.FILL | {"reason": "full_moon"}]))
    (warning,) = batch.warnings.listed
    assert str(warning) == "line 1, fill.reason: unknown reason 'full_moon' in state rejected"


@pytest.mark.parametrize("rules", ["Bring an ID.", ["Bring an ID."], {"en": "Bring an ID."}])
def test_pickup_rules_come_in_three_forms(rules: object) -> None:
    batch = read(lines([examples.STORE | {"pickup_rules": rules}]))
    row = batch.find("store", "main")
    assert row is not None
    position = RECORD_TABLES["store"].position("pickup_rules")
    assert row[position] == {"en": ["Bring an ID."]}


def test_the_same_record_twice_counts_once_and_the_last_wins() -> None:
    batch = read(lines([examples.STOCK, examples.STOCK | {"on_hand": 5}]))
    (row,) = batch.rows("stock")
    assert row.line == 2
    assert 5.0 in row.values


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.text() | st.binary() | _json.map(json.dumps), max_size=4))
def test_any_lines_are_read_or_refused(anything: list[str | bytes]) -> None:
    rejected = refusal(anything)
    assert rejected is None or str(rejected).startswith("line ")


@given(st.sampled_from(examples.ALL), st.data())
def test_any_value_in_any_field_is_read_or_refused_by_name(
    record: FeedRecord, data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(record)))
    value = data.draw(_json | st.datetimes().map(str) | st.dates().map(str))
    rejected = refusal([json.dumps(record | {field: value})])
    if rejected:
        named = {error.field.split(".")[0] for error in rejected.errors}
        assert named <= {record["type"], "type"}
