"""The forms in which names, phone numbers and Rx numbers are compared.

What a patient types and what the pharmacy has on file differ in case, accents and punctuation.
Both go through the same pure function; equal keys mean equal for an identity check. An empty key
matches nothing: the feed refuses records whose key would be empty.
"""

import re
import unicodedata

# Stands for a person without a phone number: a key is digits, so no typed number equals it.
NO_PHONE = "none"

_SUFFIXES = {"jr", "sr", "ii", "iii"}
# Letters that Unicode does not decompose, as they are usually typed on an English keyboard.
_PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_EXTENSION = re.compile(r"\s*(?:ext\.?|extension|x|#)\s*\d*\s*$", re.IGNORECASE)


def name_key(last_name: str) -> str:
    """`O'Brien-Núñez, Jr.` → `obriennunez`: letters and digits of the name, without suffix."""
    words = [_letters(word) for word in re.split(r"[\s,]+", last_name)]
    words = [word for word in words if word]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words.pop()
    return "".join(words)


def phone_key(phone: str) -> str:
    """`+1 (216) 555-0101 ext. 4` → `2165550101`: the last ten digits, without an extension."""
    plain = _EXTENSION.sub("", unicodedata.normalize("NFKC", phone))
    digits = [str(unicodedata.decimal(char)) for char in plain if char.isdecimal()]
    return "".join(digits)[-10:]


def rx_key(rx_number: str) -> str:
    """`Rx #700-1001` → `7001001`: letters and digits in upper case, without a leading `RX`."""
    plain = unicodedata.normalize("NFKC", rx_number).upper()
    key = "".join(char for char in plain if char.isalnum())
    while key.startswith("RX"):
        key = key.removeprefix("RX")
    return key


def _letters(word: str) -> str:
    folded = _decompose(_decompose(word).casefold()).casefold().translate(_PLAIN)
    return "".join(char for char in _decompose(folded) if char.isalnum())


def _decompose(text: str) -> str:
    return unicodedata.normalize("NFKD", text)
