"""A text as words in small letters a to z, without accents and signs."""

import re
import unicodedata


def plain_words(text: str) -> str:
    """ "¿Está lista?" is "esta lista"; an apostrophe becomes a space."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return " ".join(re.findall(r"[a-z0-9]+", plain))
