"""Reads a feed of JSON Lines: one record a line, every mistake reported with line and field."""

from collections.abc import Iterable

from bot.feed.intake import Intake
from bot.services.feed_batch import Batch


def read(lines: Iterable[str | bytes]) -> Batch:
    """Parse and check a feed. Blank lines are skipped; bytes must be UTF-8.

    Raises FeedRejected when anything is wrong; the whole feed is read first, so that it lists
    what is wrong on every line (the first 50, and how many in all).
    """
    intake = Intake()
    take(intake, lines)
    return intake.done()


def take(intake: Intake, lines: Iterable[str | bytes], first: int = 1) -> int:
    """Take the lines in, counted from `first`. Answers the number after the last one."""
    number = first
    for line in lines:
        text = _content(line)
        if text:
            intake.line(number, text)
        number += 1
    return number


def _content(line: str | bytes) -> str | bytes:
    """The line without a byte order mark and the space around it."""
    if isinstance(line, bytes):
        return line.removeprefix(b"\xef\xbb\xbf").strip()
    return line.removeprefix("\ufeff").strip()
