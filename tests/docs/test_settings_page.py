"""docs/settings.md describes every setting, as the code has it."""

import re
from pathlib import Path

from bot.secret_files import SUFFIX
from bot.settings import INTERNAL, PREFIX, Settings
from bot.settings_sources import is_secret
from tests.docs.pages import PAGES, ROOT, text_of
from tests.docs.settings_page import UNREAD, settings_page

PAGE = ROOT / "docs" / "settings.md"
VARIABLE = re.compile(rf"\b{PREFIX}[A-Z_]*[A-Z]\b")


def test_the_page_is_current() -> None:
    told = "run: python -m tests.docs.settings_page > docs/settings.md"
    assert PAGE.read_text(encoding="utf-8") == settings_page(), told


def test_every_setting_says_what_it_means() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []


def test_no_page_names_a_variable_that_does_not_exist() -> None:
    known = INTERNAL | {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    secrets = {name for name, field in Settings.model_fields.items() if is_secret(field)}
    known |= {f"{PREFIX}{name.upper()}{SUFFIX}" for name in secrets}
    named = {name for page in PAGES for name in VARIABLE.findall(text_of(page))}
    assert named - known == set()


def test_settings_that_nothing_reads_are_marked() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in _sources())
    unread = {name for name in Settings.model_fields if not re.search(rf"\.{name}\b", code)}
    assert unread == UNREAD


def _sources() -> list[Path]:
    return sorted((ROOT / "bot").rglob("*.py"))
