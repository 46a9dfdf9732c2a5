"""Figures that are read when Prometheus asks: the database's, Rasa's, and this process's own."""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Application
from bot.gateway.metrics import LINES
from bot.pharmacy.desk import ROLES
from bot.services.models import UNFINISHED
from bot.services.vital_signs import Line, VitalSigns, vital_signs

log = logging.getLogger(__name__)

# Several scrapers, or an impatient one, cost one reading.
KEPT_SECONDS = 5.0
# A scrape must not wait for what does not answer.
PATIENCE_SECONDS = 2.0
NOTHING = Line(0, 0, 0.0)


@dataclass(frozen=True)
class Here:
    """What this process knows without asking anybody."""

    sockets: Callable[[], int]
    consoles: Callable[[], int]


class State(Collector):
    """The gauges. `refresh` reads, `collect` tells what was read; neither ever raises."""

    def __init__(
        self, app: Application, here: Here, rasas: Callable[[], Awaitable[Mapping[str, bool]]]
    ) -> None:
        self._app = app
        self._here = here
        self._rasas = rasas
        self._signs: VitalSigns | None = None
        self._up: Mapping[str, bool] = {}
        self._disk: tuple[int, int] | None = None
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def refresh(self) -> None:
        """Read again unless that was done a moment ago."""
        async with self._reading:
            now = asyncio.get_running_loop().time()
            if self._read_at is not None and now - self._read_at < KEPT_SECONDS:
                return
            self._signs, self._up, self._disk = await asyncio.gather(
                self._read_database(), self._ask_rasas(), asyncio.to_thread(self._measure_disk)
            )
            self._read_at = asyncio.get_running_loop().time()

    async def _read_database(self) -> VitalSigns | None:
        idle = timedelta(minutes=self._app.sign_in_rules.idle_minutes)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await vital_signs(self._app.database, idle, self._app.now())
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.error("the database cannot be read for metrics: %s", type(error).__name__)
            return None

    async def _ask_rasas(self) -> Mapping[str, bool]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._rasas()
        except TimeoutError:
            return dict.fromkeys(self._up, False)

    def _measure_disk(self) -> tuple[int, int] | None:
        try:
            usage = shutil.disk_usage(self._app.settings.data_dir)
        except OSError:
            return None
        return usage.free, usage.total

    def collect(self) -> Iterator[Metric]:
        """What `refresh` has read, and what is known here."""
        yield from self._process()
        yield _one(
            "willcall_database_up", "Whether the database could be read.", self._signs is not None
        )
        rasa = GaugeMetricFamily(
            "willcall_rasa_up", "Whether this Rasa answers.", labels=["engine"]
        )
        for engine, up in self._up.items():
            rasa.add_metric([engine], up)
        yield rasa
        if self._signs is not None:
            yield from _lines(self._signs)
            yield from _records(self._signs)
            yield from _people(self._signs)

    def _process(self) -> Iterator[Metric]:
        build = GaugeMetricFamily("willcall_build_info", "Always 1.", labels=["version"])
        build.add_metric([_version()], 1)
        yield build
        yield _one("willcall_open_sockets", "Devices on a socket.", self._here.sockets())
        yield _one("willcall_open_consoles", "Consoles with a stream.", self._here.consoles())
        pool = GaugeMetricFamily(
            "willcall_database_connections", "Connections of this process.", labels=["state"]
        )
        for state, many in self._app.database.connections().items():
            pool.add_metric([state], many)
        yield pool
        if self._disk is not None:
            free, size = self._disk
            yield _one("willcall_data_disk_free_bytes", "Free where the data folder is.", free)
            yield _one("willcall_data_disk_size_bytes", "Size of that disk.", size)


def _one(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    """A figure without labels; without a value there is only its name."""
    return GaugeMetricFamily(name, meaning, value=None if value is None else float(value))


def _lines(signs: VitalSigns) -> Iterator[Metric]:
    labels = ["queue", "priority"]
    waiting = GaugeMetricFamily(
        "willcall_waiting", "Questions that nobody has taken.", labels=labels
    )
    overdue = GaugeMetricFamily(
        "willcall_overdue", "Questions waiting past their time.", labels=labels
    )
    oldest = GaugeMetricFamily(
        "willcall_oldest_waiting_seconds", "Age of the oldest question that waits.", labels=labels
    )
    claimed = GaugeMetricFamily("willcall_claimed", "Questions that somebody has.", labels=labels)
    for key in LINES:
        line = signs.lines.get(key, NOTHING)
        waiting.add_metric(key, line.waiting)
        overdue.add_metric(key, line.overdue)
        oldest.add_metric(key, line.oldest_seconds)
        claimed.add_metric(key, signs.claimed.get(key, 0))
    yield from (waiting, overdue, oldest, claimed)


def _records(signs: VitalSigns) -> Iterator[Metric]:
    yield _one("willcall_owed_turns", "Answers that the bot owes.", signs.owed_turns)
    yield _one(
        "willcall_oldest_owed_turn_seconds",
        "Age of the oldest of them.",
        signs.oldest_owed_seconds or 0.0,
    )
    yield _one("willcall_feed_age_seconds", "Age of the last import.", signs.feed_age_seconds)
    yield _one(
        "willcall_open_refill_requests", "Refill requests not decided yet.", signs.refill_requests
    )


def _people(signs: VitalSigns) -> Iterator[Metric]:
    yield _one("willcall_questions_to_review", "Questions for review.", signs.questions)
    signed_in = GaugeMetricFamily(
        "willcall_staff_signed_in", "People signed in at the desk.", labels=["role"]
    )
    for role in ROLES:
        signed_in.add_metric([role], signs.signed_in.get(role, 0))
    jobs = GaugeMetricFamily("willcall_teaching_jobs", "Models in the making.", labels=["state"])
    for state in UNFINISHED:
        jobs.add_metric([state], signs.jobs.get(state, 0))
    yield from (signed_in, jobs)
    model = GaugeMetricFamily("willcall_model_info", "Always 1.", labels=["model"])
    if signs.model is not None:
        model.add_metric([str(signs.model)], 1)
    yield model


def _version() -> str:
    try:
        return version("willcall")
    except PackageNotFoundError:
        return "unknown"
