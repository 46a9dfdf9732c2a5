"""Which model serves: the active one of the database, or that of the files that are installed."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from bot.bootstrap import Application
from bot.places import model_path, models_folder
from bot.services import active_model
from bot.services.active_model import Model


async def usable_active(
    app: Application, digest: str | Callable[[], Awaitable[str]]
) -> Model | None:
    """The active model, if its file is there and it was trained from sources of this digest.

    A digest that has to be computed is, if there is a model.
    """
    model = await active_model.active(app.database)
    if model is None or not path_of(app, model).is_file():
        return None
    if not isinstance(digest, str):
        digest = await digest()
    return model if model.fits(digest) else None


async def ensure_installed(app: Application, digest: str) -> Model | None:
    """The model that serves; the installation's becomes it where no other one can.

    None when the installation's has not been trained.
    """
    model = await usable_active(app, digest)
    if model is not None:
        return model
    file = model_path(app.settings.data_dir)
    if not file.is_file():
        return None
    return await active_model.install(app.database, file.name, digest, app.now())


def path_of(app: Application, model: Model) -> Path:
    """Where a model lies."""
    return models_folder(app.settings.data_dir) / model.file
