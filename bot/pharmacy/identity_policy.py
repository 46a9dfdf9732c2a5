"""Identity: what a person claims, whose record it matches, and when checks are locked.

Pure rules. What is compared are the keys of `identity_keys`; what is stored of a failed check
are digests of them, so that a lock holds whether or not the person exists, and tells nobody
which of the two it is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.pharmacy.identity_keys import name_key, phone_key, rx_key


@dataclass(frozen=True)
class Claim:
    """Who somebody says to be. One of `rx_key` and `phone_key` is set."""

    last_name_key: str
    date_of_birth: date
    rx_key: str | None
    phone_key: str | None

    @classmethod
    def of(
        cls, last_name: str, date_of_birth: date, rx_number: str | None, phone: str | None
    ) -> "Claim":
        """Bring what was typed into the form that is compared."""
        return cls(
            name_key(last_name),
            date_of_birth,
            rx_key(rx_number) if rx_number else None,
            phone_key(phone) if phone else None,
        )

    def subjects(self) -> tuple[str, ...]:
        """What a failure of this claim is held against: digests, never the details."""
        named = [f"person:{self.last_name_key}:{self.date_of_birth.isoformat()}"]
        if self.rx_key:
            named.append(f"rx:{self.rx_key}")
        if self.phone_key:
            named.append(f"phone:{self.phone_key}")
        return tuple(subject_digest(name) for name in named)


@dataclass(frozen=True)
class Person:
    """A record that a claim may match: a patient, or a caregiver of one.

    `rx_keys` are the patient's prescriptions, as far as they could match the claim.
    """

    patient_id: str
    proxy_id: str | None
    last_name_key: str
    date_of_birth: date
    phone_key: str
    rx_keys: frozenset[str]
    proxy_expires_on: date | None = None


def matching(claim: Claim, people: Sequence[Person], today: date) -> tuple[Person, ...]:
    """The people whom the claim fits in every detail; a lapsed proxy fits nobody."""
    return tuple(person for person in people if _fits(claim, person, today))


def touched(claim: Claim, people: Sequence[Person]) -> tuple[str, ...]:
    """The patients whom a failed claim came close to: one of its details is theirs."""
    near = {
        person.patient_id
        for person in people
        if (
            person.last_name_key == claim.last_name_key
            and person.date_of_birth == claim.date_of_birth
        )
        or (claim.rx_key is not None and claim.rx_key in person.rx_keys)
        or (claim.phone_key is not None and claim.phone_key == person.phone_key)
    }
    return tuple(sorted(subject_digest(f"record:{patient_id}") for patient_id in near))


def record_subject(patient_id: str) -> str:
    """The subject that stands for one patient's record."""
    return subject_digest(f"record:{patient_id}")


def subject_digest(name: str) -> str:
    """A digest that names a subject without telling it."""
    return hashlib.sha256(name.encode()).hexdigest()


def _fits(claim: Claim, person: Person, today: date) -> bool:
    named = (
        person.last_name_key == claim.last_name_key and person.date_of_birth == claim.date_of_birth
    )
    by_rx = claim.rx_key is not None and claim.rx_key in person.rx_keys
    by_phone = claim.phone_key is not None and claim.phone_key == person.phone_key
    lapsed = person.proxy_expires_on is not None and person.proxy_expires_on < today
    return bool(claim.last_name_key) and named and (by_rx or by_phone) and not lapsed
