"""For random records: every date, time, price, count and name that is said comes from the row."""

import asyncio
import json
import re
import shutil
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.actions.prescriptions import refills_sentence
from bot.directives import Say
from bot.feed import json_lines
from bot.pharmacy.fill_states import FILL_STATES
from bot.services.access import Grant, PrescriptionView, visible_prescriptions
from bot.services.prescriptions import status_card
from bot.services.records import import_records
from bot.services.status_card import render_card
from bot.storage.database import Database
from bot.wording import load
from bot.wording.formats import format_date, format_time

NOW = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
ZONES = ("America/New_York", "America/Los_Angeles", "America/Phoenix")
DATE = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, [A-Z][a-z]+ \d+(?:, \d{4})?")
TIME = re.compile(r"\d{1,2}:\d\d [AP]M")
MONEY = re.compile(r"\$[\d,]+\.\d\d")
NUMBER = re.compile(r"(?<![\d.:,$-])\b\d+(?:\.\d+)?\b(?![\d:/]|,\d|\.\d)")

moments = st.none() | st.datetimes(
    datetime(2025, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2028, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda value: value.replace(second=0, microsecond=0).isoformat())
days = st.none() | st.dates(date(2025, 1, 1), date(2028, 1, 1)).map(date.isoformat)
fills = st.fixed_dictionaries(
    {
        "state": st.sampled_from(sorted(FILL_STATES)),
        "promised_at": moments,
        "ready_at": moments,
        "kept_until": days,
        "picked_up_at": moments,
        "quantity": st.none() | st.integers(1, 400),
        "quantity_owed": st.none() | st.integers(0, 400),
        "owed_expected_on": days,
        "copay_cents": st.none() | st.integers(0, 2_000_000),
        "earliest_refill_on": days,
        "method": st.sampled_from([None, "pickup", "delivery"]),
        "updated_at": moments.filter(bool),
        "refills_remaining": st.integers(0, 12),
        "expires_on": days,
        "zone": st.sampled_from(ZONES),
    }
)


def _records(fill: dict[str, Any]) -> list[dict[str, Any]]:
    state = FILL_STATES[fill["state"]]
    own = {key: value for key, value in fill.items() if key not in PRESCRIPTION_FIELDS}
    return [
        {"type": "store", "store_id": "s", "name": "Main Street Pharmacy", "phone": "216-555-0100",
         "address": "Main Street", "timezone": fill["zone"], "hours": {}},
        {"type": "product", "product_id": "n", "generic_name": "lisinopril", "strength": "77 mg",
         "form": "tablet"},
        {"type": "patient", "patient_id": "p", "first_name": "Pat", "last_name": "Case",
         "date_of_birth": "1960-01-02", "phone": "2165550001"},
        {"type": "prescription", "rx_number": "7000001", "store_id": "s", "patient_id": "p",
         "product_id": "n", "directions": "Take it.", "quantity": 30, "days_supply": 30,
         "refills_remaining": fill["refills_remaining"], "written_on": "2025-01-01",
         "expires_on": fill["expires_on"], "prescriber_name": "Dr. P", "status": "active"},
        {"type": "fill", "fill_id": "f", "rx_number": "7000001",
         "reason": state.reasons[0] if state.reasons else None, **own},
    ]  # fmt: skip


PRESCRIPTION_FIELDS = {"refills_remaining", "expires_on", "zone"}


def _said_of(fill: dict[str, Any]) -> dict[str, set[str]]:
    """Every form in which the row's own facts may be told."""
    zone, today = ZoneInfo(fill["zone"]), NOW.astimezone(ZoneInfo(fill["zone"])).date()
    told: dict[str, set[str]] = {"dates": set(), "times": set()}
    for value in fill.values():
        if not isinstance(value, str) or not re.match(r"\d{4}-", value):
            continue
        if len(value) == len("2026-01-01"):
            told["dates"].add(format_date(date.fromisoformat(value), "en", today))
        else:
            local = datetime.fromisoformat(value).astimezone(zone)
            told["dates"].add(format_date(local.date(), "en", today))
            told["times"].add(format_time(local, "en"))
    cents = fill["copay_cents"]
    told["money"] = {f"${cents / 100:,.2f}"} if cents is not None else set()
    counts = (fill["quantity"], fill["quantity_owed"], fill["refills_remaining"], 77)
    told["numbers"] = {str(value) for value in counts if value is not None}
    return told


def _check(text: str, fill: dict[str, Any]) -> None:
    told = _said_of(fill)
    assert set(DATE.findall(text)) <= told["dates"], text
    assert set(TIME.findall(text)) <= told["times"], text
    assert set(MONEY.findall(text)) <= told["money"], text
    rest = MONEY.sub("", TIME.sub("", DATE.sub("", text)))
    assert set(NUMBER.findall(rest)) <= told["numbers"], text
    assert "None" not in text
    assert "{" not in text


async def _answers(template: Path, fill: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "records.sqlite"
        shutil.copyfile(template, file)
        database = Database(f"sqlite:///{file}")
        try:
            lines = (json.dumps(row) for row in _records(fill))
            await import_records(database, json_lines.read(lines), NOW)
            async with database.read() as session:
                (view,) = await visible_prescriptions(session, [Grant("p", as_proxy=False)])
                assert view.fill is not None
                card = await status_card(session, view, view.fill, NOW)
        finally:
            await database.close()
    rendered = render_card(card, load("en"), NOW)
    _check(rendered.text, fill)
    for fact in rendered.data["facts"]:
        _check(fact["value"], fill)
    assert "isinopril 77 mg tablet" in rendered.text
    _check_refills(view, fill)


def _check_refills(view: PrescriptionView, fill: dict[str, Any]) -> None:
    said = refills_sentence(view)
    assert isinstance(said, Say)
    text = load("en").render(said.response, said.values, now=NOW, timezone=said.timezone or "UTC")
    _check(text.replace("1 refill left", f"{fill['refills_remaining']} refills left"), fill)


@given(fill=fills)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_said_that_no_row_says(sqlite_template: Path, fill: dict[str, Any]) -> None:
    asyncio.run(_answers(sqlite_template, fill))


def test_the_check_itself_finds_an_invented_fact() -> None:
    fill = {
        "state": "ready", "kept_until": "2026-12-02", "copay_cents": 1000, "quantity": 30,
        "quantity_owed": None, "refills_remaining": 1, "zone": ZONES[0],
        "updated_at": (NOW - timedelta(hours=1)).isoformat(),
    }  # fmt: skip
    _check("Kept until Wednesday, December 2. $10.00. As of Monday, November 23 at 1:00 PM.", fill)
    for invented in ("Thursday, December 3", "2:00 PM", "$10.01", "31 tablets"):
        try:
            _check(invented, fill)
        except AssertionError:
            continue
        raise RuntimeError(f"{invented} was not noticed")
