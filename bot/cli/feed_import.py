"""`willcall feed import`: JSON Lines and FHIR, one file or many, all of it or nothing."""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.bootstrap import Application
from bot.cli.records import RecordsError, print_report, with_records
from bot.feed.fhir.options import Options, options_of
from bot.feed.fhir.resources import SHAPES
from bot.feed.sources import Feed, Source, explain, sources
from bot.services.feed_batch import FeedRejected
from bot.services.records import ImportReport, import_records, rehearse
from bot.settings import Settings

STANDARD_INPUT = "-"


def declare(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("what", choices=["import"])
    parser.add_argument(
        "files", nargs="+", metavar="FILE",
        help="JSON Lines or FHIR R4, a file or a folder; - is standard input",
    )  # fmt: skip
    parser.add_argument(
        "--format", choices=["jsonl", "fhir"], metavar="FORMAT",
        help="what all files are: jsonl or fhir",
    )  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="check all of it, write no record")
    parser.add_argument("--report", type=Path, metavar="FILE", help="write what came of it as JSON")
    fhir = parser.add_argument_group("FHIR", "each also a setting, WILLCALL_FHIR_…")
    fhir.add_argument("--rx-system", metavar="URL", help="identifier system of Rx numbers")
    fhir.add_argument("--store", metavar="ID", help="store of prescriptions that name none")
    fhir.add_argument("--timezone", metavar="ZONE", help="time zone of locations that name none")
    fhir.add_argument(
        "--all-related", action="store_true", help="every RelatedPerson may ask for the patient"
    )
    fhir.add_argument(
        "--skip", action="append", choices=sorted(SHAPES), metavar="TYPE",
        help="a resource type that brings no records of its own",
    )  # fmt: skip


def import_files(settings: Settings, given: argparse.Namespace) -> int:
    """Take in records: all of them or, with the errors printed, none."""
    wanted = _sources(given.files)

    async def work(app: Application) -> ImportReport:
        feed = Feed(_options(settings, given), app.now())
        try:
            report = await _take(app, feed, wanted, given)
        except FeedRejected as rejected:
            errors = explain(rejected, feed.places)
            _write(given.report, feed, {"refused": errors.splitlines(), "written": {}})
            raise RecordsError(f"nothing was imported:\n{errors}") from None
        _write(given.report, feed, {"refused": [], "written": report.written})
        print_report(report, feed.places.tell)
        if told := str(feed.outcome):
            print(told, file=sys.stderr)
        return report

    with_records(settings, work)
    if given.dry_run:
        print("Nothing was written: this was a rehearsal.")
    return 0


async def _take(
    app: Application, feed: Feed, wanted: Sequence[Source], given: argparse.Namespace
) -> ImportReport:
    for source in wanted:
        try:
            feed.take(source, given.format)
        except OSError as error:
            raise RecordsError(f"{source.name} cannot be read: {error}") from None
    write = rehearse if given.dry_run else import_records
    return await write(app.database, feed.done(), app.now())


def _sources(files: Sequence[str]) -> Sequence[Source]:
    found: list[Source] = []
    for name in files:
        if name != STANDARD_INPUT:
            found += sources([Path(name)])
            continue
        try:
            found.append(Source("standard input", text=sys.stdin.read().removeprefix("\ufeff")))
        except UnicodeDecodeError:
            raise RecordsError("standard input cannot be read: it is not UTF-8 text") from None
    if not found:
        raise RecordsError("no files: a folder is searched for .json, .jsonl and .ndjson")
    return found


def _options(settings: Settings, given: argparse.Namespace) -> Options:
    """The settings, and what the command line says instead."""
    options = options_of(settings)
    return replace(
        options,
        rx_system=given.rx_system or options.rx_system,
        store_id=given.store or options.store_id,
        timezone=given.timezone or options.timezone,
        all_related=given.all_related or options.all_related,
        skip=options.skip | frozenset(given.skip or ()),
    )


def _write(path: Path | None, feed: Feed, result: Mapping[str, object]) -> None:
    if path is None:
        return
    try:
        path.write_text(json.dumps({**result, **feed.outcome.public()}, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise RecordsError(f"{path} cannot be written: {error}") from None
