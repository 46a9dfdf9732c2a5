"""Secrets from files: WILLCALL_<NAME>_FILE names a file whose content is the setting.

Container platforms hand secrets over as files, which no list of processes and no crash report of
an environment shows. Valid Python 3.10 with the standard library alone: Rasa's process reads its
token here too.
"""

import os
from pathlib import Path

SUFFIX = "_FILE"
LONGEST = 64 * 1024


class SecretFileError(ValueError):
    """A secret cannot be read; the message names the variable, never the content."""


def read_secret(variable: str) -> str | None:
    """The content of the file that `variable` + "_FILE" names; None when it names none.

    White space around it is dropped: editors end files with a line break. Raises SecretFileError
    if `variable` is set as well, or if the file cannot be read, is empty or too large.
    """
    named = variable + SUFFIX
    path = os.environ.get(named)
    if not path:
        return None
    if os.environ.get(variable):
        raise SecretFileError(f"{named} and {variable} are both set: keep one")
    try:
        with Path(path).open(encoding="utf-8") as file:
            content = file.read(LONGEST + 1).strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"{named}: the file cannot be read ({type(error).__name__})"
        ) from None
    if not content or len(content) > LONGEST:
        raise SecretFileError(f"{named}: the file is empty or too large")
    return content
