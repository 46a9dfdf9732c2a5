"""Passwords of staff: what is accepted, and argon2, which runs beside the event loop.

A hash takes some 64 MiB and tens of milliseconds, on purpose. It is computed in threads of its
own, two at a time, so that many sign-ins at once take neither the memory nor the threads of the
rest, and outside transactions, because SQLite has one writer.
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.services.common_passwords import is_common

# Tests replace it by a cheaper one.
HASHER = PasswordHasher()

SHORTEST, LONGEST = 12, 200
FEWEST_DIFFERENT = 5
_threads = ThreadPoolExecutor(2, thread_name_prefix="argon2")

Weakness = Literal["password_short", "password_long", "password_is_name", "password_common"]


@dataclass(frozen=True)
class Checked:
    """Whether a password is right, and its hash with today's cost when the stored one is older."""

    right: bool
    renewed: str | None = None


def weakness(username: str, password: str) -> Weakness | None:
    """Why a password is not accepted for this account; None when it is."""
    folded = _composed(password).casefold()
    if len(folded) < SHORTEST:
        return "password_short"
    if len(password) > LONGEST:
        return "password_long"
    if folded == username.casefold():
        return "password_is_name"
    if len(set(folded)) < FEWEST_DIFFERENT or is_common(folded, username):
        return "password_common"
    return None


async def hashed(password: str) -> str:
    """The hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads, HASHER.hash, _bytes(password))


async def check(stored: str | None, password: str) -> Checked:
    """Hold a password against a stored hash; without one, do the same work and say no."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _check, stored, password)


def _check(stored: str | None, password: str) -> Checked:
    hasher = HASHER
    nobodys = _nobodys(hasher)  # first, so that no name is slower when it is made
    try:
        hasher.verify(stored if stored is not None else nobodys, _bytes(password))
    except (VerificationError, InvalidHashError):
        return Checked(right=False)
    if stored is None:
        return Checked(right=False)
    if hasher.check_needs_rehash(stored):
        return Checked(right=True, renewed=hasher.hash(_bytes(password)))
    return Checked(right=True)


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that belongs to no account."""
    return hasher.hash("nobody has this password")


def _composed(password: str) -> str:
    """One form for what keyboards write in several: an accent apart, or in one character."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _composed(password).encode("utf-8", "surrogatepass")
