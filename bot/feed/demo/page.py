"""Writes docs/demo.md: who is in the demonstration pharmacy, for people who try it out.

`python -m bot.feed.demo.page > docs/demo.md` brings the page up to date.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.feed.demo import FeedRecord, demo_records

HEAD = """\
# The demonstration pharmacy

Cedar Street Pharmacy and everybody in it are invented. `willcall demo seed` fills an empty
database with it; all dates are relative to the moment of seeding. To be verified as one of these
people, give the last name, the date of birth, and either the phone number or one Rx number.

This page is written by `python -m bot.feed.demo.page`; a test holds it against the data.

## People

| name | born | phone | language | Rx number | medicine | shows |
|---|---|---|---|---|---|---|
"""


def demo_page(records: Sequence[FeedRecord]) -> str:
    """The page for these records. Says nothing that depends on the moment of seeding."""
    lines = [_row(records, patient) for patient in _all(records, "patient")]
    rest = (_caregivers(records), _stores(records), _instructions(records))
    return f"{HEAD}{''.join(lines)}{''.join(rest)}"


def _row(records: Sequence[FeedRecord], patient: FeedRecord) -> str:
    person = [
        f"{patient['first_name']} {patient['last_name']}",
        str(patient["date_of_birth"]),
        str(patient["phone"]),
        str(patient["language"]),
    ]
    rows = []
    for prescription in _all(records, "prescription"):
        if prescription["patient_id"] == patient["patient_id"]:
            rx_number = str(prescription["rx_number"])
            medicine = _medicine(records, prescription)
            rows.append([*person, rx_number, medicine, _shows(records, prescription)])
            person = [""] * 4
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _medicine(records: Sequence[FeedRecord], prescription: FeedRecord) -> str:
    product = next(
        product
        for product in _all(records, "product")
        if product["product_id"] == prescription["product_id"]
    )
    schedule = f" (C-{product['dea_schedule']})" if product["dea_schedule"] else ""
    return f"{product['generic_name']} {product['strength']} {product['form']}{schedule}"


def _shows(records: Sequence[FeedRecord], prescription: FeedRecord) -> str:
    fills = [
        fill for fill in _all(records, "fill") if fill["rx_number"] == prescription["rx_number"]
    ]
    latest = fills[-1]
    notes = [f"`{latest['state']}`" + (f" ({latest['reason']})" if latest.get("reason") else "")]
    if _is_late(records, latest):
        notes.append("late")
    if prescription["sensitive"]:
        notes.append("sensitive")
    if len(fills) > 1:
        notes.append(f"{len(fills) - 1} earlier")
    return ", ".join(notes)


def _is_late(records: Sequence[FeedRecord], fill: FeedRecord) -> bool:
    seeded = max(_moment(stock["as_of"]) for stock in _all(records, "stock"))
    promised = fill.get("promised_at")
    return promised is not None and _moment(promised) < seeded


def _caregivers(records: Sequence[FeedRecord]) -> str:
    patients = {patient["patient_id"]: patient for patient in _all(records, "patient")}
    lines = ["\n## Caregivers\n\n| last name | born | phone | may ask for |\n|---|---|---|---|\n"]
    for proxy in _all(records, "proxy"):
        patient = patients[proxy["patient_id"]]
        whom = f"{patient['first_name']} {patient['last_name']} ({proxy['relationship']})"
        cells = [str(proxy["last_name"]), str(proxy["date_of_birth"]), str(proxy["phone"]), whom]
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def _stores(records: Sequence[FeedRecord]) -> str:
    lines = ["\n## Stores\n\n| name | phone | address | time zone |\n|---|---|---|---|\n"]
    for store in _all(records, "store"):
        cells = [str(store[name]) for name in ("name", "phone", "address", "timezone")]
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)


def _instructions(records: Sequence[FeedRecord]) -> str:
    names = {
        product["product_id"]: f"{product['generic_name']} {product['strength']} {product['form']}"
        for product in _all(records, "product")
    }
    topics: dict[tuple[str, str], list[str]] = {}
    for text in _all(records, "instruction"):
        general = f"{text['generic_name']} {text['form']}"
        key = (names.get(text["product_id"], general), str(text["topic"]))
        topics.setdefault(key, []).append(str(text["language"]))
    lines = ["\n## Approved texts\n\n| about | topic | languages |\n|---|---|---|\n"]
    for (medicine, topic), languages in sorted(topics.items()):
        lines.append(f"| {medicine} | `{topic}` | {', '.join(languages)} |\n")
    return "".join(lines)


def _all(records: Sequence[FeedRecord], record_type: str) -> list[FeedRecord]:
    return [record for record in records if record["type"] == record_type]


def _moment(value: object) -> datetime:
    return datetime.fromisoformat(str(value))


if __name__ == "__main__":
    sys.stdout.write(demo_page(demo_records(datetime.now(UTC))))
