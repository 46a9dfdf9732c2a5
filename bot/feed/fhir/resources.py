"""The FHIR R4 resources that are read, with the elements that matter here and no others."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, TypeAdapter
from pydantic.dataclasses import dataclass as validated

from bot.feed.fhir.datatypes import (
    SHAPE,
    Address,
    CodeableConcept,
    ContactPoint,
    Extension,
    Flag,
    HumanName,
    Identifier,
    Many,
    Meta,
    Period,
    Quantity,
    Ratio,
    Reference,
    When,
    Whole,
)


@validated(slots=True, kw_only=True, config=SHAPE)
class Resource:
    """What all resources have. `modifier_extension` says that something changes the meaning."""

    id: str | None = None
    meta: Meta | None = None
    implicit_rules: str | None = None
    modifier_extension: Many[Extension] = ()

    @property
    def modified(self) -> bool:
        """Whether it means something else than its elements say: it must not be read then."""
        return bool(self.modifier_extension or self.implicit_rules)


@validated(slots=True, kw_only=True, config=SHAPE)
class Communication:
    """A language that a patient speaks."""

    language: CodeableConcept | None = None
    preferred: Flag | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class PatientLink:
    """Another record of the same person."""

    type: str | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Patient(Resource):
    """A person with prescriptions."""

    resource_type: Literal["Patient"]
    active: Flag | None = None
    name: Many[HumanName] = ()
    telecom: Many[ContactPoint] = ()
    birth_date: When | None = None
    deceased_boolean: Flag | None = None
    deceased_date_time: When | None = None
    communication: Many[Communication] = ()
    link: Many[PatientLink] = ()


@validated(slots=True, kw_only=True, config=SHAPE)
class RelatedPerson(Resource):
    """Somebody who has to do with a patient."""

    resource_type: Literal["RelatedPerson"]
    active: Flag | None = None
    patient: Reference | None = None
    relationship: Many[CodeableConcept] = ()
    name: Many[HumanName] = ()
    telecom: Many[ContactPoint] = ()
    birth_date: When | None = None
    period: Period | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Practitioner(Resource):
    """A prescriber."""

    resource_type: Literal["Practitioner"]
    name: Many[HumanName] = ()


@validated(slots=True, kw_only=True, config=SHAPE)
class PractitionerRole(Resource):
    """A prescriber in an office."""

    resource_type: Literal["PractitionerRole"]
    practitioner: Reference | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Organization(Resource):
    """The business behind a pharmacy, or a prescriber's."""

    resource_type: Literal["Organization"]
    name: str | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class HoursOfOperation:
    """Opening times of some weekdays."""

    days_of_week: Many[str] = ()
    all_day: Flag | None = None
    opening_time: str | None = None
    closing_time: str | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Location(Resource):
    """A place; a pharmacy if its type says so or something is dispensed there."""

    resource_type: Literal["Location"]
    status: str | None = None
    mode: str | None = None
    name: str | None = None
    type: Many[CodeableConcept] = ()
    telecom: Many[ContactPoint] = ()
    address: Address | None = None
    managing_organization: Reference | None = None
    hours_of_operation: Many[HoursOfOperation] = ()
    availability_exceptions: str | None = None
    extension: Many[Extension] = ()


@validated(slots=True, kw_only=True, config=SHAPE)
class Ingredient:
    """What is in a medicine, and how much of it."""

    item_codeable_concept: CodeableConcept | None = None
    strength: Ratio | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Medication(Resource):
    """A medicine."""

    resource_type: Literal["Medication"]
    code: CodeableConcept | None = None
    form: CodeableConcept | None = None
    ingredient: Many[Ingredient] = ()


@validated(slots=True, kw_only=True, config=SHAPE)
class Schedule:
    """How strictly a medicine is controlled."""

    schedule: CodeableConcept | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Regulatory:
    """What the law says of a medicine."""

    schedule: Many[Schedule] = ()


@validated(slots=True, kw_only=True, config=SHAPE)
class MedicationKnowledge(Resource):
    """What is known of a medicine: names and the schedule of controlled ones."""

    resource_type: Literal["MedicationKnowledge"]
    code: CodeableConcept | None = None
    dose_form: CodeableConcept | None = None
    synonym: Many[str | None] = ()
    regulatory: Many[Regulatory] = ()


@validated(slots=True, kw_only=True, config=SHAPE)
class Dosage:
    """Directions for use."""

    sequence: Whole | None = None
    text: str | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class DispenseRequest:
    """What the prescriber lets the pharmacy hand out."""

    validity_period: Period | None = None
    number_of_repeats_allowed: Annotated[Whole, Field(ge=0, le=1_000_000)] | None = None
    quantity: Quantity | None = None
    expected_supply_duration: Quantity | None = None
    performer: Reference | None = None


Contained = Annotated[
    Medication | Practitioner | PractitionerRole | Organization | Location,
    Field(discriminator="resource_type"),
]
CONTAINED = ("Medication", "Practitioner", "PractitionerRole", "Organization", "Location")


def _of_use(value: Any) -> Any:
    """The contained resources that are read."""
    if not isinstance(value, list):
        return value
    return [
        each for each in value if isinstance(each, dict) and each.get("resourceType") in CONTAINED
    ]


type ContainedResources = Annotated[tuple[Contained, ...], BeforeValidator(_of_use)]


@validated(slots=True, kw_only=True, config=SHAPE)
class MedicationRequest(Resource):
    """A prescription, or an order that is none."""

    resource_type: Literal["MedicationRequest"]
    contained: ContainedResources = ()
    identifier: Many[Identifier] = ()
    status: str
    intent: str
    category: Many[CodeableConcept] = ()
    do_not_perform: Flag | None = None
    reported_boolean: Flag | None = None
    reported_reference: Reference | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    authored_on: When | None = None
    requester: Reference | None = None
    dosage_instruction: Many[Dosage] = ()
    dispense_request: DispenseRequest | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class Performer:
    """Who dispensed."""

    actor: Reference | None = None


@validated(slots=True, kw_only=True, config=SHAPE)
class MedicationDispense(Resource):
    """One filling of a prescription."""

    resource_type: Literal["MedicationDispense"]
    contained: ContainedResources = ()
    status: str
    status_reason_codeable_concept: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Reference | None = None
    subject: Reference | None = None
    performer: Many[Performer] = ()
    location: Reference | None = None
    authorizing_prescription: Many[Reference] = ()
    type: CodeableConcept | None = None
    quantity: Quantity | None = None
    days_supply: Quantity | None = None
    when_prepared: When | None = None
    when_handed_over: When | None = None
    destination: Reference | None = None


type Known = (
    Patient
    | RelatedPerson
    | Practitioner
    | PractitionerRole
    | Organization
    | Location
    | Medication
    | MedicationKnowledge
    | MedicationRequest
    | MedicationDispense
)
_MODELS = (
    Patient, RelatedPerson, Practitioner, PractitionerRole, Organization, Location, Medication,
    MedicationKnowledge, MedicationRequest, MedicationDispense,
)  # fmt: skip
SHAPES: Mapping[str, TypeAdapter[Known]] = {model.__name__: TypeAdapter(model) for model in _MODELS}
