"""The pages of the documentation, and what can be read out of them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    """`docs/settings.md`."""
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    """A page as it is written."""
    return path.read_text(encoding="utf-8")


def fences(path: Path, language: str | None = None) -> list[str]:
    """The blocks of code, all or those of one language (as named after the backticks)."""
    found = _FENCE.findall(text_of(path))
    return [body for named, body in found if language is None or named == language]


def spans(path: Path) -> list[str]:
    """What stands between single backticks."""
    return _SPAN.findall(_prose(path))


def code(path: Path) -> Iterator[str]:
    """Every piece of code: spans and blocks."""
    yield from spans(path)
    yield from fences(path)


def links(path: Path) -> list[str]:
    """The targets of links and images."""
    return _LINK.findall(_SPAN.sub("", _prose(path)))


def anchors(path: Path) -> set[str]:
    """What `#…` links to this page may name: its headings, as GitHub writes them."""
    return {_slug(heading) for heading in _HEADING.findall(_prose(path))}


def _prose(path: Path) -> str:
    return _FENCE.sub("", text_of(path))


def _slug(heading: str) -> str:
    plain = re.sub(r"[^\w\s-]", "", heading.replace("`", "").lower())
    return re.sub(r"\s", "-", plain.strip())
