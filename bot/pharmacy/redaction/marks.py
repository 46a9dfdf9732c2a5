"""The placeholders, and replacing what stands between them."""

import re
from collections.abc import Callable, Iterable

NAME = "[name]"
ADDRESS = "[address]"
DATE = "[date]"
LINK = "[link]"

MARK = re.compile(r"\[[a-z ]{1,20}\]")

Accepts = Callable[[re.Match[str]], bool]


def replaced(
    text: str, patterns: Iterable[re.Pattern[str]], mark: str, accepts: Accepts = lambda _: True
) -> str:
    """What matches and is accepted becomes the mark; a group `cue` stays."""

    def put(found: re.Match[str]) -> str:
        if MARK.fullmatch(found.group()) or not accepts(found):
            return found.group()
        return (found.groupdict().get("cue") or "") + mark

    for pattern in patterns:
        text = pattern.sub(put, text)
    return text
