"""What browsers are told about every page and answer, and what pages consist of."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.gateway.pages import STATIC
from tests.gateway.conftest import House, Opening

PATHS = (
    "/", "/staff/", "/staff/audit", "/widget.js", "/static/widget/element.js", "/static/page.css",
    "/static/staff/main.js", "/api/v1/conversations", "/staff/api/session", "/healthz", "/nothing",
    "/static/", "/static/staff/",
)  # fmt: skip
HTML = sorted(STATIC.rglob("*.html"))
SCRIPTS = sorted(STATIC.rglob("*.js"))
# What would need a looser policy, or make markup of text.
UNSAFE = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval|new Function)\b"
)


class Tags(HTMLParser):
    """What of a page a strict policy would not run."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.foreign: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note attributes that run, styles that stand inside, and what is fetched elsewhere."""
        given = dict(attrs)
        self.inline += [
            f"{tag} {name}" for name in given if name.startswith("on") or name == "style"
        ]
        self.inline += [
            tag for _ in "1" if tag == "style" or (tag == "script" and "src" not in given)
        ]
        fetched = [given.get(name) or "" for name in ("src", "href") if tag != "a"]
        self.foreign += [
            url for url in fetched if url.startswith(("http:", "https:", "//", "data:"))
        ]


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_them(house: House, path: str) -> None:
    async with house.session.get(house.address + path, allow_redirects=False) as response:
        headers = response.headers
    policy = dict(
        part.partition(" ")[::2] for part in headers["Content-Security-Policy"].split("; ")
    )
    assert policy["script-src"] == policy["default-src"] == policy["style-src"] == "'self'"
    assert (policy["object-src"], policy["base-uri"]) == ("'none'", "'none'")
    assert policy["frame-ancestors"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    embeddable = path.startswith(("/widget.js", "/static/widget/"))
    expected = "cross-origin" if embeddable else "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == expected
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers
    if response.content_type.startswith("text/"):
        assert response.charset == "utf-8"


async def test_nothing_private_is_kept_by_browsers_or_proxies(house: House) -> None:
    for path in ("/api/v1/nothing", "/staff/api/session", "/feed/v1/refill-requests"):
        async with house.session.get(house.address + path) as response:
            assert response.headers["Cache-Control"] == "no-store"


async def test_behind_tls_browsers_are_told_to_stay_there(open_house: Opening) -> None:
    house = await open_house(trusted_proxies=1)
    for proto, told in (("https", True), ("http", False)):
        async with house.session.get(
            f"{house.address}/staff/", headers={"X-Forwarded-Proto": proto}
        ) as response:
            assert ("Strict-Transport-Security" in response.headers) == told


async def test_a_stranger_cannot_say_that_it_is_tls(house: House) -> None:
    async with house.session.get(
        f"{house.address}/", headers={"X-Forwarded-Proto": "https"}
    ) as response:
        assert "Strict-Transport-Security" not in response.headers


async def test_folders_are_not_listed(house: House) -> None:
    for path in ("/static/", "/static", "/static/staff/", "/static/widget"):
        async with house.session.get(house.address + path) as response:
            assert response.status in (403, 404)
            assert response.content_type == "application/json"


async def test_no_method_but_the_routes_own(house: House) -> None:
    for method in ("TRACE", "PUT", "PATCH", "DELETE"):
        async with house.session.request(method, f"{house.address}/healthz") as response:
            assert response.status == 405


@pytest.mark.parametrize("page", HTML, ids=lambda path: path.name)
def test_pages_have_nothing_inline_and_nothing_foreign(page: Path) -> None:
    tags = Tags()
    tags.feed(page.read_text(encoding="utf-8"))
    assert (tags.inline, tags.foreign) == ([], [])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_no_markup_of_text(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert UNSAFE.findall(text) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_fetch_nothing_foreign(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    assert re.findall(r"(?:from|import\(|fetch\()\s*[\"'`](?:https?:)?//", text) == []
