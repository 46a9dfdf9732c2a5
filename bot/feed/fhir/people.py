"""Patients, and those who may ask for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.feed.fhir.datatypes import codes, day_of, line_of
from bot.feed.fhir.graph import Graph, Held
from bot.feed.fhir.names import first_name, language_of, name_of, phone_of
from bot.feed.fhir.outcome import Broken, LeftOut
from bot.feed.fhir.resources import Patient, RelatedPerson

type FeedRecord = dict[str, object]

# HL7's role codes of those who may act for somebody. A mother or a neighbour is not one of them:
# being related, or to be called in an emergency, is no permission to hear of prescriptions.
AUTHORISED = frozenset("RESPRSN GUARD GUADLTM EXCEST POWATT DPOWATT HPOWATT SPOWATT".split())
GONE = "is deceased or not active: not added, and kept up to date if on record"
OVER = "may not ask now: not added, and ended if on record"
NOT_AUTHORISED = "has no relationship that lets them ask for the patient"
MODIFIED = "has a modifierExtension or implicitRules that may change its meaning"


@dataclass(frozen=True)
class Gone:
    """Somebody who is no longer to be added; what is on record of them is kept up to date."""

    record: FeedRecord
    reason: str


def patient_record(held: Held[Patient], now: datetime) -> FeedRecord | Gone | LeftOut:
    """The record of a patient, with which identity is checked later: nothing of it is guessed."""
    patient = held.resource
    if patient.modified:
        return LeftOut(MODIFIED)
    if any(link.type == "replaced-by" for link in patient.link):
        return LeftOut("was replaced by another record")
    name, born = name_of(patient.name, now), day_of(patient.birth_date)
    given = first_name(name) if name else None
    if name is None or given is None:
        return LeftOut("has no present name with a family and a given name")
    if born is None:
        return LeftOut("has no full birth date")
    record: FeedRecord = {
        "type": "patient",
        "patient_id": held.id,
        "first_name": given,
        "last_name": name.family,
        "date_of_birth": born.isoformat(),
        "phone": phone_of(patient.telecom, now),
        "language": language_of(patient.communication),
    }
    deceased = patient.deceased_boolean or patient.deceased_date_time is not None
    return Gone(record, GONE) if deceased or patient.active is False else record


def proxy_record(
    held: Held[RelatedPerson], graph: Graph, now: datetime, *, everybody: bool
) -> FeedRecord | Gone | LeftOut | Broken:
    """The record of a caregiver.

    Whoever is no longer one, or not yet, is a record that has expired: it takes back what an
    earlier import has given, and adds nobody.
    """
    person = held.resource
    patient = graph.find(person.patient, Patient)
    if patient is None:
        return Broken("patient", "must be a patient of the same feed")
    if person.modified:
        return LeftOut(MODIFIED)
    name, born = name_of(person.name, now), day_of(person.birth_date)
    if name is None or born is None:
        return LeftOut("has no present name or no full birth date")
    ends = person.period.end if person.period else None
    if ends is not None and day_of(ends) is None:
        return Broken("period.end", "must be a full date")
    words = next((each.words for each in person.relationship if each.words), None)
    last_day = day_of(ends)
    record: FeedRecord = {
        "type": "proxy",
        "proxy_id": held.id,
        "patient_id": patient.id,
        "last_name": name.family,
        "date_of_birth": born.isoformat(),
        "phone": phone_of(person.telecom, now),
        "relationship": line_of(words),
        "expires_on": last_day.isoformat() if last_day else None,
    }
    allowed = everybody or not AUTHORISED.isdisjoint(codes(person.relationship))
    if allowed and person.active is not False and (not person.period or person.period.holds(now)):
        return record
    yesterday = (now - timedelta(days=2)).date()  # in every time zone
    over = min(last_day, yesterday) if last_day else yesterday
    record["expires_on"] = over.isoformat()
    return Gone(record, OVER if allowed else NOT_AUTHORISED)
