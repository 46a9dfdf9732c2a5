"""Makes one candidate: writes the approved sentences, trains, compares, writes the card."""

import asyncio
import logging
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.places import models_folder, sources_digest, vectors_file
from bot.services import model_cards, models
from bot.services.models import Job, Result
from bot.teaching import archive, reviewed_file
from bot.teaching.comparison import Comparison
from bot.teaching.installed import ensure_installed
from bot.teaching.signs_of_life import SignsOfLife, Told
from bot.teaching.trainer import TrainingFailedError

log = logging.getLogger(__name__)
NO_MODEL = "There is no model to compare with: `willcall train` makes the first one."
NOT_MADE = "The training failed. The log of the gateway says more."


async def make_candidate(app: Application, told: Told, *, leave: bool = False) -> bool:
    """Make the candidate that waits, to its end; False when none does.

    Raises what the database raises; the job is then taken for left behind after a while. When it
    is cancelled, the job is given up, or with `leave` left to whoever takes it next.
    """
    job = await models.take(app.database, app.now())
    if job is None:
        return False
    told()
    signs = SignsOfLife(app, job, told)
    beating = asyncio.create_task(signs.go_on())
    try:
        result = await _made(app, job, signs)
        await models.finish(app.database, job, result, app.now())
    except TrainingFailedError as error:
        await models.fail(app.database, job, str(error), app.now())
    except OSError as error:
        reason = f"The models folder cannot be used ({error.strerror or type(error).__name__})."
        await models.fail(app.database, job, reason, app.now())
    except SQLAlchemyError:
        raise
    except Exception as error:
        log.exception("a model could not be made: %s", type(error).__name__)
        await models.fail(app.database, job, NOT_MADE, app.now())
    except asyncio.CancelledError:
        if leave:
            await models.give_back(app.database, job, app.now())
        else:
            await models.fail(app.database, job, models.INTERRUPTED, app.now())
        raise
    finally:
        beating.cancel()
        told()
    await clear_away(app)
    return True


async def clear_away(app: Application) -> None:
    """Delete the models that are not needed any more."""
    kept, unneeded = await model_cards.files_to_keep(app.database)
    with suppress(OSError):
        archive.clear(models_folder(app.settings.data_dir), kept, unneeded)


async def _made(app: Application, job: Job, signs: SignsOfLife) -> Result:
    """Train and compare. Raises TrainingFailedError or OSError."""
    started = time.monotonic()
    digest = await asyncio.to_thread(sources_digest)
    before = await ensure_installed(app, digest)
    if before is None:
        raise TrainingFailedError(NO_MODEL)
    sentences = reviewed_file.usable(job.sentences)
    reviewed = reviewed_file.written(sentences)
    data_hash = archive.data_hash(digest, reviewed)
    folder = models_folder(app.settings.data_dir)
    file = archive.file_name(job.model_id, data_hash)
    comparison = Comparison(folder / before.file, folder / file, digest)
    vectors = vectors_file(app.settings.data_dir)
    with tempfile.TemporaryDirectory(prefix=".teaching-", dir=folder) as also:
        (Path(also) / reviewed_file.FILE_NAME).write_text(reviewed, encoding="utf-8")
        trained = await comparison.train(Path(also), vectors, signs.tell)
    drop = app.settings.largest_accuracy_drop
    verdict = await asyncio.to_thread(comparison.verdict, trained, sentences, drop)
    seconds = {**trained.seconds, "all": round(time.monotonic() - started, 1)}
    figures = {**verdict.figures, "all_sentences": trained.sentences, "seconds": seconds}
    return Result(
        file, data_hash, len(sentences), before.model_id, figures,
        [found.public() for found in verdict.differences], verdict.refusals,
    )  # fmt: skip
