"""What is guessed first is refused; what people may well choose is not."""

import pytest

from bot.services.common_passwords import is_common
from bot.services.passwords import LONGEST, weakness

COMMON = """
    password1234 passwordpassword password12345 passw0rd1234 p@ssw0rd2024 administrator
    qwertyuiop12 qwertyuiopas letmeinletmein changemechangeme welcome12345 pharmacy1234
    pharmacypharmacy willcall1234 willcallwillcall 1234567890ab abcdefghijkl 123456789012
    1q2w3e4r5t6y 1qaz2wsx3edc qazwsxedcrfv summer2026!!! iloveyou1234 adminadmin123 superman1234
    football2025 trustno1trustno1 willcall-2026! pharmacist#1234 987654321987 zxcvbnm12345
    monkey123456 dragon!dragon 19610304willcall correctcorrect111 michael1985!! asdfghjkl123
    qwerty-asdfgh aaaabbbbccc1 paul.kim2026 paul.kimpaul.kim contrasena2024
""".split()
FINE = (
    "correct horse battery", "kettle-orbit-thistle", "wet umbrellas sing loud", "xK9#vLq2$wTz",
    "the pharmacist of cedar street sleeps late", "9f1c77aa03be", "canoe lantern 1961 gravel",
)  # fmt: skip


@pytest.mark.parametrize("password", COMMON)
def test_what_everybody_tries_is_refused(password: str) -> None:
    assert weakness("paul.kim", password) == "password_common"
    assert weakness("paul.kim", password.upper()) == "password_common"


@pytest.mark.parametrize("password", FINE)
def test_what_nobody_guesses_is_taken(password: str) -> None:
    assert weakness("paul.kim", password) is None


def test_the_name_counts_only_for_its_owner() -> None:
    assert is_common("rumpelstilz123", "rumpelstilz")
    assert not is_common("rumpelstilz123", "paul")


@pytest.mark.parametrize("piece", ["a1", "pass", "q", "ab-", "1qaz", "Ä", "\ud800x"])
def test_long_ones_are_read_to_the_end(piece: str) -> None:
    """As long as may be, in a number of steps that grows with the length alone."""
    text = (piece * LONGEST)[:LONGEST]
    assert weakness("paul", text) == "password_common"
