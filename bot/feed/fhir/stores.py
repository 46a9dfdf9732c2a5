"""Locations that are pharmacies, with their hours."""

import re
from datetime import datetime

from bot.feed.fhir.datatypes import Address, codes, line_of
from bot.feed.fhir.graph import Held
from bot.feed.fhir.names import phone_of
from bot.feed.fhir.outcome import LeftOut
from bot.feed.fhir.people import MODIFIED, FeedRecord
from bot.feed.fhir.resources import HoursOfOperation, Location

TIMEZONE = "http://hl7.org/fhir/StructureDefinition/timezone"
PHARMACY = "PHARM"
NO_PHARMACY = "is no pharmacy: its type is not PHARM and nothing is dispensed there"
EXCEPTIONS = "availabilityExceptions is a text: special days are not known"
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d):(?:[0-5]\d|60)(?:\.\d+)?")

type Hours = dict[str, list[list[str]]]


def store_record(
    held: Held[Location], now: datetime, timezone: str | None, *, dispenses: bool
) -> FeedRecord | LeftOut:
    """The record of a store; `dispenses` says that a prescription or a fill names it."""
    place = held.resource
    if not dispenses and PHARMACY not in codes(place.type):
        return LeftOut(NO_PHARMACY)
    if place.modified:
        return LeftOut(MODIFIED)
    if place.status not in (None, "active") or place.mode == "kind":
        return LeftOut("is not an active place")
    zone = next((each.value_code for each in place.extension if each.url == TIMEZONE), None)
    zone, hours, phone = zone or timezone, _hours(place), phone_of(place.telecom, now)
    address = _address(place.address)
    if hours is None:
        return LeftOut("its hoursOfOperation are missing or cannot be read")
    name = line_of(place.name)
    if not (zone and phone and name and address):
        return LeftOut("lacks a time zone, a name, a phone number or an address")
    return {
        "type": "store",
        "store_id": held.id,
        "name": name,
        "phone": phone,
        "address": address,
        "timezone": zone,
        "hours": hours,
    }


def _address(address: Address | None) -> str | None:
    """`410 Cedar Street, Fairhaven, OH 44110`."""
    if address is None:
        return None
    lines = [line for line in address.line if line]
    region = " ".join(part for part in (address.state, address.postal_code) if part)
    parts = [part for part in (*lines, address.city, region) if part]
    return line_of(address.text or ", ".join(parts))


def _hours(place: Location) -> Hours | None:
    """The week. None when a part of it is not clear: a day left out would be told as closed."""
    week: Hours = {}
    for entry in place.hours_of_operation:
        interval = _interval(entry)
        if interval is None or not entry.days_of_week:
            return None
        for day in entry.days_of_week:
            if day not in _DAYS:
                return None
            week.setdefault(day, []).append(interval)
    return {day: sorted(week[day]) for day in _DAYS if day in week} or None


def _interval(entry: HoursOfOperation) -> list[str] | None:
    if entry.all_day:
        return ["00:00", "24:00"]
    opens, closes = (_clock(time) for time in (entry.opening_time, entry.closing_time))
    if opens is None or closes is None:
        return None
    return [opens, "24:00" if closes == "00:00" else closes]


def _clock(time: str | None) -> str | None:
    """`09:30` of `09:30:00`."""
    found = _TIME.fullmatch(time or "")
    return f"{found[1]}:{found[2]}" if found else None
