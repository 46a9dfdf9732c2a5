"""Prescriptions with their fills: what belongs to whom, to which store and to which product."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.feed.fhir import fills, prescriptions
from bot.feed.fhir.context import Context
from bot.feed.fhir.datatypes import Reference
from bot.feed.fhir.graph import Held, id_in
from bot.feed.fhir.medicines import Knowledge, Medicine, knowledge_of, medicine_of
from bot.feed.fhir.outcome import Broken, LeftOut, Loss
from bot.feed.fhir.resources import (
    Location,
    MedicationDispense,
    MedicationRequest,
    Organization,
    Patient,
)
from bot.pharmacy.identity_keys import rx_key
from bot.services.feed_batch import Keep, Repeats

type Request = Held[MedicationRequest]
type Dispense = Held[MedicationDispense]

WITHOUT = "its prescription was left out"
_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Parts:
    """What a prescription refers to, and on which condition it is written."""

    patient: Held[Patient]
    keep: Keep
    medicine: Medicine
    store_id: str


class Orders:
    """Maps all prescriptions of a feed, after its patients."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._graph = context.graph
        self._knowledge: Knowledge = knowledge_of(context.graph)
        self._stores_of = self._locations()
        self._products: set[str] = set()

    def map(self) -> None:
        """Hand over prescriptions, fills and products."""
        numbers, dispenses = self._rx_numbers(), self._dispenses()
        for request in self._graph.all(MedicationRequest):
            own = dispenses.get(request.id, [])
            number = numbers.get(request.id)
            if number is None or not self._prescription(request, number, own):
                for dispense in own:
                    self._context.lost(dispense, WITHOUT)

    def _rx_numbers(self) -> dict[str, str]:
        """The Rx number of each prescription, by the id of its request."""
        numbers: dict[str, str] = {}
        same: dict[str, list[Request]] = defaultdict(list)
        for request in self._graph.all(MedicationRequest):
            given = prescriptions.no_prescription(request.resource)
            number = given or prescriptions.rx_number_of(request, self._context.options)
            if isinstance(number, str):
                numbers[request.id] = number
                same[rx_key(number)].append(request)
            else:
                self._context.note(request, number)
        for requests in same.values():
            for request, why in _too_many(requests):
                self._context.note(request, why)
                del numbers[request.id]
        return numbers

    def _dispenses(self) -> Mapping[str, list[Dispense]]:
        """The fills of each request, by its id, the latest last."""
        found: dict[str, list[Dispense]] = defaultdict(list)
        for dispense in self._graph.all(MedicationDispense):
            named = [
                self._graph.find(each, MedicationRequest)
                for each in dispense.resource.authorizing_prescription
            ]
            ids = {request.id for request in named if request}
            if None in named:
                why = Broken("authorizingPrescription", "must be a prescription of the same feed")
                self._context.note(dispense, why)
            elif len(ids) == 1:
                found[ids.pop()].append(dispense)
            else:
                self._context.lost(dispense, "names no prescription, or several")
        for own in found.values():
            own.sort(key=lambda each: fills.last_event(each.resource) or _LATEST)
        return found

    def _prescription(self, request: Request, number: str, own: Sequence[Dispense]) -> bool:
        """Hand over a prescription with its fills; False when there is no record of it."""
        context, dispenses = self._context, [each.resource for each in own]
        parts = self._parts(request, own)
        if not isinstance(parts, Parts):
            context.note(request, parts)
            return isinstance(parts, Broken)
        made = prescriptions.prescription_record(
            request, self._graph, number, parts.patient.id, parts.store_id, parts.medicine,
            dispenses, context.now,
        )  # fmt: skip
        if not isinstance(made, prescriptions.Prescription):
            context.note(request, made)
            return isinstance(made, Broken)
        for loss in made.losses:
            context.lost(request, loss, Loss.COARSE)
        self._product(request, parts.medicine)
        context.stores_named.add(parts.store_id)
        labels = (request.resource.meta, parts.patient.resource.meta, *(d.meta for d in dispenses))
        sensitive = prescriptions.is_sensitive(*labels)
        context.record(request, made.record | {"sensitive": sensitive}, parts.keep)
        context.intake.batch.repeats[number] = Repeats(made.repeats, made.fills)
        for dispense in own:
            self._fill(dispense, request.resource, number, parts)
        return True

    def _parts(self, request: Request, own: Sequence[Dispense]) -> Parts | LeftOut | Broken:
        """What a prescription refers to."""
        patient = self._graph.find(request.resource.subject, Patient)
        if patient is None:
            return Broken("subject", "must be a patient of the same feed")
        keep = self._context.patients.get(patient.id)
        if keep is None:
            return LeftOut("its patient was left out")
        medicine = self._medicine(request, own)
        if not isinstance(medicine, Medicine):
            return medicine
        store_id = self._store(request.resource, own)
        if isinstance(store_id, Broken):
            return store_id
        if request.resource.status == fills.ERROR:
            keep = Keep.IF_KNOWN
        return Parts(patient, keep, medicine, store_id)

    def _fill(
        self, dispense: Dispense, request: MedicationRequest, number: str, parts: Parts
    ) -> None:
        subject, context, keep = dispense.resource.subject, self._context, parts.keep
        theirs = self._graph.find(subject, Patient) if subject else parts.patient
        if theirs is None or theirs.id != parts.patient.id:
            context.note(dispense, Broken("subject", "must be the patient of its prescription"))
            return
        told = fills.state_of(dispense.resource, context.now)
        if request.status == fills.ERROR:
            told = fills.Told("cancelled")
        if dispense.resource.status == fills.ERROR:
            keep = Keep.IF_KNOWN
        if told.loss:
            context.lost(dispense, told.loss, Loss.COARSE)
        context.record(dispense, fills.fill_record(dispense, number, told, context.now), keep)

    def _medicine(self, request: Request, own: Sequence[Dispense]) -> Medicine | LeftOut | Broken:
        """What was prescribed; as the package that was dispensed last, where that is said."""
        asked = medicine_of(request.resource, self._graph, self._knowledge)
        if isinstance(asked, Broken) or (isinstance(asked, Medicine) and asked.by_ndc):
            return asked
        for dispense in reversed(own):
            given = medicine_of(dispense.resource, self._graph, self._knowledge)
            if isinstance(given, Medicine) and (given.by_ndc or isinstance(asked, LeftOut)):
                return given
        return asked

    def _product(self, request: Request, medicine: Medicine) -> None:
        if medicine.product_id in self._products:
            return
        self._products.add(medicine.product_id)
        for loss in medicine.losses:
            self._context.outcome.lost(Loss.COARSE, "product", medicine.product_id, loss)
        # What the pharmacy says of a product itself knows more, such as its schedule.
        self._context.record(request, medicine.product, Keep.IF_NEW, kind="Medication")

    def _store(self, request: MedicationRequest, own: Sequence[Dispense]) -> str | Broken:
        asked = request.dispense_request.performer if request.dispense_request else None
        if asked and asked.reference and not asked.reference.startswith("#"):
            wrong = Broken("dispenseRequest.performer", "leads nowhere")
            return self._store_id(asked) or wrong
        named = (self._store_id(each) for each in _places(own))
        nowhere = Broken("dispenseRequest.performer", "is missing, and no store is set for it")
        return next(filter(None, named), None) or self._context.options.store_id or nowhere

    def _store_id(self, reference: Reference) -> str | None:
        """The store at a location, or the only one of an organisation; it may be on record."""
        place = self._graph.find(reference, Location)
        place_id = place.id if place else id_in(reference, "Location")
        if place_id is not None:
            return place_id
        owner = self._graph.find(reference, Organization)
        owner_id = owner.id if owner else id_in(reference, "Organization")
        stores = self._stores_of.get(owner_id or "", [])
        return stores[0] if len(stores) == 1 else owner_id

    def _locations(self) -> Mapping[str, list[str]]:
        """The locations of each organisation that has any, by its id."""
        found: dict[str, list[str]] = defaultdict(list)
        for held in self._graph.all(Location):
            owner = self._graph.find(held.resource.managing_organization, Organization)
            if owner is not None:
                found[owner.id].append(held.id)
        return found


def _places(own: Sequence[Dispense]) -> Iterator[Reference]:
    """Where the fills were made, the latest first."""
    for dispense in reversed(own):
        actors = [each.actor for each in dispense.resource.performer]
        yield from filter(None, (dispense.resource.location, *actors))


def _too_many(requests: Iterable[Request]) -> Iterator[tuple[Request, Broken | LeftOut]]:
    """Of requests with one Rx number, those that cannot stay: one number is one prescription."""
    valid = [each for each in requests if each.resource.status != fills.ERROR]
    wrong = [each for each in requests if each.resource.status == fills.ERROR]
    if len(valid) > 1:
        for request in valid:
            yield request, Broken("identifier", "is the Rx number of another prescription as well")
    for request in wrong if valid else wrong[:-1]:
        yield request, LeftOut("was entered in error, and again with the same Rx number")
