"""Makes records of the feed out of FHIR resources."""

from collections.abc import Iterable
from datetime import datetime
from typing import TextIO

from bot.feed.fhir import people, stores
from bot.feed.fhir.context import Context
from bot.feed.fhir.graph import Graph, Held
from bot.feed.fhir.options import Options
from bot.feed.fhir.orders import Orders
from bot.feed.fhir.outcome import Broken, LeftOut, Loss, Outcome
from bot.feed.fhir.people import FeedRecord, Gone
from bot.feed.fhir.resources import Known, Location, Patient, RelatedPerson
from bot.feed.fhir.stream import Entry, NotFhirError, entries
from bot.feed.intake import Intake
from bot.services.feed_batch import Batch, FeedError, Keep


def read(text: TextIO, options: Options, now: datetime) -> tuple[Batch, Outcome]:
    """Read and map one text: a bundle, or resources one after the other.

    `now` (aware) decides which names hold and which times are still to come. Raises FeedRejected
    when anything of it is wrong; what could not be mapped is in the outcome.
    """
    reader = Reader(Intake(), options, now)
    reader.take(entries(text))
    reader.map()
    return reader.intake.done(), reader.outcome


class Reader:
    """The FHIR of one feed: `take` all texts of it, then `map`, because they refer to each other.

    What is wrong goes to the errors of `intake`.
    """

    def __init__(self, intake: Intake, options: Options, now: datetime) -> None:
        self.intake = intake
        self.outcome = Outcome()
        self._context = Context(Graph(self.outcome), intake, self.outcome, options, now)

    def take(self, found: Iterable[Entry], first: int = 1) -> int:
        """Take resources, counted from `first`. Answers the number after the last one."""
        number = first
        try:
            for entry in found:
                for error in self._context.graph.add(number, entry):
                    self.intake.errors.add(error)
                number += 1
        except NotFhirError as error:
            self.intake.errors.add(FeedError(number, "", str(error)))
            number += 1
        return number

    def map(self) -> None:
        """Hand all records to the intake, unless the feed is refused already."""
        if self.intake.errors.total:
            return
        self._patients()
        self._proxies()
        Orders(self._context).map()
        self._stores()

    def _patients(self) -> None:
        for held in self._context.graph.all(Patient):
            made = people.patient_record(held, self._context.now)
            if isinstance(made, LeftOut):
                self._context.note(held, made)
            else:
                gone = isinstance(made, Gone)
                self._context.patients[held.id] = Keep.IF_KNOWN if gone else Keep.ALWAYS
                self._person(held, made)

    def _proxies(self) -> None:
        context = self._context
        for held in context.graph.all(RelatedPerson):
            everybody = context.options.all_related
            made = people.proxy_record(held, context.graph, context.now, everybody=everybody)
            patient = context.graph.find(held.resource.patient, Patient)
            if isinstance(made, Broken | LeftOut):
                context.note(held, made)
            elif patient is None or patient.id not in context.patients:
                context.lost(held, "its patient was left out")
            else:
                self._person(held, made, context.patients[patient.id])

    def _person(self, held: Held[Known], made: FeedRecord | Gone, keep: Keep = Keep.ALWAYS) -> None:
        if isinstance(made, Gone):
            self._context.lost(held, made.reason)
            self._context.record(held, made.record, Keep.IF_KNOWN)
        else:
            self._context.record(held, made, keep)

    def _stores(self) -> None:
        context = self._context
        for held in context.graph.all(Location):
            dispenses = held.id in context.stores_named
            made = stores.store_record(
                held, context.now, context.options.timezone, dispenses=dispenses
            )
            if isinstance(made, LeftOut):
                context.note(held, made)
                continue
            if held.resource.availability_exceptions:
                context.lost(held, stores.EXCEPTIONS, Loss.COARSE)
            context.record(held, made)
