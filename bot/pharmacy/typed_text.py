"""Makes what a patient typed safe for the language engine, which obeys texts that begin with '/'.

Rasa reads such a text as a command (`/restart`, `/intent{"slot": …}`, `/intent@0.01`), after
stripping white space. Commands are the gateway's alone.
"""

import re
import unicodedata

NOT_UNDERSTOOD = "/nlu_fallback"

_COMMAND = re.compile(r"/[^\s]*[{@_][^$]*|/\w+$")


def is_blank(text: str) -> bool:
    """Whether nothing would be left to read: only white space and invisible characters."""
    return not any(
        not char.isspace() and unicodedata.category(char) not in {"Cf", "Cc", "Cn", "Co", "Cs"}
        for char in text
    )


def storable(text: str) -> str:
    """The text without what no database stores: lone surrogates and, on PostgreSQL, NUL."""
    return text.encode("utf-8", "ignore").decode().replace("\x00", "")


def engine_input(text: str) -> str:
    """What Rasa is told for a message: the text, never a command.

    A text that looks like a command of Rasa's is nothing that a patient means, so it counts as
    not understood. Any other text loses its leading slashes ("/ my refill").
    """
    stripped = text.strip()
    if not stripped.startswith("/"):
        return text
    if _COMMAND.match(stripped):
        return NOT_UNDERSTOOD
    rest = stripped.lstrip("/ \t\n")
    return rest if not is_blank(rest) else NOT_UNDERSTOOD
