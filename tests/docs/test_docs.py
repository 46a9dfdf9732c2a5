"""The documentation names only what exists, and all of what it promises to name."""

import contextlib
import io
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import get_args

import pytest
from aiohttp import web
from pydantic import BaseModel

from bot.cli.main import main
from bot.directives import Directive
from bot.gateway.app import PATIENT_SIDE, STAFF_SIDE
from bot.pharmacy.fill_states import FILL_STATES
from bot.services.promises import DUE_MINUTES, PRIORITIES
from tests.docs import names
from tests.docs.pages import PAGES, ROOT, anchors, code, fences, links, name_of, spans, text_of

README = ROOT / "README.md"
DEVELOPMENT = ROOT / "docs" / "development.md"
MESSAGE_PATH = ROOT / "docs" / "message-path.md"
STAFF_API = ROOT / "docs" / "staff-api.md"
ADRS = sorted(path for path in (ROOT / "docs" / "adr").glob("*.md") if path.name != "README.md")

FOLDERS = ("bot", "tests", "docs", "data", "tools", "requirements", "bench", "deploy", ".ci")
SUFFIXES = "md py yml toml txt js css html svg mako in overrides"
PATH = re.compile(
    rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*<>-]*"
    rf"|[\w.-]+\.(?:{SUFFIXES.replace(' ', '|')})"
    r"|Makefile|Procfile|LICENSE|\.python-version"
)
DOTTED = re.compile(r"(?<![\w./-])(?:bot|tests|bench)(?:\.[a-zA-Z_]\w*)+")
BEFORE = r"^(?:[A-Z_]+=\S* )*(?:\.venv/bin/)?"  # where a command line may begin
MAKE = re.compile(rf"{BEFORE}make ([a-z][a-z-]*)", re.MULTILINE)
WILLCALL = re.compile(rf"{BEFORE}willcall ([a-z]+)(?: ([a-z]+))?", re.MULTILINE)
ROUTE = re.compile(r"\b(GET|POST|DELETE) (/[\w/.{}-]*)")

# Hosts that a page may name; everything else would be a machine, a mirror or a registry.
HOSTS = {
    "track.example",
    "127.0.0.1",
    "www.apache.org",
    "keepachangelog.com",
    "dailymed.nlm.nih.gov",
    # Names that an operator may give to machines of their own.
    *("rasa-1", "rasa-2", "actions-1", "actions-2"),
}
NOT_HERE = re.compile(
    r"\.\./shared|/work/|/root\b|/home/|/tmp/|index-url|pypi|pythonhosted|npmjs|registry\.",
    re.IGNORECASE,
)
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"

each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    lost = [link for link in links(page) if not _leads(page, link)]
    assert lost == []


def _leads(page: Path, link: str) -> bool:
    if re.match(r"https?://", link):
        return True
    target, _, anchor = link.partition("#")
    place = (page.parent / target).resolve() if target else page
    if not place.exists():
        return False
    return not anchor or anchor in anchors(place)


@each_page
def test_paths_exist(page: Path) -> None:
    named = {word for span in spans(page) for word in _words(span) if PATH.fullmatch(word)}
    assert {word for word in named if not _exists(word)} == set()


def _words(span: str) -> Iterator[str]:
    for word in span.split():
        yield word.strip("'\"(),;:")


def _exists(word: str) -> bool:
    """A path of the project, or the bare name of a file somewhere in it."""
    pattern = re.sub(r"<[^>]*>", "*", word).rstrip("/")
    if any(ROOT.glob(pattern)):
        return True
    return "/" not in word and any(next((ROOT / folder).rglob(pattern), None) for folder in FOLDERS)


@each_page
def test_modules_and_functions_exist(page: Path) -> None:
    named = {name for piece in code(page) for name in DOTTED.findall(piece)}
    assert {name for name in named if not names.exists(name)} == set()


@each_page
def test_commands_exist(page: Path) -> None:
    text = "\n".join(code(page))
    assert set(MAKE.findall(text)) - _targets() == set()
    known = _subcommands()
    for command, what in WILLCALL.findall(text):
        assert command in known
        if command in ("demo", "feed", "staff") and what:
            assert what in known[command]


def test_every_command_is_documented() -> None:
    text = "\n".join(code(DEVELOPMENT))
    assert set(MAKE.findall(text)) == _targets()
    assert {command for command, _ in WILLCALL.findall(text)} == _subcommands().keys()


@pytest.mark.parametrize(
    ("page", "modules"),
    [(MESSAGE_PATH, PATIENT_SIDE), (STAFF_API, STAFF_SIDE)],
    ids=["patients", "staff"],
)
def test_every_route_is_documented_and_no_other(page: Path, modules: Iterable[object]) -> None:
    told = {found for piece in code(page) for found in ROUTE.findall(piece)}
    assert told == set(_routes(modules))


def test_every_directive_is_documented() -> None:
    kinds = {kind.model_fields["type"].default for kind in _directives()}
    rows = set(re.findall(r"^\| `(\w+)` \|", text_of(MESSAGE_PATH), re.MULTILINE))
    assert kinds <= rows


def _directives() -> list[type[BaseModel]]:
    union = get_args(Directive)[0]
    return list(get_args(union))


def _routes(modules: Iterable[object]) -> Iterator[tuple[str, str]]:
    for module in modules:
        routes: web.RouteTableDef = vars(module)["routes"]
        for route in routes:
            assert isinstance(route, web.RouteDef)
            yield route.method, route.path


@each_page
def test_a_page_speaks_of_the_project_alone(page: Path) -> None:
    text = text_of(page)
    assert NOT_HERE.findall(text) == []
    hosts = set(re.findall(r"https?://([\w.-]+)", text))
    assert hosts - HOSTS == set()
    addresses = set(re.findall(r"\b\d{1,3}(?:\.\d{1,3}){3}\b", text))
    assert addresses - {"127.0.0.1", "0.0.0.0"} == set()


def test_the_locks_name_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert not re.search(r"https?://|-url\b", lock.read_text(encoding="utf-8")), lock.name


def test_the_readme_is_short() -> None:
    assert len(text_of(README).splitlines()) <= 140


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    ahead = [README]
    while ahead:
        page = ahead.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = ((page.parent / link.partition("#")[0]).resolve() for link in links(page))
        ahead += [target for target in targets if target.is_file()]
    assert set(PAGES) - seen == set()


def test_every_picture_is_shown_and_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    pictures = set((ROOT / "docs" / "images").iterdir())
    assert pictures - shown == set()
    assert {path.name for path in pictures if path.stat().st_size > 150_000} == set()


def test_decisions_are_numbered_and_listed() -> None:
    assert [path.name[:4] for path in ADRS] == [f"{at:04d}" for at in range(1, len(ADRS) + 1)]
    listed = [link for link in links(ROOT / "docs" / "adr" / "README.md") if link[0].isdigit()]
    assert listed == [path.name for path in ADRS]


@pytest.mark.parametrize("path", ADRS, ids=name_of)
def test_a_decision_says_what_and_why(path: Path) -> None:
    text = text_of(path)
    assert text.startswith(f"# {int(path.name[:4])}. ")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]


def test_the_license_is_the_one_that_the_package_names() -> None:
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0
    assert 'license = "Apache-2.0"' in text_of(ROOT / "pyproject.toml")


def test_blocks_of_code_are_closed() -> None:
    for page in PAGES:
        assert text_of(page).count("```") == 2 * len(fences(page)), name_of(page)


def test_the_minutes_of_a_promise_are_those_of_the_code() -> None:
    minutes = [f"{DUE_MINUTES[name]} ({name})" for name in PRIORITIES]
    said = " ".join(text_of(ROOT / "docs" / "safety.md").split())
    assert f"within {minutes[0]}, {minutes[1]} or {minutes[2]} open minutes" in said


def test_the_number_of_states_is_that_of_the_code() -> None:
    assert f"all {len(FILL_STATES)} fill states" in text_of(README)


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", text_of(ROOT / "Makefile"), re.MULTILINE))


def _subcommands() -> dict[str, set[str]]:
    """The subcommands of `willcall`, each with the words that may follow it."""
    found = re.findall(r"^    ([a-z]+)\b", _help("--help"), re.MULTILINE)
    return {name: set(re.findall(r"[a-z]+", _choices(_help(name, "--help")))) for name in found}


def _choices(text: str) -> str:
    found = re.search(r"\{([a-z,]+)\}", text)
    return found[1] if found else ""


def _help(*arguments: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main(list(arguments))
    return said.getvalue()
