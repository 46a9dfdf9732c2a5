"""What a prescription is for: a product of the catalogue, out of codes and names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.feed.fhir.clinical_names import ClinicalName, form_of, read_name, strength_of
from bot.feed.fhir.datatypes import CodeableConcept, Coding, line_of
from bot.feed.fhir.graph import Graph
from bot.feed.fhir.outcome import Broken, LeftOut
from bot.feed.fhir.people import FeedRecord
from bot.feed.fhir.resources import (
    Ingredient,
    Medication,
    MedicationDispense,
    MedicationKnowledge,
    MedicationRequest,
)

NDC = frozenset({"http://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.69"})
RXNORM = frozenset(
    {"http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88"}
)
NO_CODE = "its medicine has neither an NDC nor an RxNorm code"
NO_NAME = "its medicine has no name"
WHOLE_NAME = "its name is not of the form 'lisinopril 10 MG Oral Tablet': taken whole"
NO_SCHEDULE = "nothing says whether it is controlled: add it as a product line"
_SCHEDULES = {"2": "II", "3": "III", "4": "IV", "5": "V"}
_ROMAN = frozenset(_SCHEDULES.values())

type Knowledge = Mapping[str, MedicationKnowledge]


@dataclass(frozen=True)
class Medicine:
    """A product, and what could not be read of it. `by_ndc`: it is one package, not a kind."""

    product: FeedRecord
    by_ndc: bool
    losses: tuple[str, ...]

    @property
    def product_id(self) -> str:
        """The NDC, or `rxnorm:` and the code."""
        return str(self.product["product_id"])


def medicine_of(
    resource: MedicationRequest | MedicationDispense, graph: Graph, knowledge: Knowledge
) -> Medicine | LeftOut | Broken:
    """The medicine of a prescription or a fill."""
    concept, medication = resource.medication_codeable_concept, None
    if resource.medication_reference is not None and concept is None:
        reference = resource.medication_reference
        found = graph.find(reference, Medication, resource.contained)
        if found is None and reference.reference:
            return Broken("medicationReference", "must be a medication of the same feed")
        medication = found.resource if found else None
        concept = medication.code if medication else None
    codings = concept.coding if concept else ()
    product_id = next(_product_ids(codings), None)
    if concept is None or product_id is None:
        return LeftOut(NO_CODE)
    words = [line for text in _names(concept) if (line := line_of(text))]
    if not words:
        return LeftOut(NO_NAME)
    name = next(filter(None, map(read_name, words)), None) or _by_ingredients(medication)
    known = next((knowledge[key] for key in _product_ids(codings) if key in knowledge), None)
    return Medicine(
        _product(product_id, name, words[0], medication, known),
        by_ndc=not product_id.startswith("rxnorm:"),
        losses=tuple(_losses(name, known)),
    )


def knowledge_of(graph: Graph) -> Knowledge:
    """What is known of medicines, by product id."""
    return {
        product_id: held.resource
        for held in graph.all(MedicationKnowledge)
        if held.resource.code and not held.resource.modified
        for product_id in _product_ids(held.resource.code.coding)
    }


def schedule_of(known: MedicationKnowledge | None) -> str | None:
    """`II` … `V`, out of `CII`, `C-II`, `2` or `Schedule II`."""
    concepts = [
        each.schedule for rule in (known.regulatory if known else ()) for each in rule.schedule
    ]
    for concept in filter(None, concepts):
        for text in (*(coding.code for coding in concept.coding), concept.text):
            plain = (text or "").upper().removeprefix("SCHEDULE").replace("-", "").strip()
            plain = plain.removeprefix("C").strip()
            if plain in _ROMAN or plain in _SCHEDULES:
                return _SCHEDULES.get(plain, plain)
    return None


def _product_ids(codings: Iterable[Coding]) -> Iterator[str]:
    """The NDCs first: they name what is on the shelf."""
    for systems, prefix in ((NDC, ""), (RXNORM, "rxnorm:")):
        for coding in codings:
            if coding.system in systems and coding.code and coding.code.strip():
                yield f"{prefix}{coding.code.strip()}"


def _names(concept: CodeableConcept) -> Iterator[str]:
    """The names, those of RxNorm first: they have a grammar."""
    ordered = sorted(concept.coding, key=lambda coding: coding.system not in RXNORM)
    yield from (coding.display for coding in ordered if coding.display)
    if concept.text:
        yield concept.text


def _by_ingredients(medication: Medication | None) -> ClinicalName | None:
    """The name that the ingredients, their strengths and the form make; None if one is missing."""
    words = medication.form.words if medication and medication.form else None
    form = form_of(words or "")
    if medication is None or form is None or not medication.ingredient:
        return None
    names = [_ingredient(each) for each in medication.ingredient]
    strengths = [_strength(each) for each in medication.ingredient]
    if None in names or None in strengths:
        return None
    return ClinicalName(" and ".join(filter(None, names)), "/".join(filter(None, strengths)), form)


def _ingredient(ingredient: Ingredient) -> str | None:
    concept = ingredient.item_codeable_concept
    words = line_of(concept.words if concept else None)
    return words.lower() if words else None


def _strength(ingredient: Ingredient) -> str | None:
    ratio = ingredient.strength
    top, bottom = (ratio.numerator, ratio.denominator) if ratio else (None, None)
    if top is None or bottom is None or top.value is None:
        return None
    unit, per = top.code or top.unit, bottom.code or bottom.unit
    return strength_of(top.value, unit or "", 1 if bottom.value is None else bottom.value, per)


def _product(
    product_id: str,
    name: ClinicalName | None,
    words: str,
    medication: Medication | None,
    known: MedicationKnowledge | None,
) -> FeedRecord:
    form = name.form if name else None
    stated = [medication.form if medication else None, known.dose_form if known else None]
    for concept in stated:
        form = form or form_of((concept.words if concept else None) or "")
    brands = [name.brand] if name and name.brand else []
    brands += [line for each in (known.synonym if known else ()) if (line := line_of(each))]
    return {
        "type": "product",
        "product_id": product_id,
        "generic_name": name.generic_name if name else words,
        "brand_names": list(dict.fromkeys(brands)),
        "strength": name.strength if name else None,
        "form": form,
        "dea_schedule": schedule_of(known),
    }


def _losses(name: ClinicalName | None, known: MedicationKnowledge | None) -> Iterator[str]:
    if name is None:
        yield WHOLE_NAME
    if known is None or (known.regulatory and schedule_of(known) is None):
        yield NO_SCHEDULE
