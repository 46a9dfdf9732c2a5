"""Which model serves, and `willcall teach` for operators without a browser."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application, build
from bot.cli.model import EngineError, ensure_model
from bot.cli.staff_desk import SQLITE, with_desk
from bot.places import sources_digest
from bot.services import active_model, model_cards, models
from bot.services.active_model import Model
from bot.services.models import UNFINISHED, AlreadyTraining
from bot.settings import Settings
from bot.teaching.installed import ensure_installed, path_of, usable_active
from bot.teaching.job import make_candidate

LOOK_SECONDS = 2.0
NAMES = {
    "accuracy": "kept-back messages understood",
    "macro_f1": "the same, every intent alike (macro-F1)",
    "red_flags_found": "emergencies that raise the alarm",
    "false_alarms": "ordinary messages that do",
    "clinical_answered_by_bot": "clinical or urgent, answered by the bot",
}


def model_to_read(settings: Settings) -> Path:
    """The model that serves, without changing which one that is; trains if need be."""
    found = _asked(settings, _usable)
    return found or ensure_model(settings)


def model_to_serve(settings: Settings) -> Path:
    """The model to start Rasa with: the active one, or the one of the installed files.

    The latter is trained if need be, and becomes the active one where there is a database. Says
    on standard error what then waits to be taught again.
    """
    found = _asked(settings, _usable)
    if found is not None:
        return found
    model = ensure_model(settings)
    waiting = _asked(settings, _installed)
    if waiting:
        print(
            f"willcall: {waiting} taught sentences are not in this model:"
            " they wait for “Teach” in the console, or `willcall teach`",
            file=sys.stderr,
        )
    return model


def train(settings: Settings, _given: argparse.Namespace) -> int:
    """Print the path of the model to serve."""
    print(model_to_serve(settings))
    return 0


def teach(settings: Settings, given: argparse.Namespace) -> int:
    """Teach what has been approved; 1 if no model came of it that may be used."""
    ensure_model(settings)
    return with_desk(settings, lambda app: _teach(app, activate=given.activate))


async def _teach(app: Application, *, activate: bool) -> int:
    await ensure_installed(app, sources_digest())
    asked = await models.request(app.database, None, app.now())
    if isinstance(asked, AlreadyTraining):
        raise EngineError("a model is being taught already; wait until it is done")
    telling = asyncio.create_task(_tell_progress(app, asked.model_id))
    try:
        await make_candidate(app, lambda: None)
        card = await _finished(app, asked.model_id)
    finally:
        telling.cancel()
    print("\n".join(_table(card)))
    if card["state"] != "passed":
        return 1
    return await _activate(app, asked.model_id) if activate else 0


async def _activate(app: Application, model_id: int) -> int:
    found = await active_model.may_activate(app.database, model_id, sources_digest())
    done = isinstance(found, Model) and await active_model.switch(
        app.database, found, "model_activated", None, app.now()
    )
    if not done:
        raise EngineError("the model was not activated: another one became active meanwhile")
    print("It is active. A gateway that runs takes it up within seconds.")
    return 0


async def _finished(app: Application, model_id: int) -> dict[str, Any]:
    """The card once the job is done: a gateway may have taken it up instead."""
    while True:
        card = await model_cards.one(app.database, model_id)
        assert card is not None
        if card["state"] not in UNFINISHED:
            return card
        await asyncio.sleep(LOOK_SECONDS)


async def _tell_progress(app: Application, model_id: int) -> None:
    told = None
    while True:
        card = await model_cards.one(app.database, model_id)
        progress = card["progress"] if card is not None else None
        if progress and progress["of"] and progress != told:
            line = f"{progress['step']}: {progress['done']} of {progress['of']}"
            print(line, file=sys.stderr, flush=True)
            told = progress
        await asyncio.sleep(LOOK_SECONDS)


def _table(card: dict[str, Any]) -> Iterator[str]:
    """The card for a terminal."""
    yield f"model {card['model_id']}: {card['state']}, {card['sentences']} taught sentences"
    figures = card["figures"]
    if figures:
        yield f"{'':42}{'messages':>10}{'before':>10}{'now':>10}"
        for name, told in NAMES.items():
            values = figures[name]
            cells = [f"{value:>10}" for value in values.values()]
            yield f"{told:42}{''.join(cells)}"
        seconds = figures["seconds"]
        yield f"{seconds['training']} s of training, {seconds['testing']} s of testing"
    yield from card["refusals"]


async def _usable(app: Application) -> Path | None:
    model = await usable_active(app, sources_digest())
    return None if model is None else path_of(app, model)


async def _installed(app: Application) -> int:
    """Make the model of the files the active one; how many sentences it lacks."""
    await ensure_installed(app, sources_digest())
    waiting: int = (await model_cards.listed(app.database))["waiting_sentences"]
    return waiting


def _asked[Answer](
    settings: Settings, question: Callable[[Application], Awaitable[Answer]]
) -> Answer | None:
    """What the database answers; None without one, or before it has been migrated."""
    url = settings.database
    # Opening a SQLite file would create it.
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).is_file():
        return None

    async def ask() -> Answer | None:
        app = build(settings)
        try:
            return await question(app)
        except (SQLAlchemyError, OSError):
            return None
        finally:
            await app.database.close()

    return asyncio.run(ask())
