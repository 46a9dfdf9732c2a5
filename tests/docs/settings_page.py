"""Writes docs/settings.md from the settings themselves.

`python -m tests.docs.settings_page > docs/settings.md` brings the page up to date.
"""

import sys
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from pydantic.fields import FieldInfo

from bot.settings import PREFIX, Settings
from bot.settings_sources import is_secret

HEAD = """\
# Settings

Every setting is an environment variable. There is no settings file. `bot.settings.Settings` defines
them. Rasa's process gets what it needs on its command line. Of these it reads
`WILLCALL_LOG_FORMAT`, `WILLCALL_LOG_LEVEL`, `WILLCALL_RASA_TIMEOUT_SECONDS`, and its token in
`WILLCALL_RASA_TOKEN` or the file of `WILLCALL_RASA_TOKEN_FILE`.

```
WILLCALL_PORT=8090 WILLCALL_RASA_PORT=5105 WILLCALL_ACTIONS_PORT=5155 make run
```

- A value that cannot be used stops the start, with the name of the variable.
- A `WILLCALL_` variable that is not listed here has no effect; `willcall` says so at start.
- A secret may be in a file: `WILLCALL_RASA_TOKEN_FILE` names one, and so for each setting marked
  "or a file". Set one of the two. A secret is never shown and never on a command line.
- `make run` hands its settings on to the three processes. If you start them one by one, give each
  the same variables.

This page is written by `python -m tests.docs.settings_page`; a test holds it against the code.

| variable | default | value | meaning |
|---|---|---|---|
"""

# Settings that no code reads yet. A test keeps this list true.
UNREAD: frozenset[str] = frozenset()

TAIL = """
## Two copies side by side

Give the second copy three other ports and another data folder:

```
export WILLCALL_PORT=8090 WILLCALL_RASA_PORT=5105 WILLCALL_ACTIONS_PORT=5155
WILLCALL_DATA_DIR=var2 make run
```

## PostgreSQL

Create an empty database, then name it. `make run` creates the tables.

```
WILLCALL_DATABASE_URL=postgresql://willcall:PASSWORD@127.0.0.1/willcall make run
```

## Variables that are not settings

| variable | read by | meaning |
|---|---|---|
| `WILLCALL_SUPERVISOR_PID` | `bot.supervised` | set by `willcall run`, whose parts end with it |
| `WILLCALL_CHROMIUM` | `tests/browser` | path of the browser, when it is not found on `PATH` |
| `HYPOTHESIS_PROFILE` | `tests/conftest.py` | `ci` prints how to repeat a failed property test |
| `RASA_TELEMETRY_ENABLED` | Rasa | always `false`: the Makefile and the code set it |
"""


def settings_page() -> str:
    """The whole page."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return HEAD + "".join(rows) + TAIL


def _row(name: str, field: FieldInfo) -> str:
    meaning = f"{field.description}{' Nothing reads it yet.' if name in UNREAD else ''}"
    cells = (f"`{PREFIX}{name.upper()}`", _default(field.default), _value(field), meaning)
    return f"| {' | '.join(cells)} |\n"


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "`1`" if value else "`0`"
    if value is None or value in ("", ()):
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _value(field: FieldInfo) -> str:
    kind = _kind(field.annotation) + (", or a file" if is_secret(field) else "")
    limits = [_limit(item) for item in field.metadata]
    return " ".join(part for part in (kind, " ".join(filter(None, limits))) if part)


def _kind(annotation: Any) -> str:
    """What has to be written, in words."""
    if get_origin(annotation) in (Union, types.UnionType):
        (annotation,) = (part for part in get_args(annotation) if part is not type(None))
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    named: dict[Any, str] = {
        bool: "`1` or `0`",
        int: "whole number",
        float: "number",
        str: "text",
        Path: "folder",
    }
    return named.get(annotation, "list")


def _limit(item: object) -> str:
    match item:
        case Ge(ge=least):
            return f"from {least}"
        case Gt(gt=least):
            return f"above {least}"
        case Le(le=most):
            return f"to {most}"
        case MinLen(min_length=least):
            return f"of {least} characters or more"
        case _:
            return ""


if __name__ == "__main__":
    sys.stdout.write(settings_page())
