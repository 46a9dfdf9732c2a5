"""Writes docs/openapi.json: `.venv/bin/python -m tests.docs.openapi_file`."""

import json
from typing import Any

from aiohttp import web

from bot.gateway.api_schema.document import build
from bot.gateway.app import PATIENT_SIDE, STAFF_SIDE
from bot.gateway.openapi import LIMITS, routes_of
from bot.settings import Settings
from tests.contract import FILE


def generated() -> dict[str, Any]:
    """The document of a gateway with the usual limits."""
    web_app = web.Application()
    for module in (*PATIENT_SIDE, *STAFF_SIDE):
        web_app.add_routes(vars(module)["routes"])
    limits = {name: Settings.model_fields[name].default for name in LIMITS}
    return build(routes_of(web_app), limits)


def written() -> str:
    """As the file has it."""
    return json.dumps(generated(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
