"""Secrets that must be read again, encrypted at rest: today those of second factors.

A key is derived from each phrase of `WILLCALL_SECRET_KEY`. The first one seals; all of them open,
so that another key can take over while what the old one has sealed is still read. Who holds the
database and not the key learns nothing, and a sealed secret moved to another row does not open.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Tells what is sealed from what was stored before there was a key; no base 32 has a colon.
MARK = "sealed:"
PURPOSE = b"willcall second factor"


@dataclass(frozen=True)
class CannotOpen:
    """Sealed with a key that is not among ours, for another owner, or damaged."""


class Seal:
    """Seals and opens with some phrases; without any, it leaves everything as it is."""

    def __init__(self, phrases: Sequence[str] = ()) -> None:
        keys = [Fernet(_key(phrase)) for phrase in phrases]
        self._keys = MultiFernet(keys) if keys else None

    @property
    def seals(self) -> bool:
        """Whether there is a key."""
        return self._keys is not None

    def close(self, owner: str, secret: str) -> str:
        """What to store for `owner`."""
        if self._keys is None:
            return secret
        return MARK + self._keys.encrypt(f"{owner}\n{secret}".encode()).decode()

    def open(self, owner: str, stored: str) -> str | CannotOpen:
        """The secret that is stored for `owner`, sealed or, from before, as it is."""
        if not stored.startswith(MARK):
            return stored
        if self._keys is None:
            return CannotOpen()
        try:
            opened = self._keys.decrypt(stored.removeprefix(MARK)).decode()
        except (InvalidToken, ValueError):  # the latter for what is not ASCII
            return CannotOpen()
        whose, _, secret = opened.partition("\n")
        return secret if whose == owner else CannotOpen()


NO_SEAL = Seal()


def _key(phrase: str) -> bytes:
    derived = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(phrase.encode())
    return base64.urlsafe_b64encode(derived)
