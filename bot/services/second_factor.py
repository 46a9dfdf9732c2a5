"""The second factor: codes of an authenticator app (TOTP, RFC 6238), each good for one sign-in."""

import hmac
from dataclasses import dataclass
from datetime import datetime

import pyotp

from bot.services.accounts import Unknown
from bot.services.audit import Actor, record
from bot.services.seals import Seal
from bot.services.sessions import lock_accounts
from bot.storage.database import Database

STEP_SECONDS = 30
# Clocks of phones differ: the step before and the step after are taken as well.
DRIFT = 1
ISSUER = "Willcall"


@dataclass(frozen=True)
class WrongCode:
    """The code is not one that the authenticator shows now."""


@dataclass(frozen=True)
class Changed:
    """The second factor is on or off now, as asked."""


def new_secret() -> str:
    """A secret for an authenticator, 160 bits in base 32."""
    return pyotp.random_base32()


def address_of(secret: str, username: str) -> str:
    """The `otpauth://` address that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def accepted_step(secret: str, code: str, used: int, now: datetime) -> int | None:
    """The time step that a code belongs to, if it is right and newer than the last one used."""
    given = "".join(code.split()).encode("utf-8", "surrogatepass")
    present = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(present - DRIFT, present + DRIFT + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), given)
        if right and step > used:
            return step
    return None


async def set_up(
    database: Database, username: str, secret: str, code: str | None, actor: Actor | None,
    now: datetime, seal: Seal,
) -> Changed | WrongCode | Unknown:  # fmt: skip
    """Give an account a second factor, after a code has shown that the authenticator has it.

    `code` None sets it up without that proof. What is stored of the secret is sealed.
    """
    step = 0 if code is None else accepted_step(secret, code, 0, now)
    if step is None:
        return WrongCode()
    return await _change(database, username, seal.close(username, secret), step, actor, now)


async def remove(
    database: Database, username: str, actor: Actor | None, now: datetime
) -> Changed | Unknown:
    """Take the second factor from an account, as for a lost phone."""
    return await _change(database, username, None, 0, actor, now)


async def _change(
    database: Database, username: str, secret: str | None, step: int, actor: Actor | None,
    now: datetime,
) -> Changed | Unknown:  # fmt: skip
    async with database.write() as session:
        account = (await lock_accounts(session, [username])).get(username)
        if account is None:
            return Unknown()
        account.totp_secret, account.totp_step = secret, step
        action = "second_factor_set" if secret else "second_factor_removed"
        record(session, action, now, actor=actor, account=username)
        return Changed()
